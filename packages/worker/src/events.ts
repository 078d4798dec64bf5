/** What a worker tells those who count and log. No event holds patient data. */
import type { Failure } from './failure.js';
import type { Stage } from './job.js';

/** Which job an event is of. */
export interface JobFacts {
  /** As the queue has it. */
  readonly id: string;
  /** Name of the DICOMweb server. */
  readonly server: string;
  /** Study Instance UID. */
  readonly study: string;
  /** Series Instance UID. */
  readonly series: string;
  /** From 1. */
  readonly attempt: number;
}

/** Names of events and what listeners are given. */
export interface WorkerEvents {
  /** The model is loaded and the queue is asked for jobs. */
  ready: [facts: { readonly device: string; readonly precision: string; readonly seconds: number }];
  /** A job begins. */
  started: [job: JobFacts];
  /** So does one of its stages. */
  stageStarted: [job: JobFacts, stage: Stage];
  /** It ended, well or not, after so many seconds. */
  stageEnded: [job: JobFacts, stage: Stage, seconds: number];
  /** `slices` of the series; `seconds` of the whole job. */
  completed: [job: JobFacts, facts: { readonly slices: number; readonly seconds: number }];
  /** `retried`: the job comes back after a while. */
  failed: [job: JobFacts, failure: Failure, retried: boolean];
  /** The job is in the queue again, untried: the worker ends, or was away from the queue for too long. */
  returned: [job: JobFacts];
  /** A worker died with this job, which goes back to the queue. */
  stalled: [id: string];
  /** Redis is away. */
  disconnected: [reason: string];
  /** It is back. */
  reconnected: [];
  /** Something of the queue went wrong that nobody waits for; its text may hold anything. */
  fault: [error: Error];
}
