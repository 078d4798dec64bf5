/** What the front takes and gives, as schemas: requests are checked by them, and OpenAPI is made of them. */
import { z } from 'zod';
import { jobSchema, kStages, uidSchema } from '../job.js';
import type { JobState, JobStatus } from '../queue.js';

/** A job, or a study of which the rules of the configuration choose the series. */
export const requestSchema = jobSchema
  .omit({ series: true })
  .extend({
    series: uidSchema.optional().describe('Series Instance UID; without it the best series of the study is chosen'),
    again: z.boolean().default(false).describe('Compute anew what is there already'),
  })
  .meta({ id: 'JobRequest' });

const kStates = {
  waiting: 'waiting',
  prioritized: 'waiting',
  'waiting-children': 'waiting',
  delayed: 'retrying',
  active: 'running',
  completed: 'completed',
  failed: 'failed',
  unknown: 'waiting',
} as const satisfies Record<JobState, string>;

const failureSchema = z.object({
  code: z.string().meta({ description: 'Stable, for programs' }),
  permanent: z.boolean().meta({ description: 'Trying again as it is would not help' }),
  message: z.string(),
  remedy: z.string().optional(),
});

const resultSchema = z.object({
  objects: z
    .array(
      z.object({
        kind: z.enum(['SEG', 'SR']),
        sopClassUid: z.string(),
        sopInstanceUid: z.string(),
        seriesInstanceUid: z.string(),
      }),
    )
    .meta({ description: 'What was stored' }),
  documents: z
    .record(z.string(), z.unknown())
    .meta({ description: "hepatica's JSON documents by name; hepatica/documents holds their schemas" }),
  slices: z.number(),
  seconds: z.record(z.string(), z.number()).meta({ description: 'By stage' }),
});

export const jobDocumentSchema = z
  .object({
    id: z.string(),
    state: z.enum(Object.values(kStates)),
    server: z.string(),
    study: z.string(),
    series: z.string(),
    priority: z.string(),
    deadline: z.string().optional(),
    attempts: z.number().meta({ description: 'Tries that ended' }),
    progress: z.object({ stage: z.enum(kStages), fraction: z.number() }).optional(),
    result: resultSchema.optional(),
    failure: failureSchema.optional().meta({ description: 'Of the last try' }),
  })
  .meta({ id: 'Job' });

export type JobDocument = z.output<typeof jobDocumentSchema>;

export const selectionSchema = z.array(
  z.object({
    seriesInstanceUid: z.string(),
    verdict: z.enum(['selected', 'suitable', 'excluded']),
    reasons: z.array(z.object({ rule: z.string(), message: z.string() })),
  }),
);

export const addedSchema = z
  .object({
    id: z.string(),
    existed: z.boolean().meta({ description: 'The queue had the job already, and it was not added again' }),
    series: z.string(),
    selection: selectionSchema.optional().meta({ description: 'Of each series of the study, why it was taken or not' }),
  })
  .meta({ id: 'AddedJob' });

export function jobDocument({ id, job, state, progress, attempts, result, failure }: JobStatus): JobDocument {
  const { server, study, series, priority, deadline } = job;
  return {
    id,
    state: kStates[state],
    ...{ server, study, series, priority },
    ...(deadline !== undefined && { deadline }),
    attempts,
    ...(progress && { progress }),
    ...(result && {
      result: {
        objects: [...result.objects],
        documents: { ...result.documents },
        slices: result.slices,
        seconds: { ...result.seconds },
      },
    }),
    ...(failure && { failure }),
  };
}

export const isOver = ({ state }: JobDocument): boolean => state === 'completed' || state === 'failed';
