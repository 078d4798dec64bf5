import * as z from 'zod';
import {
  boundingBox,
  geometry,
  judged,
  milliseconds,
  notice,
  precision,
  sha256,
  type Unchanging,
  warning,
} from './parts.js';

const hashedFiles = z.array(z.object({ file: z.string(), sha256 }));

const model = z.object({
  kind: z.string().meta({ description: 'encoder3d, liver_cnn or mdl_cnn; later versions have more' }),
  structure: z.string().meta({ description: 'What it finds' }),
  version: z.string().meta({ description: "Of the weights' metadata; empty where they have none" }),
  sha256,
  networks: z.array(z.string()).optional().meta({
    description:
      'What of the file ran: its kind, and location3d where a 3-D lesion network did; of earlier versions absent',
  }),
  dataset: z.string().optional().meta({
    description: 'What the weights say they were trained on, synthetic lesions too; absent where they do not',
  }),
});

const series = z.object({
  patientId: z.string(),
  studyInstanceUid: z.string(),
  seriesInstanceUid: z.string(),
  frameOfReferenceUid: z.string(),
  seriesDescription: z.string(),
  manufacturer: z.string(),
  transferSyntaxes: z.array(z.string()),
  lossy: z.boolean(),
  sliceThicknessMm: z.number().nullable(),
  gantryTilt: z.boolean(),
  reformatted: z.enum(['coronal', 'sagittal']).nullable(),
  contrastAgent: z.string(),
  slices: z.array(z.object({ file: z.string(), sopInstanceUid: z.string(), frame: z.int().nullable() })),
  interpolated: z.array(z.object({ index: z.int(), positionMm: z.number() })),
  excluded: z.array(z.object({ file: z.string(), code: z.string(), reason: z.string() })),
  repairs: z.array(warning),
});

/** `report.json`, which `hepatica segment` and `classify` write. */
export const reportSchema = z.object({
  format: z.literal('hepatica-report'),
  version: z.literal(2),
  notice,
  hepatica: z.string().meta({ description: "hepatica's version" }),
  command: z.enum(['segment', 'classify']),
  options: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .meta({ description: 'As they were given, or their defaults; what is left out the model decides' }),
  models: z.object({ segmentation: model.optional(), lesions: model.optional() }),
  input: z.string(),
  inputs: hashedFiles.meta({ description: 'The files that the voxels came from' }),
  arterialInputs: hashedFiles.optional().meta({ description: 'Those of the arterial scan, where one was given' }),
  structure: z.string(),
  ...judged,
  volumeMl: z.number().min(0),
  boundingBox: boundingBox.nullable(),
  slices: z.array(z.int()),
  roi: z.object({ boundingBox, marginMm: z.number() }).nullable(),
  device: z.string(),
  precision,
  timingsMs: milliseconds,
  warnings: z.array(warning),
  geometry,
  series: series.nullable().meta({ description: 'Null for NIfTI' }),
});

/** A parsed `report.json`. */
export type ReportDocument = Unchanging<z.output<typeof reportSchema>>;
