import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { makeCanvas } from '../src/render/canvas.js';
import { renderLearningCurves } from '../src/render/history.js';
import { placeLabels, type Rectangle } from '../src/render/label-places.js';
import { renderMontage } from '../src/render/montage.js';
import { renderOverlay } from '../src/render/overlay.js';
import { renderOverview } from '../src/render/overview.js';
import { renderPreprocessing } from '../src/render/preprocessing.js';
import type { Perimeter, PreprocessedVolume, VolumeInput } from '../src/types.js';
import { pixelsOf } from './support/pictures.js';

/** 64×32 pixels of 1×2 mm, 3 slices; left half −500 HU, right half 500 HU. */
function makeVolume(direction: VolumeInput['direction'] = [1, 0, 0, 0, 1, 0, 0, 0, 1]): VolumeInput {
  const data = new Int16Array(64 * 32 * 3).map((_, i) => (i % 64 < 32 ? -500 : 500));
  return { data, size: [64, 32, 3], spacing: [1, 2, 5], origin: [0, 0, 0], direction };
}

const square: Perimeter = {
  slice: 1,
  hole: false,
  pixels: new Float32Array([8, 8, 24, 8, 24, 24, 8, 24]),
  mm: new Float32Array(0),
};

test('the perimeter is yellow and runs through the centres of its pixels', async () => {
  const [picture, ...others] = await renderOverlay(makeVolume(), { perimeters: [square] });
  assert.ok(picture);
  assert.is(others.length, 0, 'only the slice with the structure is drawn');
  assert.is(picture.slice, 1);
  const pixels = await pixelsOf(picture.png);
  assert.equal([pixels.width, pixels.height], [512, 512], 'square millimetres, 512 at least');
  const [red, green, blue] = pixels.at(Math.round(8.5 * 8), Math.round(16.5 * 16)) as [number, number, number];
  assert.ok(red > 200 && green > 180 && blue < 80, `yellow on the left border, found ${[red, green, blue]}`);
  assert.equal(pixels.at(16 * 8, 16 * 16), [0, 0, 0], 'inside, the CT shows');
  assert.equal(pixels.at(60 * 8, 16 * 16), [255, 255, 255]);
});

test('lesions are boxed with their names above: green where benign, red where malignant, white where neither is sure', async () => {
  const slices = (x: number) => [{ slice: 1, box: { min: [x, 14], max: [x + 5, 18] }, areaMm2: 60 }] as const;
  const lesions = [
    { type: 'CYS', probability: 0.912, malignant: false, slices: slices(10) },
    { type: 'MET', probability: 0.7, malignant: true, slices: slices(18) },
    { type: 'ANG', probability: 0.41, malignant: false, indeterminate: true, slices: slices(34) },
  ] as const;
  const [picture] = await renderOverlay(makeVolume(), { perimeters: [square], lesions });
  const [bare] = await renderOverlay(makeVolume(), { perimeters: [square] });
  assert.ok(picture && bare);
  const pixels = await pixelsOf(picture.png);
  const without = await pixelsOf(bare.png);
  const at = (x: number) => pixels.at(x * 8, 16 * 16) as [number, number, number];
  const [red, green, blue] = at(10);
  assert.ok(green > 150 && red < 80 && blue < 120, `green on the benign one's left edge, found ${at(10)}`);
  const [r, g, b] = at(18);
  assert.ok(r > 180 && g < 100 && b < 100, `red on the malignant one's left edge, found ${at(18)}`);
  assert.ok(Math.min(...at(34)) > 180, `white on the indeterminate one's left edge, found ${at(34)}`);
  assert.equal(pixels.at(13 * 8, 16 * 16), [0, 0, 0], 'inside, the CT shows');
  const changed = (top: number, bottom: number) => {
    let count = 0;
    for (let y = top; y < bottom; y++) {
      for (let x = 80; x < 130; x++) if (`${pixels.at(x, y)}` !== `${without.at(x, y)}`) count++;
    }
    return count;
  };
  assert.ok(changed(14 * 16 - 24, 14 * 16 - 3) > 30, 'the text stands above the box');
  assert.is(changed(14 * 16 - 80, 14 * 16 - 30), 0);
});

