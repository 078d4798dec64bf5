import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  InvalidArgumentError,
  loadModel,
  type Model,
  ModelError,
  type RenderedFilters,
  renderFilters,
  type Segmentation,
  segmentLiver,
  type VolumeInput,
} from '../src/index.js';
import { writeLesionModel } from './support/lesion-model.js';
import { writeThresholdModel } from './support/models.js';
import { pixelsOf } from './support/pictures.js';
import { makeFolder } from './support/programs.js';
import { rejection } from './support/rejections.js';
import { makePhantom } from './support/volumes.js';

const [kColumns, kRows, kSlices] = [48, 40, 5];

const layersOf = ({ pages }: RenderedFilters) => [...new Set(pages.map(({ layer }) => layer))];

/** A body of 60 HU with a bright spot that wanders from slice to slice. */
function body(direction: VolumeInput['direction'], reversed = false): VolumeInput {
  const data = new Int16Array(kColumns * kRows * kSlices).map((_, i) => {
    const [x, y] = [i % kColumns, Math.floor(i / kColumns) % kRows];
    const slice = Math.floor(i / (kColumns * kRows));
    const z = reversed ? kSlices - 1 - slice : slice;
    if (((x - 24) / 20) ** 2 + ((y - 20) / 15) ** 2 > 1) return -1000;
    return (x - 14 - 4 * z) ** 2 + (y - 20) ** 2 < 16 ? 200 : 60;
  });
  return { size: [kColumns, kRows, kSlices], spacing: [4, 4, 5], origin: [0, 0, 0], direction, data };
}

const kUpright = [1, 0, 0, 0, 1, 0, 0, 0, 1] as const;
const kHeadFirst = [1, 0, 0, 0, 1, 0, 0, 0, -1] as const;

const kPaperWeights = join(process.cwd(), 'weights/liver-paper.safetensors');

const test = suite<{ model: Model }>('filters');
test.before(async (context) => {
  context.model = await loadModel(kPaperWeights);
});
test.after(({ model }) => model.dispose());

test('the sheet is the same each time, and another for another slice', async ({ model }) => {
  const first = await renderFilters(model, body(kUpright));
  assert.is(first.slice, 2);
  assert.equal(await renderFilters(model, body(kUpright), { slice: 2 }), first);
  const other = await renderFilters(model, body(kUpright), { slice: 1 });
  assert.not.equal(other.pages[1], first.pages[1]);
  assert.equal(other.pages[0], first.pages[0], 'the filters are of the network alone');
});

test("the paper's network is taken by its name; the 3-D network is refused", async ({ model }) => {
  assert.equal(await renderFilters('paper', body(kUpright)), await renderFilters(model, body(kUpright)));
  const fine = await loadModel();
  const error = await rejection(renderFilters(fine, body(kUpright)), ModelError, 'WRONG_MODEL');
  assert.match(error.remedy ?? '', "'paper'");
  fine.dispose();
});

test('tells where the network was computed', async ({ model }) => {
  assert.is((await renderFilters(model, body(kUpright), { device: 'cpu' })).device, 'cpu');
});

test('a scan stored from the head down shows the same slice', async ({ model }) => {
  const upright = await renderFilters(model, body(kUpright), { slice: 1 });
  const reversed = await renderFilters(model, body(kHeadFirst, true), { slice: 3 });
  assert.equal(upright.pages, reversed.pages);
});

test('layers can be chosen', async ({ model }) => {
  const whole = await renderFilters(model, body(kUpright));
  const one = await renderFilters(model, body(kUpright), { layers: ['conv2'] });
  assert.equal(layersOf(whole), ['filters', 'conv1', 'conv2', 'conv3']);
  assert.equal(layersOf(one), ['filters', 'conv2']);
  const call = renderFilters(model, body(kUpright), { layers: ['conv9'] });
  const error = await rejection(call, InvalidArgumentError, 'INVALID_ARGUMENT');
  assert.match(error.message, 'conv1, conv2, conv3');
});

