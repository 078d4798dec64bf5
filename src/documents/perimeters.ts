import * as z from 'zod';
import { type Unchanging, voxel } from './parts.js';

/** `perimeters.json`, which `segment`, `classify` and `synthesize` write, and `train` takes as labels. */
export const perimetersSchema = z.object({
  format: z.literal('hepatica-perimeters'),
  version: z.literal(1),
  structure: z.string(),
  size: voxel,
  slices: z.array(
    z.object({
      slice: z.int().min(0),
      sopInstanceUid: z.string().nullable().meta({ description: 'Null for NIfTI, interpolated slices and frames' }),
      polygons: z.array(
        z.object({
          id: z.int().optional().meta({ description: 'Of synthetic lesions: their number' }),
          type: z.string().optional().meta({ description: 'Of synthetic lesions: what it outlines' }),
          hole: z.boolean(),
          points: z.array(z.number()).meta({ description: 'x, y in pixels, flattened' }),
          mm: z.array(z.number()).meta({ description: 'x, y, z in mm, LPS, flattened' }),
        }),
      ),
    }),
  ),
});

/** A parsed `perimeters.json`. */
export type PerimetersDocument = Unchanging<z.output<typeof perimetersSchema>>;
