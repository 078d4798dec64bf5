import { checkSameGrid } from './geometry.js';
import { runJobOn } from './job.js';
import { kLesionTypes } from './lesion-types.js';
import { NativeMaskResult } from './mask-result.js';
import { defaultLesionModel, modelArgument, modelIdentity } from './model.js';
import { loadWarnings } from './native.js';
import type { NativeClassificationResult, NativeLesion } from './native-binding.js';
import { checkOptions, classifyOptions, invalidArgument } from './options.js';
import { perimetersOf } from './perimeters.js';
import { checkStructure, segmentedMaskArgument } from './segmentation.js';
import type {
  ClassifyOptions,
  Lesion,
  LesionClassification,
  LesionSlice,
  LesionType,
  ModelIdentity,
  Segmentation,
  Vector3,
  Volume,
  Warning,
} from './types.js';
import { volumeArgument } from './volume.js';
import { joinWarnings, warningsOf } from './warnings.js';

const kIntegersASlice = 6;

function slicesOf(packed: Int32Array, spacing: Vector3): LesionSlice[] {
  return Array.from({ length: packed.length / kIntegersASlice }, (_, index) => {
    const begin = index * kIntegersASlice;
    const [slice = 0, x0 = 0, x1 = 0, y0 = 0, y1 = 0, pixels = 0] = packed.subarray(begin, begin + kIntegersASlice);
    return { slice, box: { min: [x0, y0], max: [x1, y1] }, areaMm2: pixels * spacing[0] * spacing[1] };
  });
}

function lesionOf(lesion: NativeLesion, spacing: Vector3): Lesion {
  const { probabilities: values, slices, perimeters, ...measured } = lesion;
  const entries = kLesionTypes.map((type, index) => [type, values[index] ?? 0] as const);
  const probabilities = Object.fromEntries(entries) as Record<LesionType, number>;
  return {
    ...measured,
    probability: probabilities[lesion.type],
    probabilities,
    malignancyProbability: probabilities.HCC + probabilities.MET,
    slices: slicesOf(slices, spacing),
    perimeters: perimetersOf(perimeters),
  };
}

/** A classification whose mask is in native memory. */
class NativeClassification extends NativeMaskResult implements LesionClassification {
  readonly lesions: readonly Lesion[];
  readonly model: ModelIdentity;
  readonly volume: Volume;
  readonly liver: Segmentation;
  readonly threshold: number;
  readonly extentThreshold: number;
  readonly minimumMl: number;
  readonly warnings: readonly Warning[];

  constructor(result: NativeClassificationResult, liver: Segmentation, model: ModelIdentity) {
    super(result);
    this.model = model;
    this.lesions = result.lesions.map((lesion) => lesionOf(lesion, result.spacing));
    this.volume = liver.volume;
    this.liver = liver;
    this.threshold = result.threshold;
    this.extentThreshold = result.extentThreshold;
    this.minimumMl = result.minimumMl;
    this.warnings = joinWarnings(warningsOf(liver), [...loadWarnings(), ...result.warnings]);
  }
}

function checkLiver(liver: unknown): asserts liver is Segmentation {
  const parts = typeof liver === 'object' && liver !== null && 'volume' in liver && 'mask' in liver;
  if (!parts) throw invalidArgument('liver', 'a result of segmentLiver', liver);
  checkStructure('liver', liver);
}

/**
 * Finds the lesions of a liver and tells their types (paper, MDL-CNN): cyst, haemangioma, hepatocellular carcinoma or
 * metastasis. Only the liver's region goes through the network; a lesion is a 3-D component of the voxels in the liver
 * whose location probability is above the extent's threshold (voxels that touch at a face, an edge or a corner), of
 * which at least the minimum volume is above the threshold.
 *
 * @param liver - a result of `segmentLiver`; its volume is read again, so dispose of neither before
 * @returns each lesion with its type, probabilities and measurements, and their mask on the grid of the volume
 * @throws {@link ModelError} `WEIGHTS_NOT_FOUND`, `WRONG_MODEL`; {@link InvalidArgumentError} `GEOMETRY_MISMATCH`
 *   where the mask does not lie on its volume's grid, `WRONG_STRUCTURE`, `DISPOSED`; {@link DeviceError} as
 *   {@link segmentStructure}
 */
export async function classifyLesions(
  liver: Segmentation,
  options: ClassifyOptions = {},
): Promise<LesionClassification> {
  const { threshold, extentThreshold, minimumMl, precision } = checkOptions(classifyOptions, options);
  checkLiver(liver);
  const network = options.model ?? defaultLesionModel();
  const model = modelArgument(network);
  const volume = volumeArgument(liver.volume);
  const mask = segmentedMaskArgument('liver', liver);
  checkSameGrid('liver', liver.volume, liver);
  const settings = {
    precision: precision ?? 'auto',
    ...(threshold !== undefined && { threshold }),
    ...(extentThreshold !== undefined && { extentThreshold }),
    ...(minimumMl !== undefined && { minimumMl }),
  };
  const result = await runJobOn([volume, mask, model], options, (native, control, ...handles) =>
    native.classifyLesions(...handles, settings, control),
  );
  return new NativeClassification(result, liver, modelIdentity(await network));
}