const layout = { height: 13, gap: 4, picture: { width: 512, height: 512 } };
const rectangle = (left: number, top: number, width: number, height: number): Rectangle => ({
  left,
  top,
  width,
  height,
});
const disjoint = (a: Rectangle, b: Rectangle) =>
  a.left + a.width <= b.left || b.left + b.width <= a.left || a.top + a.height <= b.top || b.top + b.height <= a.top;
const leftTops = (boxes: readonly Rectangle[], widths: readonly number[]) =>
  placeLabels(boxes, widths, layout).map(({ left, top }) => [left, top]);

test('a label stands above its box, below it where the picture ends, inside it where both do', () => {
  assert.equal(leftTops([rectangle(100, 100, 40, 30)], [60]), [[100, 83]]);
  assert.equal(leftTops([rectangle(100, 10, 40, 30)], [60]), [[100, 44]]);
  assert.equal(leftTops([rectangle(490, 100, 20, 30)], [60]), [[452, 83]], 'and within the picture');
  assert.equal(leftTops([rectangle(100, 5, 200, 500)], [60]), [[104, 9]]);
});

test('labels of neighbouring boxes cover neither one another nor a box', () => {
  const neighbours = [rectangle(208, 200, 13, 15), rectangle(154, 215, 10, 10)];
  assert.equal(leftTops(neighbours, [64, 64]), [
    [208, 183],
    [100, 198],
  ]);
  assert.equal(
    leftTops([rectangle(100, 100, 40, 30), rectangle(110, 80, 50, 18)], [60, 60]),
    [
      [100, 134],
      [110, 63],
    ],
    'below, since a box stands above',
  );
  const nested = [rectangle(50, 50, 300, 300), rectangle(100, 100, 40, 30)];
  assert.equal(leftTops(nested, [60, 60])[1], [100, 83], 'a box around another one is no obstacle');
  const crowd = Array.from({ length: 12 }, (_, i) => rectangle(60 + 70 * (i % 4), 60 + 80 * Math.floor(i / 4), 30, 25));
  const labels = placeLabels(crowd, Array(12).fill(64), layout);
  for (const [i, label] of labels.entries()) {
    for (const other of [...crowd, ...labels.slice(0, i)]) assert.ok(disjoint(label, other), `label ${i}`);
  }
});

test('where there is no room, the label covers as little as it can', () => {
  const walls = [rectangle(0, 100, 512, 20), rectangle(0, 155, 512, 20), rectangle(200, 122, 30, 21)];
  assert.equal(leftTops(walls, [60, 60, 60])[2], [200, 147], 'seven rows of the wall below, not seventeen above');
});

test("a volume whose x axis runs to the patient's right is mirrored into the radiological view", async () => {
  const [picture] = await renderOverlay(makeVolume([-1, 0, 0, 0, 1, 0, 0, 0, 1]), { perimeters: [square] });
  assert.ok(picture);
  const pixels = await pixelsOf(picture.png);
  assert.equal(pixels.at(4 * 8, 16 * 16), [255, 255, 255], 'the bright half is on the left now');
  const [red, , blue] = pixels.at(512 - Math.round(8.5 * 8), Math.round(16.5 * 16)) as [number, number, number];
  assert.ok(red > 200 && blue < 80, 'and the perimeter goes with it');
});

test('a slice outside the volume is refused by name', async () => {
  try {
    await renderOverlay(makeVolume(), { perimeters: [] }, { slices: [3] });
    assert.unreachable();
  } catch (error) {
    assert.is((error as { code?: string }).code, 'INVALID_ARGUMENT');
    assert.match((error as Error).message, /integers from 0 to 2, received 3/);
  }
});

test('what is no outline is refused by name', async () => {
  for (const outlines of [null, 7, {}, { perimeters: 'none' }, { perimeters: [], size: [64, 32, 3] }]) {
    const failure = await renderOverlay(makeVolume(), outlines as never).catch((error: unknown) => error);
    assert.is((failure as { code?: string }).code, 'INVALID_ARGUMENT', JSON.stringify(outlines));
  }
  const elsewhere = { ...square, slice: 3 };
  const failure = await renderOverlay(makeVolume(), { perimeters: [elsewhere] }).catch((error: unknown) => error);
  assert.is((failure as { code?: string }).code, 'GEOMETRY_MISMATCH');
});

