import { InvalidArgumentError } from '../errors.js';
import { lesionModel, modelArgument, modelIdentity } from '../models/model.js';
import type { NativeClassificationResult, NativeJob, NativeLesion } from '../native/binding.js';
import { CopiedArgument } from '../native/call-arguments.js';
import { runJobOn } from '../native/job.js';
import { loadWarnings } from '../native/load.js';
import { NativeVoxels } from '../native/voxels.js';
import { rememberSources } from '../output/sources.js';
import { checkOptions, invalidArgument, nativeOptions } from '../schema/check.js';
import type { NativeOptions } from '../schema/option.js';
import { classifyOptions } from '../schema/segment.js';
import { checkStructure, cropOf, segmentedMaskArgument } from '../segment/segmentation.js';
import type {
  ArterialPhase,
  ClassifiedLiver,
  ClassifyOptions,
  Lesion,
  LesionClassification,
  LesionSlice,
  LesionType,
  LiverMask,
  MaskInput,
  Model,
  ModelIdentity,
  Segmentation,
  Vector3,
  Volume,
  Warning,
} from '../types.js';
import { checkGeometry, checkSameGrid } from '../volume/geometry.js';
import { NativeMaskResult } from '../volume/mask-result.js';
import { perimetersOf } from '../volume/perimeters.js';
import { volumeArgument, volumeOfResult } from '../volume/volume.js';
import { joinWarnings, warningsOf } from '../warnings.js';
import { kLesionTypes } from './lesion-types.js';
import { MaskedLiver } from './masked-liver.js';

const kIntegersASlice = 6;

function slicesOf(packed: Int32Array, spacing: Vector3): LesionSlice[] {
  return Array.from({ length: packed.length / kIntegersASlice }, (_, index) => {
    const begin = index * kIntegersASlice;
    const [slice = 0, x0 = 0, x1 = 0, y0 = 0, y1 = 0, pixels = 0] = packed.subarray(begin, begin + kIntegersASlice);
    return { slice, box: { min: [x0, y0], max: [x1, y1] }, areaMm2: pixels * spacing[0] * spacing[1] };
  });
}

function byType(values: readonly number[]): Record<LesionType, number> {
  const entries = kLesionTypes.map((type, index) => [type, values[index] ?? 0] as const);
  return Object.fromEntries(entries) as Record<LesionType, number>;
}

function lesionOf(lesion: NativeLesion, spacing: Vector3): Lesion {
  const { probabilities: values, slices, perimeters, arterial, ...measured } = lesion;
  const probabilities = byType(values);
  return {
    ...measured,
    probability: probabilities[lesion.type],
    probabilities,
    malignancyProbability: probabilities.HCC + probabilities.MET,
    slices: slicesOf(slices, spacing),
    perimeters: perimetersOf(perimeters),
    ...(arterial && { arterial: { ...arterial, portalProbabilities: byType(arterial.portalProbabilities) } }),
  };
}

function phaseOf({ rotation, offsetMm, ...rest }: NonNullable<NativeClassificationResult['arterial']>): ArterialPhase {
  return { motion: { rotation, offsetMm }, ...rest };
}

/** A classification whose mask is in native memory. */
class NativeClassification<Liver extends ClassifiedLiver>
  extends NativeMaskResult
  implements LesionClassification<Liver>
{
  readonly lesions: readonly Lesion[];
  readonly model: ModelIdentity;
  readonly volume: Volume;
  readonly liver: Liver;
  readonly threshold: number;
  readonly extentThreshold: number;
  readonly minimumMl: number;
  readonly indeterminateBelow: number;
  readonly arterial?: ArterialPhase;
  readonly warnings: readonly Warning[];

  constructor(result: NativeClassificationResult, liver: Liver, model: ModelIdentity, ofArterial: readonly Warning[]) {
    super(result);
    this.model = model;
    this.lesions = result.lesions.map((lesion) => lesionOf(lesion, result.spacing));
    this.volume = liver.volume;
    this.liver = liver;
    this.threshold = result.threshold;
    this.extentThreshold = result.extentThreshold;
    this.minimumMl = result.minimumMl;
    this.indeterminateBelow = result.indeterminateBelow;
    if (result.arterial) this.arterial = phaseOf(result.arterial);
    this.warnings = joinWarnings(warningsOf(liver), [...loadWarnings(), ...ofArterial, ...result.warnings]);
  }
}

function classification<Liver extends ClassifiedLiver>(
  result: NativeClassificationResult,
  liver: Liver,
  model: Model,
  { arterial }: ClassifyOptions,
) {
  const ofArterial = warningsOf(arterial ?? {}).map(({ code, message }) => ({ code, message: `arterial: ${message}` }));
  return rememberSources(new NativeClassification(result, liver, modelIdentity(model), ofArterial), model, arterial);
}

function checkLiver(liver: unknown): asserts liver is Segmentation | LiverMask {
  const parts = typeof liver === 'object' && liver !== null && 'volume' in liver && 'mask' in liver;
  if (!parts) throw invalidArgument('liver', 'a result of segmentLiver, or { volume, mask, structure }', liver);
  checkStructure('liver', liver);
}

/** A result of segmentation tells of its mask itself, and its grid with it. */
function isSegmentation(liver: Segmentation | LiverMask): liver is Segmentation {
  return 'perimeters' in liver;
}

/** An array alone lies on the volume's grid. */
function maskOf({ volume, mask }: LiverMask): MaskInput {
  if (!(mask instanceof Uint8Array)) return mask;
  const { size, spacing, origin, direction } = volume;
  return { size, spacing, origin, direction, data: mask };
}

