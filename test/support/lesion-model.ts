// A lesion network with a known behaviour: in the liver it finds what is brighter than about 320 HU, and takes what is
// brighter than about 350 HU for HCC, the rest for cysts.
import { writeFileSync } from 'node:fs';
import { safetensors, type Tensor } from './models.js';

const kWidth = 16;
const kCells = 16;
/** (300 + 100) / 500: 300 HU. */
const kLevel = 0.8;
/** Of the class decision at 0.1 above that level: 350 HU. */
const kSteepness = 160;

export const kLesionArchitecture = {
  spacing_mm: 1,
  context_mm: [0],
  slab_mm: 0,
  channels: ['clipped'],
  base_stages: 1,
  location_width: kWidth,
  threshold: 0.5,
  extent_threshold: 0.5,
  minimum_ml: 0.05,
};

function tensor(shape: readonly number[], set: (values: Float32Array) => void = () => {}): Tensor {
  const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
  set(values);
  return { shape, values };
}

function norm(name: string, channels: number, bias = 0): Record<string, Tensor> {
  const constant = (value: number) => tensor([channels], (values) => values.fill(value));
  return {
    [`${name}.weight`]: constant(1),
    [`${name}.bias`]: constant(bias),
    [`${name}.running_mean`]: constant(0),
    [`${name}.running_var`]: constant(1),
  };
}

/** A 3×3 layer whose channel k is channel `from + k` of its input, for the first sixteen. */
function passing(name: string, inputs: number, outputs: number, from: number, bias: number): Record<string, Tensor> {
  const weight = tensor([outputs, inputs, 3, 3], (values) => {
    for (let k = 0; k < Math.min(kCells, outputs); k++) values[(k * inputs + from + k) * 9 + 4] = 1;
  });
  return { [`${name}.conv.weight`]: weight, ...norm(`${name}.bn`, outputs, bias) };
}

function silentBase(): Record<string, Tensor> {
  const tensors = { 'base.conv1.weight': tensor([64, 3, 7, 7]), ...norm('base.bn1', 64) };
  for (let block = 0; block < 3; block++) {
    const name = `base.layer1.${block}`;
    Object.assign(tensors, {
      [`${name}.conv1.weight`]: tensor([64, block === 0 ? 64 : 256, 1, 1]),
      ...norm(`${name}.bn1`, 64),
      [`${name}.conv2.weight`]: tensor([64, 64, 3, 3]),
      ...norm(`${name}.bn2`, 64),
      [`${name}.conv3.weight`]: tensor([256, 64, 1, 1]),
      ...norm(`${name}.bn3`, 256),
    });
  }
  Object.assign(tensors, {
    'base.layer1.0.downsample.0.weight': tensor([256, 64, 1, 1]),
    ...norm('base.layer1.0.downsample.1', 256),
  });
  return tensors;
}

export function lesionTensors(): Record<string, Tensor> {
  const tensors: Record<string, Tensor> = {
    ...silentBase(),
    'merge1.weight': tensor([kWidth, 256, 1, 1]),
    'merge1.bias': tensor([kWidth]),
    'location_head.weight': tensor([2 * kCells, kWidth, 3, 3], (values) => {
      for (let k = 0; k < kCells; k++) values[((kCells + k) * kWidth + k) * 9 + 4] = 100;
    }),
    'location_head.bias': tensor([2 * kCells], (values) => values.fill(-4, kCells)),
    'class_head.weight': tensor([4, 256 + kWidth, 1, 1], (values) => {
      for (let k = 0; k < kCells; k++) values[2 * (256 + kWidth) + 256 + k] = kSteepness / kCells;
    }),
    'class_head.bias': tensor([4], (values) => values.set([0.1 * kSteepness, -100, 0, -100])),
  };
  for (let layer = 1; layer <= 7; layer++) {
    const first = layer === 1;
    const inputs = first ? kWidth + kCells : kWidth;
    Object.assign(tensors, passing(`location${layer}`, inputs, kWidth, first ? kWidth : 0, first ? -kLevel : 0));
  }
  for (const [index, outputs] of [256, 128, 64, 32, 64, 128, 256].entries()) {
    const inputs = [kCells, 256, 128, 64, 32, 64, 128][index] as number;
    Object.assign(tensors, {
      [`class${index + 1}.conv.weight`]: tensor([outputs, inputs, 3, 3]),
      ...norm(`class${index + 1}.bn`, outputs),
    });
  }
  return tensors;
}

export function lesionMetadata(): Record<string, string> {
  return {
    kind: 'mdl_cnn',
    structure: 'liver',
    architecture: JSON.stringify(kLesionArchitecture),
    preprocessing: JSON.stringify({ hu_min: -100, hu_max: 400, equalization: 'none' }),
    classes: JSON.stringify(['CYS', 'ANG', 'HCC', 'MET']),
    licence: 'CC0-1.0',
  };
}

/** Writes the network to `path` and returns it. */
export function writeLesionModel(path: string): string {
  writeFileSync(path, safetensors(lesionTensors(), lesionMetadata()));
  return path;
}
