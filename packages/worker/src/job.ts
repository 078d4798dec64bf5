/** What a job is asked by, tells on its way and gives back. */
import { createHash } from 'node:crypto';
import type { LesionsDocument, PerimetersDocument, ReportDocument } from 'hepatica/documents';
import { z } from 'zod';

/** A DICOM UID (PS3.5, 9.1): nothing else ever comes into an address. */
export const uidSchema = z
  .string()
  .max(64)
  .regex(/^(0|[1-9]\d*)(\.(0|[1-9]\d*))+$/, 'a DICOM UID: numbers with dots between them');

/** Whose turn it is first. BullMQ's numbers: the lowest first. */
export const kPriorities = { emergency: 1, routine: 10, research: 100 } as const;

export const prioritySchema = z.enum(['emergency', 'routine', 'research']);

/** What may differ from job to job of what is computed. */
export const jobOptionsSchema = z.strictObject({
  gaps: z.enum(['reject', 'interpolate']).optional().describe('What to do about missing slices'),
  phase: z.int().min(0).max(1000).optional().describe('Which phase of a series with several, from 0'),
  threshold: z.number().gt(0).lt(1).optional().describe('Location probability above which a lesion is reported'),
});

/** One series to look at. */
export const jobSchema = z.strictObject({
  server: z
    .string()
    .regex(/^[\w.-]{1,64}$/)
    .default('default')
    .describe('Name of a DICOMweb server in the configuration'),
  study: uidSchema.describe('Study Instance UID'),
  series: uidSchema.describe('Series Instance UID'),
  priority: prioritySchema.default('routine'),
  deadline: z.iso.datetime({ offset: true }).optional().describe('After it, nobody needs the result any more'),
  options: jobOptionsSchema.default({}),
});

/** A job as {@link jobSchema} gives it back: with its defaults. */
export type SeriesJob = z.output<typeof jobSchema>;
/** A job as it may be asked for. */
export type SeriesJobInput = z.input<typeof jobSchema>;

/** The same series with the same options is the same job: asked for twice, it is one. */
export function jobIdOf({ server, study, series, options }: SeriesJob): string {
  const asked = JSON.stringify([server, study, series, Object.entries(options).sort()]);
  return createHash('sha256').update(asked).digest('hex').slice(0, 32);
}

/**
 * What the UIDs of a job's objects follow from beside the series and the networks: not from the machine, so that a job
 * that runs twice, here and there, gives the same objects.
 */
export function identityOf({ options }: Pick<SeriesJob, 'options'>): string {
  return `job|${JSON.stringify(Object.entries(options).sort())}`;
}

/** What a job goes through, in this order. */
export const kStages = ['fetch', 'segment', 'classify', 'write', 'store'] as const;
/** One of them. */
export type Stage = (typeof kStages)[number];

/** BullMQ's progress of a job. */
export type JobProgress = {
  /** What it goes through. */
  readonly stage: Stage;
  /** 0 to 1 over the whole job. */
  readonly fraction: number;
};

/** An object that was stored. */
export interface StoredObject {
  /** Segmentation, or Comprehensive 3D SR. */
  readonly kind: 'SEG' | 'SR';
  /** SOP Class UID (PS3.4, B.5). */
  readonly sopClassUid: string;
  /** SOP Instance UID. */
  readonly sopInstanceUid: string;
  /** Of the new series that it is alone in. */
  readonly seriesInstanceUid: string;
}

/** BullMQ's return value of a job; no texts of the patient or the study. */
export interface JobResult {
  /** Name of the DICOMweb server that it was fetched from. */
  readonly server: string;
  /** Study Instance UID. */
  readonly study: string;
  /** Series Instance UID. */
  readonly series: string;
  /** What was stored in the same study. */
  readonly objects: readonly StoredObject[];
  /** Those that the configuration asks for. */
  readonly documents: {
    readonly report?: ReportDocument;
    readonly lesions?: LesionsDocument;
    readonly perimeters?: PerimetersDocument;
  };
  /** Of the scan. */
  readonly slices: number;
  /** That each stage took. */
  readonly seconds: Readonly<Record<Stage, number>>;
}
