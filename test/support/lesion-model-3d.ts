// A 3-D lesion network with a known behaviour: it finds what is more than about 60 HU brighter than the liver's commonest
// value, and its encoder is silent.
import { writeFileSync } from 'node:fs';
import { kLesionArchitecture, lesionMetadata, lesionTensors } from './lesion-model.js';
import { safetensors, type Tensor } from './models.js';

/** Of the decoder; one fine feature for each of the four cells. */
const kWidths = { wide: 2, middle: 2, fine: 4 };
const kFineExtras = 11;
const kCoarseExtras = 3;
/** (HU - commonest) / 30, and how sharply the probability rises there. */
const kLevel = 2;
const kSteepness = 20;

function zeros(shape: readonly number[]): Tensor {
  return { shape, values: new Float32Array(shape.reduce((product, size) => product * size, 1)) };
}

/** A cubic kernel whose channel k is channel k of its input, times `factor`. */
function passing(outputs: number, inputs: number, factor: number): Tensor {
  const tensor = zeros([outputs, inputs, 3, 3, 3]);
  for (let k = 0; k < outputs; k++) tensor.values[(k * inputs + k) * 27 + 13] = factor;
  return tensor;
}

function encoder(): Record<string, Tensor> {
  const tensors: Record<string, Tensor> = {};
  const conv = (name: string, outputs: number, inputs: number, kernel: readonly number[]) => {
    tensors[`encoder.${name}.weight`] = zeros([outputs, inputs, ...kernel]);
    tensors[`encoder.${name}.bias`] = zeros([outputs]);
  };
  conv('conv1', 64, 1, [3, 7, 7]);
  for (const { layer, blocks, width, from } of [
    { layer: 'layer1', blocks: 3, width: 64, from: 64 },
    { layer: 'layer2', blocks: 8, width: 128, from: 256 },
  ]) {
    for (let block = 0; block < blocks; block++) {
      const inputs = block === 0 ? from : 4 * width;
      conv(`${layer}.${block}.conv1`, width, inputs, [1, 1, 1]);
      conv(`${layer}.${block}.conv2`, width, width, [3, 3, 3]);
      conv(`${layer}.${block}.conv3`, 4 * width, width, [1, 1, 1]);
      if (block === 0) conv(`${layer}.${block}.downsample`, 4 * width, inputs, [1, 1, 1]);
    }
  }
  return tensors;
}

function decoder(): Record<string, Tensor> {
  const { wide, middle, fine } = kWidths;
  const tensors: Record<string, Tensor> = {};
  const layer = (name: string, weight: Tensor) => {
    const outputs = weight.shape[0] as number;
    const constant = (value: number): Tensor => ({ shape: [outputs], values: new Float32Array(outputs).fill(value) });
    tensors[`decoder.${name}.conv.weight`] = weight;
    for (const [part, value] of Object.entries({ weight: 1, bias: 0, running_mean: 0, running_var: 1 })) {
      tensors[`decoder.${name}.bn.${part}`] = constant(value);
    }
  };
  const silent = (name: string, outputs: number, inputs: number, kernel: number) =>
    layer(name, zeros([outputs, inputs, kernel, kernel, kernel]));
  silent('reduce2', wide, 512, 1);
  silent('mix2', wide, wide + kCoarseExtras, 3);
  silent('down3a', wide, wide, 3);
  silent('down3b', wide, wide, 3);
  silent('up2', middle, wide, 3);
  silent('lateral1', middle, 256, 1);
  silent('up1', middle, middle + kCoarseExtras, 3);
  tensors['decoder.narrow.weight'] = zeros([fine, middle, 1, 1, 1]);
  silent('lateral0', fine, 64, 1);
  layer('beside0', passing(fine, kFineExtras, 1));
  layer('up0a', passing(fine, fine, 1));
  layer('up0b', passing(fine, fine, 1));
  tensors['decoder.head.weight'] = passing(4, fine, kSteepness);
  tensors['decoder.head.bias'] = { shape: [4], values: new Float32Array(4).fill(-kLevel * kSteepness) };
  return tensors;
}

/** Writes the lesion network of support/lesion-model.ts with this one beside it, which has `share` of the location. */
export function writeLesionModel3d(path: string, share: number): string {
  const tensors = lesionTensors();
  for (const [name, tensor] of Object.entries({ ...encoder(), ...decoder() })) tensors[`location3d.${name}`] = tensor;
  const architecture = JSON.stringify({ ...kLesionArchitecture, location3d: { ...kWidths, share } });
  writeFileSync(path, safetensors(tensors, { ...lesionMetadata(), architecture }));
  return path;
}
