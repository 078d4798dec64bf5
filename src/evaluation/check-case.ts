import { z } from 'zod';
import { InvalidArgumentError } from '../errors.js';
import { kLesionTypes } from '../lesions/lesion-types.js';
import { invalidArgument } from '../schema/check.js';
import { segmentedMaskArgument } from '../segment/segmentation.js';
import { type MaskArgument, maskArgument } from '../volume/volume.js';
import type { LesionDescription, LesionMaskValues } from './types.js';

/** A mask of lesions for the native call, and what is known of them by id. */
export interface CheckedMask {
  readonly voxels: MaskArgument;
  readonly values: LesionMaskValues;
  readonly lesions: ReadonlyMap<number, LesionDescription>;
}

export interface CheckedCase {
  readonly patient: string;
  readonly prediction: CheckedMask;
  readonly reference: CheckedMask;
}

/** Means of single-precision numbers may lie a little above 1. */
const probability = z
  .number()
  .min(0)
  .max(1 + 1e-6);
const lesionDescriptions = z
  .array(
    z.object({
      id: z.int().min(1).max(255),
      type: z.enum(kLesionTypes).nullish(),
      probabilities: z.object({ CYS: probability, ANG: probability, HCC: probability, MET: probability }).nullish(),
      detectionProbability: probability.nullish(),
    }),
  )
  .max(255);

const kValues: readonly LesionMaskValues[] = ['ids', 'types', 'binary'];

/** Lesions from a caller or a file, by id. */
export function checkLesions(field: string, lesions: unknown): Map<number, LesionDescription> {
  const result = lesionDescriptions.safeParse(lesions);
  const issue = result.error?.issues[0];
  if (issue) {
    const place = [field, ...issue.path].join('.');
    const value = issue.path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown>)?.[key], lesions);
    const expectation = 'lesions with id (1 to 255), type, probabilities and detectionProbability (0 to 1)';
    throw invalidArgument(place, `as in ${expectation}`, value, place);
  }
  const byId = new Map<number, LesionDescription>();
  for (const lesion of result.data as readonly LesionDescription[]) {
    if (byId.has(lesion.id)) throw invalidArgument(field, 'lesions of different ids', lesion.id);
    byId.set(lesion.id, lesion);
  }
  return byId;
}

function checkMask(field: string, value: unknown, byDefault: LesionMaskValues): CheckedMask {
  if (typeof value !== 'object' || value === null || !('mask' in value)) {
    return { voxels: maskArgument(field, value), values: byDefault, lesions: new Map() };
  }
  const {
    mask,
    values = byDefault,
    lesions,
  } = value as { mask: unknown; values?: LesionMaskValues; lesions?: unknown };
  // A classification, with the voxels themselves.
  if (mask instanceof Uint8Array) {
    return {
      voxels: segmentedMaskArgument(field, value),
      values: 'ids',
      lesions: checkLesions(`${field}.lesions`, lesions),
    };
  }
  if (!kValues.includes(values)) throw invalidArgument(`${field}.values`, "'ids', 'types' or 'binary'", values);
  if (lesions !== undefined && values !== 'ids') {
    throw new InvalidArgumentError(
      'INVALID_ARGUMENT',
      `Expected ${field}.lesions with values 'ids' alone, received them with '${values}'`,
      {
        field: `${field}.lesions`,
        remedy: 'Lesions are named by their value in an id mask',
      },
    );
  }
  return {
    voxels: maskArgument(`${field}.mask`, mask),
    values,
    lesions: lesions === undefined ? new Map() : checkLesions(`${field}.lesions`, lesions),
  };
}

/** @throws InvalidArgumentError */
export function checkCase(value: unknown, field: string): CheckedCase {
  if (typeof value !== 'object' || value === null) {
    throw invalidArgument(field, 'a case with patient, prediction and reference', value);
  }
  const { patient, prediction, reference } = value as Record<string, unknown>;
  if (typeof patient !== 'string' || patient === '' || patient.length > 256) {
    throw invalidArgument(`${field}.patient`, 'a name of at most 256 characters', patient);
  }
  return {
    patient,
    prediction: checkMask(`${field}.prediction`, prediction, 'ids'),
    reference: checkMask(`${field}.reference`, reference, 'types'),
  };
}
