/** A worker: takes jobs from the queue, one process a device. */
import { EventEmitter } from 'node:events';
import type { WorkerConfig } from './config.js';
import type { WorkerEvents } from './events.js';

/** What `/health` and `/ready` are answered by. */
export interface WorkerState {
  /** The model is loaded, the queue answers, and the worker takes jobs. */
  readonly ready: boolean;
  /** SIGTERM came: no further job is taken. */
  readonly draining: boolean;
  /** Ids of the jobs that run. */
  readonly running: readonly string[];
}

export class SeriesWorker extends EventEmitter<WorkerEvents> {
  constructor(readonly config: WorkerConfig) {
    super();
  }

  get state(): WorkerState {
    return { ready: false, draining: false, running: [] };
  }
}
