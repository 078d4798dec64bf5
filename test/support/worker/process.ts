// Workers as they are deployed: processes of the built package, of which a test knows what they log.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { kRoot, type Outcome, runNode } from '../programs.js';

const kProgram = join(kRoot, 'packages/worker/dist/main.js');

export const kWithoutWorker = existsSync(kProgram) ? '' : `no ${kProgram} (npm run build:ts)`;

/** Runs `hepatica-worker ARGS` to its end. */
export function runWorkerCommand(args: readonly string[], environment: Environment = {}): Promise<Outcome> {
  return runNode([kProgram, ...args], environment);
}

export type Environment = Readonly<Record<string, string>>;

export interface LogLine {
  readonly msg: string;
  readonly job?: string;
  readonly stage?: string;
  readonly code?: string;
  readonly [name: string]: unknown;
}

/** Options of the worker by their names, as the environment has them. */
export function optionsAsEnvironment(options: Readonly<Record<string, string | number>>): Environment {
  const variable = (name: string) =>
    `HEPATICA_WORKER_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [variable(name), String(value)]));
}

export class WorkerProcess {
  readonly lines: LogLine[] = [];
  /** All that it wrote, to both streams. */
  output = '';
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  readonly #listeners = new Set<(line: LogLine) => void>();

  constructor(
    readonly name: string,
    environment: Environment,
    command: readonly string[] = [],
  ) {
    // It ends with the test, however that ends.
    const args = ['--pdeathsig', 'KILL', process.execPath, kProgram, ...command];
    const child = spawn('setpriv', args, {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    child.stderr.setEncoding('utf8').on('data', (text) => {
      this.output += text;
    });
    createInterface({ input: child.stdout }).on('line', (text) => this.#take(text));
    this.ended = new Promise((resolve) => child.once('close', () => resolve()));
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  onLine(listener: (line: LogLine) => void): void {
    this.#listeners.add(listener);
  }

  /** The first line of the kind, which may have been written already. */
  async until(isWanted: (line: LogLine) => boolean, seconds = 60): Promise<LogLine> {
    const known = this.lines.find(isWanted);
    if (known) return known;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${this.name} did not say so:\n${this.output}`)), seconds * 1000);
      this.onLine((line) => {
        if (!isWanted(line)) return;
        clearTimeout(timer);
        resolve(line);
      });
    });
  }

  async kill(signal: 'SIGTERM' | 'SIGKILL' = 'SIGKILL'): Promise<void> {
    this.#child.kill(signal);
    await this.ended;
  }

  /** Stops it, as a machine that is out of memory does, or lets it go on. */
  pause(isPaused: boolean): void {
    this.#child.kill(isPaused ? 'SIGSTOP' : 'SIGCONT');
  }

  /** VmRSS in MB. */
  residentMb(): number {
    const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8')) ?? [];
    return Number(kilobytes) / 1024;
  }

  #take(text: string): void {
    this.output += `${text}\n`;
    if (!text.startsWith('{')) return;
    const line = JSON.parse(text) as LogLine;
    this.lines.push(line);
    for (const listener of this.#listeners) listener(line);
  }
}
