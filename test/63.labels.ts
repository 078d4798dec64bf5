import { availableParallelism } from 'node:os';
import type { Canvas } from '@napi-rs/canvas';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type BoxedLesion, renderOverlay, renderOverview, type VolumeInput } from '../src/index.js';
import { drawPictures } from '../src/render/encode.js';
import { contrast, pixelsOf } from './support/pictures.js';

const test = suite('labels');

type Pixels = Awaited<ReturnType<typeof pixelsOf>>;

/** One grey all over. */
function plain(columns: number, hu: number): VolumeInput {
  const size = [columns, columns, 1] as const;
  const data = new Int16Array(columns * columns).fill(hu);
  return { data, size, spacing: [1, 1, 3], origin: [0, 0, 0], direction: [1, 0, 0, 0, 1, 0, 0, 0, 1] };
}

function lesion(type: BoxedLesion['type'], [x, y, width]: readonly [number, number, number]): BoxedLesion {
  const box = { min: [x, y], max: [x + width - 1, y + width - 1] } as const;
  const malignant = type === 'HCC' || type === 'MET';
  return { type, probability: 0.765, malignant, slices: [{ slice: 0, box, areaMm2: width * width }] };
}

/** Where a white picture has what is black, or stands on black: the plate with its text. */
function plateIn({ at, width, height }: Pixels, [left, top]: readonly [number, number]) {
  const isPlate = (x: number, y: number) => Math.max(...at(x, y)) < 20;
  const rows = Array.from({ length: height }, (_, y) => y).filter((y) => y >= top && isPlate(left, y));
  const bottom = rows.find((y) => !rows.includes(y + 1)) ?? height;
  const columns = Array.from({ length: width - left }, (_, x) => left + x);
  const right = columns.find((x) => !isPlate(x + 1, top)) ?? width;
  return { left, top, right, bottom };
}

/** How many rows of the plate hold text at this contrast at least, one under the other. */
function readableRows({ at }: Pixels, { left, top, right, bottom }: ReturnType<typeof plateIn>, least: number): number {
  const ground = at(left, top);
  let [most, run] = [0, 0];
  for (let y = top; y <= bottom; y++) {
    const readable = Array.from({ length: right - left + 1 }, (_, x) => at(left + x, y)).some(
      (pixel) => contrast(pixel, ground) >= least,
    );
    run = readable ? run + 1 : 0;
    most = Math.max(most, run);
  }
  return most;
}

/** The upper left pixel of the first plate below and right of (x, y). */
function firstPlate({ at, width, height }: Pixels, fromX: number, fromY: number): readonly [number, number] {
  for (let y = fromY; y < height; y++) {
    for (let x = fromX; x < width - 8; x++) {
      if (Array.from({ length: 8 }, (_, i) => Math.max(...at(x + i, y))).every((value) => value < 20)) return [x, y];
    }
  }
  throw new Error('no plate');
}

test("labels are 11 pixels high at 4.5 : 1 in the overview, whatever the scan's and the tile's size", async () => {
  for (const columns of [96, 512, 900]) {
    for (const tileWidth of [160, 256, 320]) {
      for (const type of ['CYS', 'MET'] as const) {
        const box = lesion(
          type,
          [0.4 * columns, 0.5 * columns, 0.1 * columns].map(Math.round) as [number, number, number],
        );
        const outlines = { perimeters: [], lesions: [box] };
        const { png } = await renderOverview(plain(columns, 400), outlines, { slices: 'all', tileWidth });
        const pixels = await pixelsOf(png);
        assert.is(pixels.width, tileWidth);
        const plate = plateIn(pixels, firstPlate(pixels, 0, 30));
        const rows = readableRows(pixels, plate, 4.5);
        assert.ok(rows >= 11, `${type}, ${columns} columns on ${tileWidth}: ${rows} rows`);
        const caption = plateIn(pixels, firstPlate(pixels, 0, 0));
        assert.ok(readableRows(pixels, caption, 4.5) >= 11, 'the number of the slice');
      }
    }
  }
});

test('labels are as readable in the pictures of slices', async () => {
  for (const minimumSize of [100, 512, 1024]) {
    for (const type of ['CYS', 'MET'] as const) {
      const outlines = { perimeters: [], lesions: [lesion(type, [60, 80, 20])] };
      const [picture] = await renderOverlay(plain(160, 400), outlines, { slices: 'all', minimumSize });
      const pixels = await pixelsOf(picture?.png as Uint8Array);
      const rows = readableRows(pixels, plateIn(pixels, firstPlate(pixels, 0, 0)), 4.5);
      assert.ok(rows >= 11, `${type} at ${minimumSize}: ${rows} rows`);
    }
  }
});

