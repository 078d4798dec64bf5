import { InvalidArgumentError } from '../errors.js';
import type { NativeLesionEvaluation, NativeLesionInstance } from '../native/binding.js';
import { runJobOn } from '../native/job.js';
import { invalidArgument } from '../schema/check.js';
import type { RunOptions, RvdConvention } from '../types.js';
import type { CheckedCase, CheckedMask } from './check-case.js';
import { type CaseLesions, caseConfusion, scoredLesions } from './figures.js';
import type { LesionDescription, PredictedLesion, ReferenceLesion } from './types.js';

/** Of the ball of this volume. */
function diameterMm(volumeMl: number): number {
  return 2 * Math.cbrt((3 * volumeMl * 1000) / (4 * Math.PI));
}

function predictedLesion(
  { id, type, volumeMl }: NativeLesionInstance,
  description: LesionDescription | undefined,
  iou: number | null,
): PredictedLesion {
  const probabilities = description?.probabilities ?? null;
  return {
    id,
    type: description?.type ?? type,
    probabilities,
    malignancyProbability: probabilities && probabilities.HCC + probabilities.MET,
    detectionProbability: description?.detectionProbability ?? null,
    volumeMl,
    diameterMm: diameterMm(volumeMl),
    iou,
  };
}

function caseLesions({ patient, prediction, reference }: CheckedCase, found: NativeLesionEvaluation): CaseLesions {
  const { metrics, pairs, intersectionVoxels, detections: counts } = found;
  const predictions = found.predictions.map((lesion, index) => {
    const pair = pairs.find((candidate) => candidate.predictions.includes(index));
    return predictedLesion(lesion, prediction.lesions.get(lesion.id), pair?.iou ?? null);
  });
  const references = found.references.map((lesion, index): ReferenceLesion => {
    const pair = pairs.find((candidate) => candidate.references.includes(index));
    const match = predictions[found.predictionOf[index] ?? -1];
    return {
      id: lesion.id,
      type: reference.lesions.get(lesion.id)?.type ?? lesion.type,
      volumeMl: lesion.volumeMl,
      diameterMm: diameterMm(lesion.volumeMl),
      iou: pair?.iou ?? null,
      dice: pair?.dice ?? null,
      prediction: match?.id ?? null,
      predictedType: match?.type ?? null,
    };
  });
  const lesions = { references, predictions };
  const [confusion, scored] = [caseConfusion(lesions), scoredLesions(lesions)];
  return { patient, ...metrics, intersectionVoxels, ...lesions, counts, confusion, scored };
}

/** Descriptions of another scan are told by ids that the mask does not have. */
function checkDescribed(field: string, { lesions }: CheckedMask, present: readonly NativeLesionInstance[]): void {
  const ids = new Set(present.map(({ id }) => id));
  for (const id of lesions.keys()) {
    if (!ids.has(id)) throw invalidArgument(`${field}.lesions`, 'lesions whose ids are in the mask', id);
  }
}

function named(patient: string, { code, message, field, remedy }: InvalidArgumentError): InvalidArgumentError {
  return new InvalidArgumentError(code, `${patient}: ${message}`, {
    ...(field !== undefined && { field }),
    ...(remedy !== undefined && { remedy }),
  });
}

/** Matches the lesions of one scan, natively; an error says whose scan it is. */
export async function matchCase(
  checked: CheckedCase,
  convention: RvdConvention,
  options: RunOptions,
): Promise<CaseLesions> {
  const { patient, prediction, reference } = checked;
  const values = { predictionValues: prediction.values, referenceValues: reference.values };
  try {
    const found = await runJobOn([prediction.voxels, reference.voxels], options, (native, control, ...handles) =>
      native.evaluateLesions(...handles, { ...values, convention }, control),
    );
    checkDescribed('prediction', prediction, found.predictions);
    checkDescribed('reference', reference, found.references);
    return caseLesions(checked, found);
  } catch (error) {
    throw error instanceof InvalidArgumentError ? named(patient, error) : error;
  }
}
