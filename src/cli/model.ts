import {
  loadModel,
  type Model,
  type Segmentation,
  type SegmentOptions,
  segmentLiver,
  segmentStructure,
  type VolumeInput,
} from '../index.js';

/** Lends a model from a file, or none for the default weights, and frees it afterwards. */
export async function withModel<T>(
  path: string | undefined,
  use: (model: Model | undefined) => Promise<T>,
): Promise<T> {
  if (path === undefined) return use(undefined);
  const model = await loadModel(path);
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
