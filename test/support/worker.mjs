// Runs worker.ts, or the program that `workerData` names: a worker thread does not inherit tsx's hooks.
import { workerData } from 'node:worker_threads';
import { register } from 'tsx/esm/api';

register();
await import(workerData.program ?? './worker.ts');