/** The second scan, checked, for the native call. */
function arterialArgument(liver: Segmentation | LiverMask, { arterial }: ClassifyOptions) {
  if (!arterial) return null;
  const [one, other] = [liver.volume, arterial].map((volume) => (volume as Partial<Volume>).report?.patientId ?? '');
  if (one !== '' && other !== '' && one !== other) {
    throw new InvalidArgumentError(
      'PATIENT_MISMATCH',
      'Expected the arterial scan to be of the same patient, received one with another patient ID',
      { field: 'arterial', remedy: 'Pass the arterial scan of the same examination' },
    );
  }
  return volumeArgument(arterial, 'arterial');
}

function networkOf({ model }: ClassifyOptions) {
  return typeof model === 'object' ? model : lesionModel(model);
}

async function classifySegmentation(liver: Segmentation, options: ClassifyOptions, settings: NativeOptions) {
  const network = networkOf(options);
  const model = modelArgument(network);
  const volume = volumeArgument(liver.volume);
  const mask = segmentedMaskArgument('liver', liver);
  checkSameGrid('liver', liver.volume, liver);
  const arterial = arterialArgument(liver, options);
  const result = await runJobOn([volume, mask, model, arterial], options, (native, control, ...handles) =>
    native.classifyLesions(...handles, cropOf(liver), settings, control),
  );
  return classification(result, liver, await network, options);
}

/** Jobs that go on at once; one that fails stops the others. */
function together<const Jobs extends readonly NativeJob<unknown>[]>(...jobs: Jobs) {
  type Results = { [Index in keyof Jobs]: Jobs[Index] extends NativeJob<infer Result> ? Result : never };
  const cancel = () => {
    for (const job of jobs) job.cancel();
  };
  const promise = Promise.all(jobs.map((job) => job.promise)) as unknown as Promise<Results>;
  promise.catch(cancel);
  return { promise, cancel };
}

/** Of a mask, which comes without them, outlines and volume are found beside. */
async function classifyMask(liver: LiverMask, options: ClassifyOptions, settings: NativeOptions) {
  const network = networkOf(options);
  const model = modelArgument(network);
  const volume = volumeArgument(liver.volume);
  const given = maskOf(liver);
  const mask = segmentedMaskArgument('mask', given);
  checkSameGrid('mask', liver.volume, checkGeometry('mask', given));
  const arterial = arterialArgument(liver, options);
  let scan: Volume | undefined;
  let shown: { readonly data: Uint8Array } = given;
  const [result, traced] = await runJobOn(
    [volume, mask, model, arterial],
    options,
    (native, { onNews, ...quietly }, ...handles) => {
      scan = volumeOfResult(liver.volume, volume);
      if (mask instanceof CopiedArgument && mask.transferred) shown = new NativeVoxels(mask.keep(), new Uint8Array(0));
      return together(
        native.classifyLesions(...handles, null, settings, { ...quietly, ...(onNews && { onNews }) }),
        native.tracePerimeters(handles[1], quietly),
      );
    },
  );
  const masked = new MaskedLiver(given, shown, scan as Volume, perimetersOf(traced), result.liverMl);
  return classification(result, rememberSources(masked, given), await network, options);
}

/**
 * Finds the lesions of a liver and tells their types (paper, MDL-CNN): cyst, haemangioma, hepatocellular carcinoma or
 * metastasis. Only the liver's region goes through the network; a lesion is a 3-D component of the voxels in the liver
 * whose location probability is above the extent's threshold (voxels that touch at a face, an edge or a corner), of
 * which at least the minimum volume is above the threshold. With `arterial` they are looked for in the liver's scan all the
 * same; the arterial scan is laid on it, and types are told from both. `model: 'paper'` is the paper's network alone.
 *
 * The lesion network works on the features that the liver's network made, where both have the same encoder: where
 * they are no longer kept (`SegmentOptions.keepFeatures`) they are computed again, and the lesions are the same to the
 * byte. Of a mask from elsewhere, and of a copy of a result (`{ ...liver }`), the network looks at the mask's own box.
 *
 * @param liver - a result of `segmentLiver`, whose volume is read again, so dispose of neither before; or a volume and
 *   the mask of its liver from elsewhere
 * @returns each lesion with its type, probabilities and measurements, and their mask on the grid of the volume
 * @throws {@link ModelError} `WEIGHTS_NOT_FOUND`, `WRONG_MODEL`; {@link InvalidArgumentError} `GEOMETRY_MISMATCH`
 *   where the mask does not lie on its volume's grid, `WRONG_STRUCTURE`, `DISPOSED`; of an arterial scan that does not fit
 *   `PATIENT_MISMATCH`, `LIVER_NOT_COVERED`, `REGISTRATION_FAILED`, and {@link ModelError} `NO_ARTERIAL_READOUT` of weights
 *   that cannot make use of it; {@link DeviceError} as
 *   {@link segmentStructure}
 */
export async function classifyLesions(
  liver: Segmentation,
  options?: ClassifyOptions,
): Promise<LesionClassification<Segmentation>>;
/** The same of a liver that was outlined elsewhere. */
export async function classifyLesions(liver: LiverMask, options?: ClassifyOptions): Promise<LesionClassification>;
export async function classifyLesions(
  liver: Segmentation | LiverMask,
  options: ClassifyOptions = {},
): Promise<LesionClassification> {
  const settings = nativeOptions(classifyOptions, checkOptions(classifyOptions, options));
  checkLiver(liver);
  return isSegmentation(liver)
    ? classifySegmentation(liver, options, settings)
    : classifyMask(liver, options, settings);
}
