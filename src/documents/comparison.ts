import * as z from 'zod';
import { milliseconds, notice, type Unchanging, vector3, warning } from './parts.js';

const ids = z.array(z.int().min(1).max(255));
const beforeAndAfter = z.object({ before: z.number().min(0).nullable(), after: z.number().min(0).nullable() });
const sums = { before: z.number().min(0), after: z.number().min(0) };

/** `comparison.json`, which `hepatica compare` writes. */
export const comparisonSchema = z.object({
  format: z.literal('hepatica-comparison'),
  version: z.literal(1),
  notice,
  inputs: z.object({ before: z.string(), after: z.string() }),
  lesions: z.array(
    z.object({
      before: ids.meta({ description: 'Values in before-lesions.nii.gz; several: they grew together' }),
      after: ids.meta({ description: 'Values in after-lesions.nii.gz; several: it fell apart' }),
      change: z.enum(['new', 'gone', 'grown', 'shrunk', 'stable', 'not-shown']),
      diameterMm: beforeAndAfter.meta({ description: 'Longest axial diameters, added up' }),
      volumeMl: beforeAndAfter.meta({ description: 'Added up' }),
      diameterChange: z.number().nullable().meta({ description: '(after - before) / before' }),
      volumeChange: z.number().nullable().meta({ description: '(after - before) / before' }),
      distanceMm: z.number().min(0).nullable().meta({ description: 'Between the centres after registration' }),
    }),
  ),
  sumOfDiametersMm: z.object(sums),
  targets: z
    .object({ lesions: ids, ...sums })
    .meta({ description: 'The two longest measurable lesions of the earlier date (RECIST 1.1), and their sums, mm' }),
  registration: z.object({
    rotation: z.array(z.number()).length(9).meta({ description: 'Row-major; from the later scan to the earlier one' }),
    offsetMm: vector3,
    liverDice: z.number().min(0).max(1),
  }),
  timingsMs: milliseconds,
  warnings: z.array(warning),
});

/** A parsed `comparison.json`. */
export type ComparisonDocument = Unchanging<z.output<typeof comparisonSchema>>;
