// Weights with a known behaviour, written as safetensors (https://github.com/huggingface/safetensors#format).
import { writeFileSync } from 'node:fs';

export interface Tensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** The bytes of a safetensors file; `header` may be changed to make a broken one. */
export function safetensors(
  tensors: Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>>,
  change: (header: Record<string, unknown>) => void = () => {},
): Buffer {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const [name, { shape, values }] of Object.entries(tensors)) {
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + values.byteLength] };
    offset += values.byteLength;
  }
  change(header);
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const parts = Object.values(tensors).map(({ values }) => Buffer.from(values.buffer));
  return Buffer.concat([length, text, ...parts]);
}

const kWidths = [128, 64, 128] as const;

export const kThresholdArchitecture = {
  spacing_mm: 1,
  context_mm: [0],
  coordinates: [],
  subsampling: 1,
  kernels: [1, 1, 1],
  dilations: [1, 1, 1],
  skip: 'none',
  head: 'subpixel',
  head_kernel: 1,
  threshold: 0.5,
  z_smoothing_mm: 0,
  slice_step_mm: 0,
};

/** A tensor of zeros but for one value at the centre of the kernel from channel 0 to channel `out`. */
function passThrough(out: number, channels: number, inputs: number, kernel: number, value: number): Tensor {
  const values = new Float32Array(channels * inputs * kernel * kernel);
  values[out * inputs * kernel * kernel + (kernel * kernel - 1) / 2] = value;
  return { shape: [channels, inputs, kernel, kernel], values };
}

function batchNorm(layer: number, channels: number, bias: number): Record<string, Tensor> {
  const constant = (value: number): Tensor => ({ shape: [channels], values: new Float32Array(channels).fill(value) });
  return {
    [`bn${layer}.weight`]: constant(1),
    [`bn${layer}.bias`]: constant(bias),
    [`bn${layer}.running_mean`]: constant(0),
    [`bn${layer}.running_var`]: constant(1),
  };
}

/**
 * A network that finds what is brighter than 120 HU: its first layer subtracts that level, the others pass on, the head
 * decides. `kernel` makes it slower without changing what it finds.
 */
export function thresholdTensors(kernel = 1): Record<string, Tensor> {
  const level = (120 + 100) / 500;
  return {
    'conv1.weight': passThrough(0, kWidths[0], 1, kernel, 1),
    ...batchNorm(1, kWidths[0], -level),
    'conv2.weight': passThrough(0, kWidths[1], kWidths[0], kernel, 1),
    ...batchNorm(2, kWidths[1], 0),
    'conv3.weight': passThrough(0, kWidths[2], kWidths[1], kernel, 1),
    ...batchNorm(3, kWidths[2], 0),
    'head.weight': passThrough(1, 2, kWidths[2], 1, 100),
    'head.bias': { shape: [2], values: new Float32Array([0, -4]) },
  };
}

export function thresholdMetadata(kernel = 1, structure = 'liver'): Record<string, string> {
  return {
    kind: 'liver_cnn',
    structure,
    architecture: JSON.stringify({ ...kThresholdArchitecture, kernels: [kernel, kernel, kernel] }),
    preprocessing: JSON.stringify({ hu_min: -100, hu_max: 400, equalization: 'none' }),
    licence: 'CC0-1.0',
  };
}

/** Writes the network to `path` and returns it. */
export function writeThresholdModel(path: string, kernel = 1, structure = 'liver'): string {
  writeFileSync(path, safetensors(thresholdTensors(kernel), thresholdMetadata(kernel, structure)));
  return path;
}
