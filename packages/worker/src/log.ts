/** The log: lines of JSON without patient data. */
import { type Logger, pino } from 'pino';
import type { WorkerConfig } from './config.js';

export function createLog({ logLevel }: Pick<WorkerConfig, 'logLevel'>): Logger {
  return pino({ level: logLevel, base: { pid: process.pid } });
}
