import * as z from 'zod';
import {
  boundingBox,
  contrast,
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

const octant = z.object({
  side: z.enum(['right', 'left']),
  sector: z.enum(['posterior', 'anterior', 'medial', 'lateral']),
  level: z.enum(['upper', 'lower']),
  couinaud: z.enum(['II', 'III', 'IVa', 'IVb', 'V', 'VI', 'VII', 'VIII']),
});

const brightness = z.object({
  liverHu: z.number().meta({ description: 'Median of the liver without its lesions' }),
  meanHu: z.number(),
  coreHu: z.number().meta({ description: 'Of the inner half' }),
  rimHu: z.number().meta({ description: 'Of the outer third' }),
  brightestHu: z.number().meta({ description: '95th percentile' }),
  darkestHu: z.number().meta({ description: '5th percentile' }),
});
const probabilities = z.object({ CYS: probability, ANG: probability, HCC: probability, MET: probability });

/** One lesion; the fields are those of the API's `Lesion`. */
const lesion = z.object({
  id: z.int().min(1).max(255).meta({ description: 'Its value in lesions.nii.gz' }),
  type: z.enum(['CYS', 'ANG', 'HCC', 'MET']),
  probability: probability.meta({ description: 'Of the type' }),
  probabilities,
  indeterminate: z.boolean().optional().meta({ description: 'No type is likely enough; earlier files lack it' }),
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
  recistMeasurable: z.boolean().optional().meta({
    description: 'By RECIST 1.1: 10 mm, or twice the distance of slices over 5 mm apart; earlier files lack it',
  }),
  surfaceDistanceMm: z
    .number()
    .min(0)
    .nullable()
    .optional()
    .meta({ description: "To the liver's surface; 0: reaches it; null: none in the scan; earlier files lack it" }),
  octant: octant
    .nullable()
    .optional()
    .meta({ description: 'Of its centre, rough; null: of no whole liver; earlier files lack it' }),
  sphericity: z.number().min(0).optional().meta({ description: 'About 1: a sphere; earlier files lack it' }),
  marginSharpness: z
    .number()
    .nullable()
    .optional()
    .meta({ description: 'Of its edge, 1/mm; null: nothing to compare; earlier files lack it' }),
  meanHu: z.number(),
  sdHu: z.number().min(0),
  centre: vector3.meta({ description: 'Centre of mass, voxels' }),
  centreMm: vector3.meta({ description: 'Centre of mass, mm, LPS' }),
  arterial: z
    .object({ arterial: brightness, portal: brightness, portalProbabilities: probabilities })
    .optional()
    .meta({ description: 'In both phases, where an arterial scan shows it; probabilities are of both then' }),
});

const arterialPhase = z.object({
  motion: z.object({ rotation: z.array(z.number()).length(9), offsetMm: vector3 }).meta({
    description: 'From the scan to the arterial one: its place lies there at rotation · place + offsetMm, mm, LPS',
  }),
  agreement: probability.meta({
    description: 'How much of what the scan shows about the liver the arterial one tells',
  }),
  covered: probability.meta({ description: 'Of the liver, how much it shows' }),
  contrast,
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
  indeterminateBelow: probability.optional().meta({ description: "Of the likeliest type's; earlier files lack it" }),
  lesions: z.array(lesion),
  arterial: arterialPhase.optional().meta({ description: 'The arterial scan, where one was given' }),
  device: z.string(),
  precision,
  timingsMs: milliseconds,
  warnings: z.array(warning),
  geometry,
});

/** A parsed `lesions.json`. */
export type LesionsDocument = Unchanging<z.output<typeof lesionsSchema>>;
