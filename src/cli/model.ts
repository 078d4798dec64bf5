import { z } from 'zod';
import {
  InvalidArgumentError,
  loadModel,
  type Model,
  type Segmentation,
  type SegmentOptions,
  segmentLiver,
  segmentStructure,
  type VolumeInput,
} from '../index.js';
import { lesionWeights, liverWeights } from '../models/model.js';
import { safetensorsMetadata } from '../output/ownership.js';
import { classifyOptions } from '../schema/segment.js';
import { givenFlags } from './flags.js';

/** What an option that takes a segmenter's file says of its other value. */
export const kPaper = "'paper': the paper's liver network, which comes with the package";

/** The file that is meant: one named `paper` is `./paper`. */
export function segmenterFile(value: string): string {
  return value === 'paper' ? liverWeights('paper') : value;
}

/** What an option that takes a lesion network's file says of its other value. */
export const kPaperLesions = "'paper': the paper's MDL-CNN of the package's weights alone";

/** The file that is meant by such an option. */
export function lesionFile(value: string | undefined): string | undefined {
  return value === 'paper' ? lesionWeights() : value;
}

const thresholdSchema = z.object({ threshold: z.number() });
const thresholdsSchema = thresholdSchema.extend({ paper: thresholdSchema.optional() });

/** The threshold that a lesion network has of its own; undefined where its file does not say: loading it tells why. */
async function ownThreshold(model: string | undefined): Promise<number | undefined> {
  const { architecture } = (await safetensorsMetadata(lesionFile(model) ?? lesionWeights())) ?? {};
  if (architecture === undefined) return undefined;
  const { data } = thresholdsSchema.safeParse(JSON.parse(architecture));
  return model === 'paper' ? data?.paper?.threshold : data?.threshold;
}

/**
 * Refuses, before a scan is read, an extent beyond the threshold; where that is not given it is the network's.
 *
 * @throws InvalidArgumentError `INVALID_ARGUMENT`
 */
export async function checkExtent(model: string | undefined, options: object): Promise<void> {
  const { threshold: given, extentThreshold } = givenFlags(classifyOptions, options);
  if (extentThreshold === undefined || given !== undefined) return;
  const threshold = await ownThreshold(model).catch(() => undefined);
  if (threshold === undefined || extentThreshold <= threshold) return;
  const message = `Expected --extent-threshold to be at most the network's threshold, ${threshold}, received ${extentThreshold}`;
  throw new InvalidArgumentError('INVALID_ARGUMENT', message, {
    field: 'extentThreshold',
    remedy: 'Lower --extent-threshold, or give --threshold.',
  });
}

/** Lends a lesion network from a file, the paper's, or none for the default weights; frees afterwards what it loaded. */
export function withLesionModel<T>(
  value: string | undefined,
  signal: AbortSignal,
  use: (model: Model | 'paper' | undefined) => Promise<T>,
): Promise<T> {
  return value === 'paper' ? use(value) : withModel(value, signal, use);
}

/** The file of a structure's mask: a structure is named by who trained it. */
export function maskNameOf(structure: string): string {
  return `${fileNameOf(structure)}.nii.gz`;
}

/** A name that holds no folder and is not hidden. */
export function fileNameOf(name: string): string {
  return name.replaceAll(/[/\\\0]|^\./g, '_');
}

/** The name of the mask that a model's file will give, before it is loaded. */
export async function plannedMaskName(model: string | undefined): Promise<string> {
  const metadata = model === undefined ? undefined : await safetensorsMetadata(model);
  return maskNameOf(metadata?.structure ?? 'liver');
}

/** Lends a model from a file, or none for the default weights, and frees it afterwards. */
export async function withModel<T>(
  path: string | undefined,
  signal: AbortSignal,
  use: (model: Model | undefined) => Promise<T>,
): Promise<T> {
  if (path === undefined) return use(undefined);
  const model = await loadModel(path, { signal });
  try {
    return await use(model);
  } finally {
    model.dispose();
  }
}

/** Segments what a model of the caller was trained for, or the liver with the default weights. */
export function segmentWith(
  model: Model | undefined,
  volume: VolumeInput,
  options: Omit<SegmentOptions, 'model'>,
): Promise<Segmentation> {
  return model ? segmentStructure(volume, { ...options, model }) : segmentLiver(volume, options);
}
