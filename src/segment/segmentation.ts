import { InvalidArgumentError, ModelError } from '../errors.js';
import { checkModel, liverModel, modelArgument, modelIdentity } from '../models/model.js';
import type { NativeBinding, NativeJob, NativeSegmentationResult, NativeStructuresResult } from '../native/binding.js';
import type { CropHandle } from '../native/crop.js';
import { runJobOn } from '../native/job.js';
import { loadWarnings } from '../native/load.js';
import { rememberSources } from '../output/sources.js';
import { checkOptions, invalidArgument, nativeOptions } from '../schema/check.js';
import { runOptions } from '../schema/run.js';
import { segmentOptions } from '../schema/segment.js';
import type {
  BoundingBox,
  LabelledStructure,
  MaskInput,
  Model,
  ModelIdentity,
  Perimeter,
  RegionOfInterest,
  RunOptions,
  Segmentation,
  SegmentOptions,
  StructureSegmentation,
  Volume,
  VolumeInput,
  Warning,
} from '../types.js';
import { NativeMaskResult } from '../volume/mask-result.js';
import { perimetersOf } from '../volume/perimeters.js';
import { type MaskArgument, maskArgument, volumeArgument, volumeOfResult } from '../volume/volume.js';
import { joinWarnings } from '../warnings.js';

/** A segmentation whose mask is in native memory. */
class NativeSegmentation extends NativeMaskResult implements Segmentation {
  readonly structure: string;
  readonly perimeters: readonly Perimeter[];
  readonly volumeMl: number;
  readonly boundingBox: BoundingBox | null;
  readonly slices: readonly number[];
  readonly roi: RegionOfInterest | null;
  readonly model: ModelIdentity;
  readonly volume: Volume;
  readonly warnings: readonly Warning[];
  readonly #crop: CropHandle | null;

  constructor(result: NativeSegmentationResult, volume: Volume, model: ModelIdentity) {
    super(result);
    this.model = model;
    this.structure = result.structure;
    this.perimeters = perimetersOf(result.perimeters);
    this.volumeMl = result.volumeMl;
    this.boundingBox = result.boundingBox;
    this.slices = result.slices;
    this.roi = result.roi;
    this.volume = volume;
    this.warnings = joinWarnings(volume.warnings, [...loadWarnings(), ...result.warnings]);
    this.#crop = result.crop;
  }

  override dispose(): void {
    this.#crop?.dispose();
    super.dispose();
  }

  static crop(liver: NativeSegmentation): CropHandle | null {
    return liver.#crop;
  }
}

/** What the network of a result itself, no copy of it, left for the lesion network. */
export function cropOf(liver: Segmentation): CropHandle | null {
  return liver instanceof NativeSegmentation ? NativeSegmentation.crop(liver) : null;
}

/** A mask, or the mask of a result, for a native call. */
export function segmentedMaskArgument(field: string, value: unknown): MaskArgument {
  if (value instanceof NativeMaskResult) return NativeMaskResult.argument(value, field);
  if (typeof value === 'object' && value !== null && 'mask' in value) {
    const { size, spacing, origin, direction, mask } = value as Segmentation;
    return maskArgument(field, { size, spacing, origin, direction, data: mask } satisfies MaskInput);
  }
  return maskArgument(field, value);
}

/**
 * Where a result says of what it is, that must be the liver; a bare mask does not say it.
 *
 * @throws InvalidArgumentError `WRONG_STRUCTURE`
 */
export function checkStructure(field: string, value: unknown): void {
  const { structure = 'liver' } = value as { readonly structure?: unknown };
  if (structure === 'liver') return;
  throw new InvalidArgumentError(
    'WRONG_STRUCTURE',
    `Expected ${field} to be a segmentation of the liver, received one of: ${structure}`,
    { field, remedy: 'Pass the result of segmentLiver' },
  );
}

/** Structures whose labels are in native memory. */
class NativeStructureSegmentation extends NativeMaskResult implements StructureSegmentation {
  readonly structures: readonly LabelledStructure[];
  readonly volume: Volume;
  readonly warnings: readonly Warning[];

  constructor(result: NativeStructuresResult, volume: Volume) {
    super(result);
    this.structures = result.structures;
    this.volume = volume;
    this.warnings = joinWarnings(volume.warnings, [...loadWarnings(), ...result.warnings]);
  }
}

/** What a native call makes of a volume, and the volume as its result shows it. */
async function computeOn<Result>(
  volume: VolumeInput,
  options: Omit<SegmentOptions, 'model'>,
  model: Model | Promise<Model>,
  call: (native: NativeBinding, ...args: Parameters<NativeBinding['segmentStructure']>) => NativeJob<Result>,
) {
  const network = modelArgument(model);
  const voxels = volumeArgument(volume);
  const settings = nativeOptions(segmentOptions, checkOptions(segmentOptions, options));
  let scan: Volume | undefined;
  const result = await runJobOn([voxels, network], options, (native, control, voxelHandle, modelHandle) => {
    scan = volumeOfResult(volume, voxels);
    return call(native, voxelHandle, modelHandle, settings, control);
  });
  return { result, scan: scan as Volume };
}

