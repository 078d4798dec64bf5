import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  classifyLesions,
  evaluateLesions,
  evaluateSegmentation,
  type Geometry,
  InvalidArgumentError,
  loadModel,
  type Mask,
  type Model,
  preprocess,
  renderFilters,
  renderOverlay,
  renderPreprocessing,
  type Segmentation,
  segmentLiver,
  synthesizeLesions,
  tracePerimeters,
} from '../src/index.js';
import { writeLesionModel } from './support/lesion-model.js';
import { writeThresholdModel } from './support/models.js';
import { makeFolder } from './support/programs.js';
import { rejection } from './support/rejections.js';
import { makePhantom } from './support/volumes.js';

const folder = makeFolder();
const test = suite<{ model: Model; liver: Segmentation }>('one grid');

test.before(async (context) => {
  const liverModel = await loadModel(writeThresholdModel(join(folder.path, 'liver.safetensors')));
  context.model = await loadModel(writeLesionModel(join(folder.path, 'lesions.safetensors')));
  context.liver = await segmentLiver(makePhantom({ spacing: [0.8, 0.8, 2.5], origin: [-120, -90, 400] }), {
    model: liverModel,
  });
});
test.after(() => folder.remove());

/** A liver as a caller may make it: other voxels or another place than its volume's. */
function altered(liver: Segmentation, geometry: Partial<Geometry>): Segmentation {
  const [x, y, z] = geometry.size ?? liver.size;
  return { ...liver, ...geometry, mask: liver.mask.slice(0, x * y * z) };
}

/** Every call that takes a volume and what lies on it; `on` are the liver's grid, mask and perimeters. */
function callsWith({ model, liver }: { model: Model; liver: Segmentation }, on: Segmentation) {
  const mask = { ...on, data: on.mask };
  const of = (given: typeof mask) => ({ mask: given, values: 'binary' as const });
  const original = of({ ...liver, data: liver.mask });
  const lesion = { type: 'CYS', probability: 1, malignant: false, slices: [] } as const;
  const { size, spacing, origin, direction } = on;
  const grid = { size, spacing, origin, direction };
  const calls: Record<string, () => Promise<unknown>> = {
    classifyLesions: () => classifyLesions(on, { model }),
    renderFilters: () => renderFilters(model, on, { slice: 5, layers: ['conv1'] }),
    renderOverlay: () => renderOverlay(liver.volume, on, { slices: [4] }),
    'renderOverlay of lesions': () =>
      renderOverlay(liver.volume, { ...on, lesions: [lesion], liver } as never, { slices: [4] }),
    'renderOverlay of lesions with their liver': () =>
      renderOverlay(liver.volume, { ...liver, lesions: [lesion], liver: on } as never, { slices: [4] }),
    'renderOverlay of perimeters': async () => {
      const perimeters = await tracePerimeters(mask);
      return renderOverlay(liver.volume, { perimeters }, { slices: [4] });
    },
    renderPreprocessing: async () => {
      const preprocessed = await preprocess(liver.volume);
      const data = preprocessed.data.slice(0, mask.data.length);
      const picture = { ...preprocessed, ...grid, data, clipped: data, dispose() {} };
      return renderPreprocessing(liver.volume, picture, 4);
    },
    synthesizeLesions: () => synthesizeLesions(liver.volume, on, { count: [0, 0] }),
    'synthesizeLesions beside real ones': () =>
      synthesizeLesions(liver.volume, liver, { count: [0, 0], realLesions: mask }),
    evaluateSegmentation: () => evaluateSegmentation(liver, on),
    evaluateLesions: () =>
      evaluateLesions([{ patient: 'a', prediction: original, reference: of(mask) }], { resamples: 0 }),
  };
  return calls;
}

