import { runJobOn } from '../native/job.js';
import { checkOptions } from '../schema/check.js';
import { evaluateOptions } from '../schema/evaluate.js';
import { segmentedMaskArgument } from '../segment/segmentation.js';
import type { EvaluateOptions, MaskInput, Segmentation, SegmentationMetrics } from '../types.js';
import { distinctWarnings, warningsOf } from '../warnings.js';

/**
 * Compares a segmentation with a reference, voxel by voxel over the whole volume: Dice, VOE and RVD (paper, equations
 * 4 to 6), 95th percentile of the surfaces' distance and surface Dice.
 *
 * @param prediction - a segmentation, or a mask: non-zero is inside
 * @param reference - a mask on the same grid
 * @throws {@link InvalidArgumentError} `GEOMETRY_MISMATCH` where the grids differ
 */
export async function evaluateSegmentation(
  prediction: MaskInput | Segmentation,
  reference: MaskInput | Segmentation,
  options: EvaluateOptions = {},
): Promise<SegmentationMetrics> {
  const { convention } = checkOptions(evaluateOptions, options);
  const predicted = segmentedMaskArgument('prediction', prediction);
  const expected = segmentedMaskArgument('reference', reference);
  const metrics = await runJobOn([predicted, expected], options, (native, control, ...handles) =>
    native.evaluateSegmentation(...handles, convention, control),
  );
  const warnings = distinctWarnings([...warningsOf(prediction), ...warningsOf(reference)]);
  return { ...metrics, convention, warnings };
}
