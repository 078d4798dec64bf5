/**
 * Orthanc tells by its changes when a series has been stable for a while, that is, when it has arrived as a whole. Each
 * becomes a job where the rules choose it among the series of its study. Where one was in the changes is kept in Redis; a
 * change that is read twice names the same job.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { failureOf, WorkerError } from './failure.js';
import { jobSchema, uidSchema } from './job.js';
import type { AddedJob, JobQueue } from './queue.js';
import type { SeriesMetadata } from './select-series.js';
import { selectSeriesOfStudy } from './select-series.js';
import type { SeriesRules } from './series-rules.js';
import type { ServerConnection } from './server-connection.js';

const changesSchema = z.object({
  Changes: z.array(z.object({ ChangeType: z.string(), ID: z.string().regex(/^[0-9a-f-]{1,64}$/), Seq: z.int() })),
  Done: z.boolean(),
  Last: z.int(),
});

const seriesSchema = z.object({ MainDicomTags: z.object({ SeriesInstanceUID: uidSchema }) });
const studySchema = z.object({ MainDicomTags: z.object({ StudyInstanceUID: uidSchema }) });

const kBatch = 100;
const kLongestWaitMs = 60_000;

export interface OrthancParts {
  readonly queue: JobQueue;
  /** To Orthanc's own REST. */
  readonly connection: ServerConnection;
  /** The same archive by DICOMweb. */
  readonly archive: SeriesMetadata;
  /** What jobs call it. */
  readonly server: string;
  readonly rules: SeriesRules;
  /** Where to begin where no position is kept: with what comes, or with all that is there. */
  readonly from: 'now' | 'beginning';
  readonly pollSeconds: number;
}

export interface OrthancEvents {
  /** `added` is null where the rules choose another series of the study, or none. */
  onStable(series: string, added: AddedJob | null): void;
  onFailure(error: unknown): void;
}

export class OrthancChanges {
  readonly #parts: OrthancParts;
  readonly #events: OrthancEvents;

  constructor(parts: OrthancParts, events: OrthancEvents) {
    this.#parts = parts;
    this.#events = events;
  }

  /** Until `signal` aborts; archive and Redis may be away meanwhile. */
  async follow(signal: AbortSignal): Promise<void> {
    const pauseMs = this.#parts.pollSeconds * 1000;
    let waitMs = pauseMs;
    while (!signal.aborted) {
      try {
        const isDone = await this.poll(signal);
        waitMs = isDone ? pauseMs : 0;
      } catch (error) {
        if (signal.aborted) return;
        this.#events.onFailure(error);
        waitMs = Math.min(kLongestWaitMs, Math.max(pauseMs, waitMs * 2));
      }
      await sleep(waitMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** One batch of changes. True where no further ones are there. */
  async poll(signal?: AbortSignal): Promise<boolean> {
    const since = await this.#position(signal);
    const { Changes, Done, Last } = await this.#ask(`changes?since=${since}&limit=${kBatch}`, changesSchema, signal);
    for (const { ChangeType, ID, Seq } of Changes) {
      if (ChangeType === 'StableSeries') await this.#stable(ID, signal);
      await this.#remember(Seq);
    }
    if (Changes.length > 0) await this.#remember(Last);
    return Done;
  }

  async #stable(id: string, signal: AbortSignal | undefined): Promise<void> {
    const { queue, archive, server, rules } = this.#parts;
    try {
      const { MainDicomTags: inSeries } = await this.#ask(`series/${id}`, seriesSchema, signal);
      const { MainDicomTags: inStudy } = await this.#ask(`series/${id}/study`, studySchema, signal);
      const [study, series] = [inStudy.StudyInstanceUID, inSeries.SeriesInstanceUID];
      const { selected } = await selectSeriesOfStudy(archive, study, rules, signal);
      const isChosen = selected === series;
      const added = isChosen ? await queue.add(jobSchema.parse({ server, study, series })) : null;
      this.#events.onStable(series, added);
    } catch (error) {
      // What is lasting would stop all that comes after it: a series that was deleted meanwhile, one without UIDs.
      if (signal?.aborted || !failureOf(error).permanent) throw error;
      this.#events.onFailure(error);
    }
  }

  /** The number of the last change that was dealt with. */
  async #position(signal: AbortSignal | undefined): Promise<number> {
    const client = await this.#parts.queue.queue.backend.client;
    const kept = await client.get(this.#key);
    const { Last } = await this.#ask('changes?last', changesSchema, signal);
    // An archive that was made anew counts from the beginning again.
    if (kept !== null) return Number(kept) <= Last ? Number(kept) : 0;
    const first = this.#parts.from === 'now' ? Last : 0;
    await this.#remember(first);
    return first;
  }

  async #remember(position: number): Promise<void> {
    const client = await this.#parts.queue.queue.backend.client;
    await client.set(this.#key, position);
  }

  get #key(): string {
    return this.#parts.queue.queue.toKey(`orthanc:${this.#parts.server}`);
  }

  async #ask<Schema extends z.ZodType>(path: string, schema: Schema, signal?: AbortSignal): Promise<z.output<Schema>> {
    const { data, success } = schema.safeParse(
      await this.#parts.connection.requestJson(path, 'application/json', signal),
    );
    if (success) return data;
    throw new WorkerError('WRONG_ANSWER', `Expected ${this.#parts.server} to answer as Orthanc does`);
  }
}
