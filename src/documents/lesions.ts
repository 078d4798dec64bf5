import * as z from 'zod';
import {
  boundingBox,
  geometry,
  judged,
  milliseconds,
  notice,
  precision,
  type Unchanging,
  vector3,
  warning,
} from './parts.js';

const pixel = z.tuple([z.int(), z.int()]);
const probability = z.number().min(0).max(1);

/** One lesion; the fields are those of the API's `Lesion`. */
const lesion = z.object({
  id: z.int().min(1).max(255).meta({ description: 'Its value in lesions.nii.gz' }),
  type: z.enum(['CYS', 'ANG', 'HCC', 'MET']),
  probability: probability.meta({ description: 'Of the type' }),
  probabilities: z.object({ CYS: probability, ANG: probability, HCC: probability, MET: probability }),
  malignant: z.boolean(),
  malignancyProbability: probability,
  detectionProbability: probability,
  boundingBox,
  slices: z.array(
    z.object({ slice: z.int().min(0), box: z.object({ min: pixel, max: pixel }), areaMm2: z.number().min(0) }),
  ),
  perimeters: z.array(
    z.object({
      slice: z.int().min(0),
      hole: z.boolean(),
      points: z.array(z.number()).meta({ description: 'x, y in pixels, flattened' }),
      mm: z.array(z.number()).meta({ description: 'x, y, z in mm, LPS, flattened' }),
    }),
  ),
  volumeMl: z.number().min(0),
  diameterMm: z.number().min(0).meta({ description: 'Longest axial diameter (RECIST 1.1)' }),
  perpendicularMm: z.number().min(0),
  diameterSlice: z.int().min(0),
  meanHu: z.number(),
  sdHu: z.number().min(0),
  centre: vector3.meta({ description: 'Centre of mass, voxels' }),
  centreMm: vector3.meta({ description: 'Centre of mass, mm, LPS' }),
});

/** `lesions.json`, which `hepatica classify` writes. */
export const lesionsSchema = z.object({
  format: z.literal('hepatica-lesions'),
  version: z.literal(1),
  notice,
  input: z.string(),
  ...judged,
  threshold: probability,
  extentThreshold: probability,
  minimumMl: z.number().min(0),
  lesions: z.array(lesion),
  device: z.string(),
  precision,
  timingsMs: milliseconds,
  warnings: z.array(warning),
  geometry,
});

/** A parsed `lesions.json`. */
export type LesionsDocument = Unchanging<z.output<typeof lesionsSchema>>;