test('pages stay within bounds and show every map once', async ({ model }) => {
  // Low and wide, high and narrow: one tile a row would be as high as a page.
  const scans: [VolumeInput, readonly string[]][] = [
    [body(kUpright), ['conv1', 'conv3']],
    [{ ...body(kUpright), size: [24, 80, kSlices] }, ['conv1']],
    [{ ...body(kUpright), size: [120, 16, kSlices] }, ['conv1']],
  ];
  for (const [scan, layers] of scans) {
    for (const { png, width, height, part, layer } of (await renderFilters(model, scan, { layers })).pages) {
      const picture = await pixelsOf(png);
      assert.equal([picture.width, picture.height], [width, height]);
      assert.ok(width === 1600 && height <= 1200, `${layer} ${part}: ${width} × ${height}`);
    }
  }
  const tall = await renderFilters(model, { ...body(kUpright), size: [24, 80, kSlices] }, { layers: ['conv1'] });
  const parts = tall.pages.filter(({ layer }) => layer === 'conv1').map(({ part }) => part);
  assert.equal(parts, [1, 2]);
});

test('what is no slice, model or option is refused', async ({ model }) => {
  const volume = body(kUpright);
  const refused: [() => Promise<unknown>, string][] = [
    [() => renderFilters(model, volume, { slice: kSlices }), 'slice'],
    [() => renderFilters(model, volume, { slice: -1 }), 'slice'],
    [() => renderFilters({} as Model, volume), 'model'],
    [() => renderFilters(model, volume, { layers: [] }), 'layers'],
  ];
  for (const [call, field] of refused) {
    assert.is((await rejection(call(), InvalidArgumentError, 'INVALID_ARGUMENT')).field, field);
  }
});

/** A network, and the liver that it looks at: fewer slices than the volume, most of it in slice 5 of 9. */
async function lesionScan() {
  const folder = makeFolder();
  const model = await loadModel(writeLesionModel(join(folder.path, 'lesions.safetensors')));
  const liverModel = await loadModel(writeThresholdModel(join(folder.path, 'liver.safetensors')));
  const liver = await segmentLiver(makePhantom(), { model: liverModel });
  folder.remove();
  return { model, liver };
}

test('a lesion network shows its base and its channels on the liver', async () => {
  const { model, liver } = await lesionScan();
  const areas = Array.from({ length: liver.size[2] }, (_, z) => {
    const pixels = liver.size[0] * liver.size[1];
    return liver.mask.subarray(z * pixels, (z + 1) * pixels).reduce((sum, value) => sum + value, 0);
  });
  const first = await renderFilters(model, liver);
  assert.is(areas[first.slice], Math.max(...areas));
  assert.equal(await renderFilters(model, liver, { slice: first.slice }), first);
  const layers = ['conv1', 'layer1', ...[1, 2, 3, 4, 5, 6, 7].flatMap((i) => [`location${i}`, `class${i}`])];
  const all = await renderFilters(model, liver, { layers });
  assert.equal(new Set(layersOf(all)), new Set(['filters', ...layers]));
  const one = await renderFilters(model, liver, { layers: ['location1'] });
  assert.equal(layersOf(one), ['filters', 'location1']);
  const unknown = await rejection(
    renderFilters(model, liver, { layers: ['layer2'] }),
    InvalidArgumentError,
    'INVALID_ARGUMENT',
  );
  assert.match(unknown.message, 'conv1, layer1, location1, ');
  // The liver network takes no notice of the liver.
  const liverNetwork = await loadModel(kPaperWeights);
  const ofLiver = await renderFilters(liverNetwork, liver);
  assert.equal(ofLiver.pages, (await renderFilters(liverNetwork, liver.volume)).pages);
  assert.equal(ofLiver.warnings, liver.warnings);
});

test('a lesion network is refused without a liver, or beyond it', async () => {
  const { model, liver } = await lesionScan();
  const call = (scan: VolumeInput | Segmentation, options = {}) =>
    rejection(renderFilters(model, scan, options), InvalidArgumentError, 'INVALID_ARGUMENT');
  assert.is((await call(liver.volume)).field, 'liver');
  const empty = { ...liver, volume: liver.volume, mask: new Uint8Array(liver.mask.length) };
  assert.is((await call(empty)).field, 'liver');
  const inner = new Uint8Array(liver.mask.length);
  const pixels = liver.size[0] * liver.size[1];
  inner.set(liver.mask.subarray(5 * pixels, 7 * pixels), 5 * pixels);
  const beyond = await call({ ...liver, volume: liver.volume, mask: inner }, { slice: 3 });
  assert.is(beyond.field, 'slice');
  assert.match(beyond.message, 'from 5 to 6');
});

test('an aborted call rejects with the reason', async ({ model }) => {
  const reason = new Error('enough');
  const error = await renderFilters(model, body(kUpright), { signal: AbortSignal.abort(reason) }).catch(
    (thrown: unknown) => thrown,
  );
  assert.is(error, reason);
});

test.run();