async function segment(volume: VolumeInput, options: Omit<SegmentOptions, 'model'>, model: Model | Promise<Model>) {
  const { result, scan } = await computeOn(volume, options, model, (native, ...args) =>
    native.segmentStructure(...args),
  );
  const network = await model;
  return rememberSources(new NativeSegmentation(result, scan, modelIdentity(network)), network);
}

function checkModelOf(structure: string, model: Model): void {
  checkModel(model);
  if (model.info.structure === structure) return;
  throw new ModelError(
    'WRONG_MODEL',
    `Expected a model of the ${structure}, received one of: ${model.info.structure}`,
    {
      file: model.info.path,
      field: 'model',
      remedy: 'Call segmentStructure, which takes any structure',
    },
  );
}

/**
 * Outlines the structure that `options.model` was trained for (liver, kidney, gallbladder, …).
 *
 * @param volume - contrast-enhanced abdominal CT, HU, order (z, y, x); axial slices
 * @returns mask, perimeters, volume (ml) and bounding box on the grid of `volume`
 * @throws {@link InvalidArgumentError} `INVALID_ARGUMENT`, `DISPOSED`; {@link ModelError} `WRONG_MODEL` for a network that
 *   is no segmenter; {@link InputFileError} `UNSUPPORTED_ORIENTATION`; {@link DeviceError} `NO_CUDA_DEVICE`, `CUDA_FAILED`,
 *   `CUDA_OUT_OF_MEMORY`, `UNSUPPORTED_PRECISION`
 */
export async function segmentStructure(
  volume: VolumeInput,
  options: Omit<SegmentOptions, 'model'> & { readonly model: Model },
): Promise<Segmentation> {
  const { model } = checkOptions(segmentOptions, options);
  if (typeof model !== 'object') throw invalidArgument('model', 'a model from loadModel or trainSegmenter', model);
  return segment(volume, options, options.model);
}

/**
 * Outlines the liver: the network of `options.model`, its postprocessing, and the perimeter. `model: 'paper'` is the paper's
 * (Liver localization): preprocessing, the liver CNN slice by slice, the largest connected component with its holes filled.
 *
 * @param volume - contrast-enhanced abdominal CT, HU, order (z, y, x); axial slices
 * @returns mask, perimeters, volume (ml) and bounding box on the grid of `volume`
 * @throws {@link ModelError} `WRONG_MODEL` for a model of another structure; otherwise as {@link segmentStructure}
 */
export async function segmentLiver(volume: VolumeInput, options: SegmentOptions = {}): Promise<Segmentation> {
  checkOptions(segmentOptions, options);
  const { model } = options;
  if (typeof model === 'object') checkModelOf('liver', model);
  return segment(volume, options, typeof model === 'object' ? model : liverModel(model));
}

/**
 * Labels every structure that the 3-D network tells apart, in the whole scan: liver, lungs, bone, and the body that is none
 * of them. The liver's voxels are those of `segmentLiver`; the others are what the network learned from rules on HU, to keep
 * the liver clean.
 *
 * @param volume - contrast-enhanced abdominal CT, HU, order (z, y, x); axial slices
 * @returns labels on the grid of `volume`, and each structure's volume and box
 * @throws {@link ModelError} `WRONG_MODEL` for a network of one structure (the paper's, and those of `trainSegmenter`);
 *   otherwise as {@link segmentStructure}
 */
export async function segmentStructures(
  volume: VolumeInput,
  options: Omit<SegmentOptions, 'model'> & { readonly model?: Model } = {},
): Promise<StructureSegmentation> {
  const { model } = checkOptions(segmentOptions, options);
  if (model === 'paper') throw invalidArgument('model', 'a model of kind encoder3d', model);
  const network = options.model ?? liverModel();
  const { result, scan } = await computeOn(volume, options, network, (native, ...args) =>
    native.segmentStructures(...args),
  );
  return rememberSources(new NativeStructureSegmentation(result, scan), await network);
}

/**
 * Traces the outlines of a mask, as `segmentLiver` does of its own.
 *
 * @param mask - what is not 0 is inside; order (z, y, x)
 * @returns outer borders and holes by slice, in pixels and in mm (LPS)
 * @throws {@link InvalidArgumentError} `INVALID_ARGUMENT`, `DISPOSED`
 */
export async function tracePerimeters(mask: MaskInput | Segmentation, options: RunOptions = {}): Promise<Perimeter[]> {
  checkOptions(runOptions, options);
  const voxels = segmentedMaskArgument('mask', mask);
  const traced = await runJobOn([voxels], options, (native, control, handle) =>
    native.tracePerimeters(handle, control),
  );
  return perimetersOf(traced);
}
