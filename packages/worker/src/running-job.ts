/** A job while it runs: what ends it early. */
import { WorkerError } from './failure.js';
import type { SeriesJob } from './job.js';

/** The reason by which a job is stopped that goes back to the queue. */
export const kGiveBack = new Error('The worker ends');
/** The reason by which a job is stopped that the queue has given to another. */
export const kLost = new Error('The queue took the job for that of a dead worker');

export class RunningJob {
  readonly #controller = new AbortController();
  readonly #timers: NodeJS.Timeout[] = [];
  #tellEnd: () => void = () => {};
  /** Resolves when the job is over, however it ended. */
  readonly ended = new Promise<void>((resolve) => {
    this.#tellEnd = resolve;
  });

  /** @param cancelled - BullMQ's */
  constructor(job: SeriesJob, maxMinutes: number, cancelled: AbortSignal | undefined) {
    if (job.deadline !== undefined) {
      const left = Date.parse(job.deadline) - Date.now();
      this.#abortAfter(left, new WorkerError('DEADLINE_PASSED', `The deadline of the job was ${job.deadline}`));
    }
    const remedy = 'Raise maxMinutes, or give the workers more cores';
    const limit = new WorkerError('TIME_LIMIT', `The job took longer than ${maxMinutes} minutes`, remedy);
    this.#abortAfter(maxMinutes * 60_000, limit);
    const cancel = () => this.#controller.abort(new WorkerError('JOB_CANCELLED', 'The job was cancelled'));
    if (cancelled?.aborted) cancel();
    cancelled?.addEventListener('abort', cancel, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Stops it; it is another's then. */
  giveBack(): void {
    this.#controller.abort(kGiveBack);
  }

  /** Stops what is another's already. */
  lose(): void {
    this.#controller.abort(kLost);
  }

  end(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#tellEnd();
  }

  #abortAfter(milliseconds: number, reason: WorkerError): void {
    const longest = 2 ** 31 - 1;
    if (milliseconds <= 0) this.#controller.abort(reason);
    else if (milliseconds <= longest) {
      this.#timers.push(setTimeout(() => this.#controller.abort(reason), milliseconds));
    }
  }
}
