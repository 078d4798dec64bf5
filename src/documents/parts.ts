/** What the documents share. */
import * as z from 'zod';

/** What a document is to its readers and its writers: nobody changes it. */
export type Unchanging<T> = { readonly [Key in keyof T]: Unchanging<T[Key]> };

export const vector3 = z.tuple([z.number(), z.number(), z.number()]);
export const voxel = z.tuple([z.int(), z.int(), z.int()]);
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
export const notice = z.string().meta({ description: 'That the document is for research' });
export const milliseconds = z.record(z.string(), z.number()).meta({ description: 'ms by stage' });
export const precision = z.enum(['fp32', 'tf32', 'bf16']);

export const warning = z.object({
  code: z
    .string()
    .regex(/^[A-Z][A-Z0-9_]*$/)
    .meta({ description: 'Stable, for programs; later versions have more' }),
  message: z.string().meta({ description: 'For a person' }),
});

export const geometry = z
  .object({
    size: voxel.meta({ description: 'Voxels along (x, y, z)' }),
    spacing: vector3.meta({ description: 'mm along (x, y, z)' }),
    origin: vector3.meta({ description: 'Centre of voxel (0, 0, 0), mm, LPS' }),
    direction: z.array(z.number()).length(9).meta({ description: 'Row-major 3×3; column c: unit vector of axis c' }),
  })
  .meta({ description: 'Where the voxels of a scan lie' });

export const boundingBox = z.object({ min: voxel, max: voxel }).meta({ description: 'First and last voxel inside' });

export const contrast = z.object({
  phase: z.enum(['non-contrast', 'arterial', 'portal-venous', 'late', 'unknown']),
  aortaHu: z.number().nullable().meta({ description: 'Median of the aorta; null: not found' }),
  liverHu: z.number().nullable().meta({ description: 'Median of the liver; null: none' }),
});

export const judged = {
  plausibility: z.enum(['plausible', 'doubtful', 'implausible']),
  plausibilityReasons: z.array(warning),
  contrast: contrast
    .optional()
    .meta({ description: 'When contrast medium was given, told from HU; of a liver alone; earlier files lack it' }),
};