test('what the scan shows behind a label does not change it', async () => {
  const outlines = { perimeters: [], lesions: [lesion('HCC', [200, 260, 50]), lesion('CYS', [330, 260, 30])] };
  const drawn = async (hu: number) => {
    const { png } = await renderOverview(plain(512, hu), outlines, { slices: 'all' });
    return pixelsOf(png);
  };
  const white = await drawn(400);
  for (const hu of [-1000, 0, 60, 120]) {
    const grey = await drawn(hu);
    const plate = plateIn(white, firstPlate(white, 0, 40));
    for (let y = plate.top; y <= plate.bottom; y++) {
      for (let x = plate.left; x <= plate.right; x++) assert.equal(grey.at(x, y), white.at(x, y), `${hu} HU`);
    }
  }
});

test('the overview spreads its tiles over the slices, and shows the ones asked for', async () => {
  const volume = { ...plain(32, 50), data: new Int16Array(32 * 32 * 100), size: [32, 32, 100] as const };
  const of = async (options: object) => (await renderOverview(volume, { perimeters: [] }, options)).slices;
  assert.equal(await of({ slices: 'all', tiles: 4 }), [0, 25, 50, 75]);
  assert.is((await of({ slices: 'all' })).length, 24);
  assert.equal(await of({ slices: [7, 3] }), [7, 3]);
  assert.equal(
    await of({ slices: Array.from({ length: 30 }, (_, z) => z), tiles: 4 }).then(({ length }) => length),
    30,
  );
  const empty = await renderOverview(volume, { perimeters: [] });
  assert.equal(empty.slices, []);
  assert.ok(empty.png.length > 0);
  const { width, height } = await renderOverview(
    volume,
    { perimeters: [] },
    { slices: [1, 2, 3], columns: 2, tileWidth: 64 },
  );
  assert.equal([width, height], [128, 128]);
});

/** A scan whose pictures take a while. */
function noise(slices: number): VolumeInput {
  const data = new Int16Array(512 * 512 * slices).map((_, i) => ((i * 2654435761) >>> 16) % 300);
  return { ...plain(512, 0), data, size: [512, 512, slices] };
}

test('the event loop goes on while pictures are drawn, and progress never falls', async () => {
  const volume = noise(24);
  const fractions: number[] = [];
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const onProgress = ({ fraction }: { fraction: number }) => fractions.push(fraction);
  const pictures = await renderOverlay(volume, { perimeters: [] }, { slices: 'all', onProgress });
  clearInterval(timer);
  assert.is(pictures.length, 24);
  assert.equal(
    pictures.map(({ slice }) => slice),
    Array.from({ length: 24 }, (_, z) => z),
  );
  assert.ok(turns >= 24, `a turn a picture at least, found ${turns}`);
  assert.is(fractions.length, 24);
  assert.equal(
    [...fractions].sort((a, b) => a - b),
    fractions,
  );
  assert.is(fractions.at(-1), 1);
});

test('an abort, or an error of the caller, ends the drawing at once', async () => {
  const volume = noise(60);
  for (const [name, reason] of [
    ['abort', new Error('enough')],
    ['callback', new Error('of the caller')],
  ] as const) {
    const controller = new AbortController();
    let drawn = 0;
    const onProgress = () => {
      drawn++;
      if (drawn < 3) return;
      if (name === 'callback') throw reason;
      controller.abort(reason);
    };
    const { signal } = controller;
    const failure = await renderOverlay(volume, { perimeters: [] }, { slices: 'all', signal, onProgress }).catch(
      (error: unknown) => error,
    );
    assert.is(failure, reason, name);
    const after = drawn;
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.is(drawn, after, `${name}: nothing is reported after it`);
    assert.ok(drawn < 10, `${name}: ${drawn} pictures`);
  }
});

test('pictures are drawn one a turn, and encoded several at once, of all calls together no more than three', async () => {
  let [encoding, most, turns] = [0, 0, 0];
  const encode = async () => {
    most = Math.max(most, ++encoding);
    await new Promise((resolve) => setTimeout(resolve, 20));
    encoding--;
    return Buffer.from([1]);
  };
  const count = () => {
    turns++;
    counting = setImmediate(count);
  };
  let counting = setImmediate(count);
  const drawnAt = [new Set<number>(), new Set<number>()];
  const calls = drawnAt.map((drawn) =>
    drawPictures(12, () => {
      drawn.add(turns);
      return { encode } as unknown as Canvas;
    }),
  );
  await Promise.all(calls);
  clearImmediate(counting);
  assert.is(most, Math.min(3, availableParallelism()));
  for (const drawn of drawnAt) assert.is(drawn.size, 12, 'a turn each');
});

test('many calls at once all come to their end', async () => {
  const volume = noise(3);
  const calls = Array.from({ length: 8 }, () => renderOverlay(volume, { perimeters: [] }, { slices: 'all' }));
  const [first, ...others] = await Promise.all(calls);
  for (const other of others) assert.equal(other, first);
});

test.run();
