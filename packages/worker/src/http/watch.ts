/** Jobs as they change: one connection to the queue's events for all who watch. */
import { EventEmitter, once } from 'node:events';
import type { QueueEvents } from 'bullmq';
import type { JobQueue } from '../queue.js';
import { isOver, type JobDocument, jobDocument } from './job-documents.js';

const kEvents = ['waiting', 'delayed', 'active', 'progress', 'completed', 'failed', 'removed'] as const;

export class JobWatch {
  readonly #queue: JobQueue;
  readonly #changes = new EventEmitter().setMaxListeners(0);

  constructor(queue: JobQueue, events: QueueEvents) {
    this.#queue = queue;
    for (const event of kEvents) {
      events.on(event, ({ jobId }: { jobId: string }) => this.#changes.emit(`job ${jobId}`));
    }
  }

  /**
   * The job now and after each change, until it is over, gone, or `signal` aborts. Changes that come faster than they are
   * read become one.
   */
  async *follow(id: string, signal: AbortSignal): AsyncGenerator<JobDocument> {
    const event = `job ${id}`;
    let hasChanged = true;
    const note = () => {
      hasChanged = true;
    };
    // Before the first look, so that nothing between the two is missed.
    this.#changes.on(event, note);
    // A reader that went away while it was written to does not ask for more, nor end this.
    signal.addEventListener('abort', () => this.#changes.off(event, note), { once: true });
    try {
      while (!signal.aborted) {
        if (!hasChanged) await once(this.#changes, event, { signal });
        hasChanged = false;
        const status = await this.#queue.get(id);
        if (status === null) return;
        const document = jobDocument(status);
        yield document;
        if (isOver(document)) return;
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.#changes.off(event, note);
    }
  }
}