test('an aborted rendering rejects with the reason of its signal', async () => {
  const reason = new Error('enough');
  try {
    await renderOverlay(makeVolume(), { perimeters: [square] }, { signal: AbortSignal.abort(reason) });
    assert.unreachable();
  } catch (error) {
    assert.is(error, reason);
  }
});

test('the three steps of preprocessing stand side by side', async () => {
  const volume = makeVolume();
  const pixels = 64 * 32 * 3;
  const preprocessed = {
    ...volume,
    data: new Uint8Array(pixels).fill(200),
    clipped: new Uint8Array(pixels).fill(90),
  } as unknown as PreprocessedVolume;
  const picture = await renderPreprocessing(volume, preprocessed, 2);
  const { width, height, at } = await pixelsOf(picture.png);
  assert.equal([width, height], [3 * 512, 512 + 36]);
  assert.equal(at(512 + 256, 256), [90, 90, 90]);
  assert.equal(at(1024 + 256, 256), [200, 200, 200]);
});

test('a montage lays its pictures out in rows', async () => {
  const pictures = await renderOverlay(makeVolume(), { perimeters: [] }, { slices: 'all' });
  const sheet = await pixelsOf(await renderMontage(pictures, { columns: 2, tileWidth: 128 }));
  assert.equal([sheet.width, sheet.height], [256, 256]);
  assert.equal(sheet.at(120, 200), [255, 255, 255]);
  assert.equal(sheet.at(200, 250), [0, 0, 0], 'the place without a picture stays black');
});

test('the learning curves draw what was measured and leave out what was not', async () => {
  const history = [1, 2, 3].map((epoch) => ({
    epoch,
    trainingLoss: 1 / epoch,
    validationLoss: null,
    trainingAccuracy: 0.9,
  }));
  const { svg, png } = await renderLearningCurves(history);
  assert.match(svg, /training accuracy/);
  assert.not.match(svg, /validation accuracy/);
  assert.ok((await pixelsOf(png)).width > 800);
  assert.is(svg, (await renderLearningCurves(history)).svg, 'the same history gives the same bytes');
});

test("a history's own figures are drawn in a third panel, its losses with the losses", async () => {
  const history = [1, 2].map((epoch) => ({
    epoch,
    trainingLoss: 1,
    figures: { realRecall: epoch / 4, classLoss: 0.5, ...(epoch === 2 && { classAccuracy: 0.5 }) },
  }));
  const { svg, png } = await renderLearningCurves(history);
  assert.match(svg, /C {2}validation/);
  for (const curve of ['class loss', 'real recall', 'class accuracy']) assert.match(svg, new RegExp(`>${curve}<`));
  const { svg: plain } = await renderLearningCurves(history.map(({ figures, ...point }) => point));
  assert.not.match(plain, /C {2}validation/);
  assert.ok((await pixelsOf(png)).width > 2800, 'a third beside the two');
});

test('no epoch, no curve', async () => {
  try {
    await renderLearningCurves([]);
    assert.unreachable();
  } catch (error) {
    assert.is((error as { code?: string }).code, 'INVALID_ARGUMENT');
  }
});

test('an abort while the sheet is encoded is heard', async () => {
  const volume = makeVolume();
  const prototype = Object.getPrototypeOf(makeCanvas(1, 1).canvas);
  const { encode } = prototype;
  const controller = new AbortController();
  const reason = new Error('enough');
  prototype.encode = async function encodeAndAbort(...args: unknown[]) {
    const file = await encode.apply(this, args);
    controller.abort(reason);
    return file;
  };
  try {
    const drawn = renderOverview(volume, { perimeters: [] }, { slices: 'all', signal: controller.signal });
    assert.is(await drawn.catch((error: unknown) => error), reason);
  } finally {
    prototype.encode = encode;
  }
});

test.run();
