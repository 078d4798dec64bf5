import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  InputFileError,
  loadModel,
  type Perimeter,
  type PreprocessedVolume,
  renderFilters,
  renderOverlay,
  renderOverview,
  renderPreprocessing,
  tracePerimeters,
} from '../src/index.js';
import { canonicalOrder } from '../src/volume/orientation.js';
import { kAxisOrders, type Stored, store } from './support/axis-orders.js';
import { pixelsOf } from './support/pictures.js';
import { rejection } from './support/rejections.js';
import { forEachVoxel } from './support/volumes.js';

const test = suite('orientation');

const kGrid = { size: [40, 32, 6], spacing: [1, 1.25, 4], origin: [-30, 12, 100] } as const;
const [kColumns, kRows, kSlices] = kGrid.size;

/**
 * A body with a wedge towards the patient's right front and a spot that rises to the left; a liver with a hole on the
 * right, and a lesion in it, a block, whose boxes in sagittal slices tell those in axial ones. Nothing is symmetric.
 */
function makePatient() {
  const count = kColumns * kRows * kSlices;
  const [hu, liver, lesion] = [new Int16Array(count).fill(-1000), new Uint8Array(count), new Uint8Array(count)];
  forEachVoxel(kGrid.size, (index, x, y, z) => {
    if (((x - 20) / 19) ** 2 + ((y - 16) / 14) ** 2 < 1) hu[index] = 20 + 10 * z;
    if (x < 10 && y < 8 && x + y < 12 + z) hu[index] = 150;
    if ((x - 26 - z) ** 2 + (y - 22) ** 2 < 6) hu[index] = 190;
    const inside = ((x - 13) / 9) ** 2 + ((y - 15) / (6 + z / 2)) ** 2 < 1 && z > 0;
    if (inside && !(x > 14 && x < 18 && y === 14)) liver[index] = 1;
    if (x > 6 && x < 13 && y > 14 && y < 19 && z > 0 && z < 4) lesion[index] = 1;
  });
  return { hu, liver, lesion };
}

const patient = makePatient();
const grid = (data: Uint8Array) => ({ ...kGrid, data });

/** As `classifyLesions` gives them: boxes in the stored slices. */
function lesionOf({ data, size }: { data: Uint8Array; size: readonly number[] }) {
  const boxes = new Map<number, { min: [number, number]; max: [number, number] }>();
  forEachVoxel(size as unknown as typeof kGrid.size, (index, x, y, z) => {
    if (data[index] === 0) return;
    const { min, max } = boxes.get(z) ?? { min: [x, y], max: [x, y] };
    boxes.set(z, {
      min: [Math.min(min[0], x), Math.min(min[1], y)],
      max: [Math.max(max[0], x), Math.max(max[1], y)],
    });
  });
  const slices = [...boxes].map(([slice, box]) => ({ slice, box, areaMm2: 1 }));
  return { type: 'HCC', probability: 0.8, malignant: true, slices } as const;
}

/** The scan and what was found in it, as stored in this order. */
async function storedScan(order: Stored) {
  const volume = store({ ...kGrid, data: patient.hu }, order);
  const perimeters = await tracePerimeters(store(grid(patient.liver), order));
  return { volume, outlines: { perimeters, lesions: [lesionOf(store(grid(patient.lesion), order))] } };
}

/** From the feet up, the number that a slice has in the stored volume. */
function numbersOf({ axes, back }: Stored): number[] {
  const upwards = Array.from({ length: kSlices }, (_, slice) => slice);
  return back[axes.indexOf(2)] ? upwards.reverse() : upwards;
}

const kUpright = kAxisOrders[0] as Stored;
const isAxial = ({ axes }: Stored) => axes[2] === 2;

test('overlays and overviews of 48 axis orders are the same pictures', async () => {
  const options = { minimumSize: 160 };
  const first = await storedScan(kUpright);
  const expected = await renderOverlay(first.volume, first.outlines, { ...options, slices: 'all' });
  const sheet = await renderOverview(first.volume, first.outlines, { tileWidth: 120, slices: numbersOf(kUpright) });
  assert.is(kAxisOrders.length, 48);
  assert.is(new Set(kAxisOrders.map(({ name }) => name)).size, 48);
  for (const order of kAxisOrders) {
    const { volume, outlines } = await storedScan(order);
    const slices = numbersOf(order);
    const pictures = await renderOverlay(volume, outlines, { ...options, slices });
    for (const [index, { png, slice }] of pictures.entries()) {
      assert.is(slice, slices[index]);
      await assertSamePicture(png, (expected[index] as { png: Uint8Array }).png, `${order.name}, slice ${index}`);
    }
    const structure = await renderOverlay(volume, outlines, options);
    const found = structure.map(({ slice }) => slices.indexOf(slice)).sort((a, b) => a - b);
    assert.equal(found, [1, 2, 3, 4, 5], `${order.name}: the slices with the structure`);
    if (!isAxial(order) || slices[0] !== 0) continue; // The numbers on the sheet are the stored ones.
    const overview = await renderOverview(volume, outlines, { tileWidth: 120, slices });
    await assertSamePicture(overview.png, sheet.png, `${order.name}, overview`);
  }
});

