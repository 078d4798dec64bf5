/**
 * Workers of hepatica's on a BullMQ queue beside a DICOMweb archive, for programs that start them or ask for jobs
 * themselves; the command `hepatica-worker` is made of the same. For research use only.
 *
 * @packageDocumentation
 */
export { configSchema, loadConfig, type ServerConfig, type WorkerConfig } from './config.js';
export type { JobFacts, WorkerEvents } from './events.js';
export { type Failure, type FailureCode, WorkerError } from './failure.js';
export {
  type JobProgress,
  type JobResult,
  jobSchema,
  type SeriesJob,
  type SeriesJobInput,
  type Stage,
  type StoredObject,
} from './job.js';
export { type AddedJob, JobQueue, type JobState, type JobStatus } from './queue.js';
export { SeriesWorker, type WorkerState } from './worker.js';