test('what lies elsewhere is refused by every call', async (context) => {
  const { liver } = context;
  const [dx, dy, dz] = liver.spacing;
  const [x, y, z] = liver.origin;
  const [columns, rows, slices] = liver.size;
  const [sin, cos] = [Math.sin(0.05), Math.cos(0.05)];
  const elsewhere: Record<string, Partial<Geometry>> = {
    'from right to left': { direction: [-1, 0, 0, 0, 1, 0, 0, 0, 1] },
    'from head to foot': { direction: [1, 0, 0, 0, 1, 0, 0, 0, -1] },
    'flipped in place along y': { direction: [1, 0, 0, 0, -1, 0, 0, 0, 1], origin: [x, y + (rows - 1) * dy, z] },
    'with its axes swapped': { direction: [0, 1, 0, 1, 0, 0, 0, 0, 1] },
    turned: { direction: [cos, -sin, 0, sin, cos, 0, 0, 0, 1] },
    'a voxel aside': { origin: [x + dx, y, z] },
    'a slice up': { origin: [x, y, z + dz] },
    'of a scan far away': { origin: [x + 500, y - 90, z + 1000] },
    'of coarser voxels': { spacing: [dx * 1.1, dy * 1.1, dz] },
    'of thinner slices': { spacing: [dx, dy, dz * 0.8] },
    'of fewer slices': { size: [columns, rows, slices - 1] },
  };
  for (const [how, geometry] of Object.entries(elsewhere)) {
    for (const [name, call] of Object.entries(callsWith(context, altered(liver, geometry)))) {
      if (name === 'renderOverlay of perimeters' && geometry.size) continue; // The same pixels in the same places.
      const error = await rejection(call(), InvalidArgumentError, 'GEOMETRY_MISMATCH').catch((failure) => {
        throw new Error(`${name}, ${how}: ${failure.message}`);
      });
      assert.ok(error.field, `${name} names its field`);
    }
  }
});

test('what rounding does to a grid is not refused', async (context) => {
  const { liver } = context;
  const rounded = (values: readonly number[], digits: number) => values.map((value) => Number(value.toFixed(digits)));
  const single = (values: readonly number[]) => values.map(Math.fround);
  const near: Record<string, Partial<Record<keyof Geometry, readonly number[]>>> = {
    'the same': {},
    'in single precision': { spacing: single(liver.spacing), origin: single(liver.origin) },
    'in hundredths': { spacing: rounded(liver.spacing, 2), origin: rounded(liver.origin, 2) },
    'directions in six digits': { direction: rounded([0.9999996, 0.0008, 0, -0.0008, 0.9999996, 0, 0, 0, 1], 6) },
    'a third of a voxel aside': { origin: [liver.origin[0] + 0.26, liver.origin[1], liver.origin[2]] },
  };
  for (const [how, geometry] of Object.entries(near)) {
    const calls = callsWith(context, altered(liver, geometry as Partial<Geometry>));
    for (const [name, call] of Object.entries(calls)) {
      await call().catch((error) => assert.unreachable(`${name}, ${how}: ${error.message}`));
    }
  }
});

test('a segmentation of another structure is not taken for the liver', async ({ model, liver }) => {
  for (const structure of ['kidney', 'Liver', 'lesions']) {
    const other = { ...liver, structure };
    for (const call of [
      () => classifyLesions(other, { model }),
      () => renderFilters(model, other),
      () => synthesizeLesions(liver.volume, other),
    ]) {
      const error = await rejection(call(), InvalidArgumentError, 'WRONG_STRUCTURE');
      assert.is(error.field, 'liver');
      assert.match(error.message, structure);
    }
  }
  const { structure, ...unnamed } = liver;
  await classifyLesions(unnamed as Segmentation, { model });
  const kidney: Segmentation = { ...liver, structure: 'kidney' };
  await renderOverlay(liver.volume, kidney);
  const bare: Omit<Mask, 'dispose' | 'warnings'> = { ...liver, data: liver.mask };
  await synthesizeLesions(liver.volume, bare, { count: [0, 0] });
});

test.run();