/** Outlines begin elsewhere and run the other way round: their rims may differ by a shade. */
async function assertSamePicture(png: Uint8Array, expected: Uint8Array, what: string): Promise<void> {
  if (Buffer.compare(png, expected) === 0) return;
  const [given, wanted] = [await pixelsOf(png), await pixelsOf(expected)];
  assert.equal([given.width, given.height], [wanted.width, wanted.height], what);
  const most = given.data.reduce((worst, value, i) => Math.max(worst, Math.abs(value - (wanted.data[i] as number))), 0);
  assert.ok(most <= 12, `${what}: a pixel differs by ${most}`);
}

test("the patient's right is on the left of the picture, the front above", async () => {
  for (const order of kAxisOrders) {
    const { volume, outlines } = await storedScan(order);
    const slice = numbersOf(order)[2] as number;
    const [bare] = await renderOverlay(volume, { perimeters: [] }, { slices: [slice], minimumSize: 160 });
    const { at, width, height } = await pixelsOf(bare?.png as Uint8Array);
    assert.equal([width, height], [160, 160]);
    const grey = (x: number, y: number) => at(Math.round((x + 0.5) * 4), Math.round((y + 0.5) * 5))[0] as number;
    assert.ok(grey(4, 4) > 200, `${order.name}: the wedge at the right front`);
    assert.ok(grey(28, 22) > 220, `${order.name}: the spot at the left back`);
    for (const [x, y] of [
      [38, 2],
      [2, 29],
      [38, 29],
    ] as const) {
      assert.ok(grey(x, y) < 10, `${order.name}: air at (${x}, ${y})`);
    }
    const [drawn] = await renderOverlay(volume, outlines, { slices: [slice], minimumSize: 160 });
    const outlined = await pixelsOf(drawn?.png as Uint8Array);
    const [red, green, blue] = outlined.at(Math.round(5.5 * 4), Math.round(13.5 * 5)) as [number, number, number];
    assert.ok(red > 180 && green > 150 && blue < 120, `${order.name}: the perimeter, found ${[red, green, blue]}`);
  }
});

test('pictures of preprocessing are the same for 48 axis orders', async () => {
  const picture = async (order: Stored) => {
    const volume = store({ ...kGrid, data: patient.hu }, order);
    const bytes = (scale: number) =>
      store(grid(Uint8Array.from(patient.hu, (hu) => Math.max(0, Math.min(255, hu * scale)))), order).data;
    const preprocessed = { ...volume, data: bytes(1), clipped: bytes(0.5) } as unknown as PreprocessedVolume;
    return renderPreprocessing(volume, preprocessed, numbersOf(order)[3] as number, { minimumSize: 160 });
  };
  const expected = await picture(kUpright);
  for (const order of kAxisOrders) {
    assert.is(Buffer.compare((await picture(order)).png, expected.png), 0, order.name);
  }
});

test('filters are the same for the 16 orders with axial slices, the others are refused', async () => {
  const model = await loadModel(join(process.cwd(), 'weights/liver-paper.safetensors'));
  const draw = (order: Stored) =>
    renderFilters(model, store({ ...kGrid, data: patient.hu }, order), {
      slice: isAxial(order) ? (numbersOf(order)[2] as number) : 2,
      layers: ['conv1'],
    });
  const expected = await draw(kUpright);
  const axial = kAxisOrders.filter(isAxial);
  assert.is(axial.length, 16);
  for (const order of axial) assert.equal((await draw(order)).pages, expected.pages, order.name);
  for (const order of kAxisOrders.filter((other) => !isAxial(other)).slice(0, 3)) {
    await rejection(draw(order), InputFileError, 'UNSUPPORTED_ORIENTATION');
  }
});

test('oblique axes count as those that they are nearest to', () => {
  const turned = (degrees: number) => {
    const [sin, cos] = [Math.sin((degrees * Math.PI) / 180), Math.cos((degrees * Math.PI) / 180)];
    return canonicalOrder({ ...kGrid, direction: [cos, -sin, 0, sin, cos, 0, 0, 0, 1] });
  };
  assert.equal(turned(30), { sourceAxis: [0, 1, 2], flipped: [false, false, false] });
  assert.equal(turned(60), { sourceAxis: [1, 0, 2], flipped: [true, false, false] });
  assert.equal(turned(170), { sourceAxis: [0, 1, 2], flipped: [true, true, false] });
});

test('perimeters that were drawn by hand are filled in sagittal slices too', async () => {
  const order = kAxisOrders.find(({ name }) => name === 'PHL') as Stored;
  const volume = store({ ...kGrid, data: patient.hu }, order);
  // From y 8 to 20 and z 1 to 4 in the slices x = 10 to 14.
  const perimeters = Array.from({ length: 5 }, (_, i): Perimeter => {
    const corners = new Float32Array([8, 1, 20, 1, 20, 4, 8, 4]);
    return { slice: 10 + i, hole: false, pixels: corners, mm: new Float32Array(0) };
  });
  const pictures = await renderOverlay(volume, { perimeters }, { minimumSize: 160 });
  assert.equal(
    pictures.map(({ slice }) => slice),
    [1, 2, 3, 4],
  );
  for (const { png } of pictures) {
    const { at } = await pixelsOf(png);
    const isYellow = (x: number, y: number) => {
      const [red = 0, , blue = 255] = at(Math.round((x + 0.5) * 4), Math.round((y + 0.5) * 5));
      return red > 180 && blue < 120;
    };
    assert.ok(isYellow(10, 14) && isYellow(14, 14) && isYellow(12, 8) && isYellow(12, 20));
    assert.not(isYellow(12, 14) || isYellow(8, 14) || isYellow(16, 14));
  }
});

test.run();
