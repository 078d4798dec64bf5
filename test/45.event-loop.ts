import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import zlib from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  evaluateSegmentation,
  loadModel,
  type MaskInput,
  preprocess,
  segmentLiver,
  type VolumeInput,
} from '../src/index.js';
import { writeThresholdModel } from './support/models.js';
import { makeFolder } from './support/programs.js';
import { kAxial, makePhantom } from './support/volumes.js';

/**
 * ms between beats. Other programs may delay a beat now and then, so the best of the runs counts: a call that works on
 * the event loop delays it in every run, and by its whole time.
 */
const kLongestGap = 100;
const kRuns = 4;
/** A run that ends sooner than so many limits cannot tell a call that works on the event loop from one that does not. */
const kLeastLimits = 1.5;

/** Of the time of a copy in one piece, which calls once took: a checksum of all, and a piece of the copy. */
const kLongestTake = 0.7;
/** The same for an array that is given away: a piece of the copy. */
const kLongestTransfer = 0.4;

const folder = makeFolder();
const test = suite('event loop');
test.after(() => folder.remove());

/** Runs `work` beside a timer of 5 ms; returns how long it took and the longest time between two beats, ms. */
async function measureBeat(work: () => Promise<unknown>): Promise<{ elapsed: number; beats: number; longest: number }> {
  const start = performance.now();
  let last = start;
  let longest = 0;
  let beats = 0;
  const beat = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    beats++;
  };
  const timer = setInterval(beat, 5);
  await work();
  beat();
  clearInterval(timer);
  return { elapsed: performance.now() - start, beats, longest };
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Passes where a run was long enough to tell and delayed no beat too long; `work` is given the number of the run. */
async function checkBeat(
  name: string,
  work: (run: number) => Promise<unknown>,
  limitOf = () => kLongestGap,
): Promise<void> {
  const said: string[] = [];
  for (let run = 0; run < kRuns; run++) {
    const limit = limitOf();
    // The copies that the limit is measured by are freed before the run, not within it.
    collectGarbage();
    const { elapsed, beats, longest } = await measureBeat(() => work(run));
    said.push(`${elapsed.toFixed(0)} ms, ${beats} beats, longest gap ${longest.toFixed(1)} ms of ${limit.toFixed(1)}`);
    console.log(`${name}: ${said.at(-1)}`);
    if (elapsed > kLeastLimits * limit && longest < limit) return;
  }
  assert.unreachable(`each run too short or delayed: ${said.join('; ')}`);
}

/** 400 slices, 200 MB: what a caller may well have. */
function makeLargeScan(): VolumeInput {
  const slab = makePhantom({ size: [512, 512, 4] });
  const data = new Int16Array(100 * slab.data.length);
  for (let begin = 0; begin < data.length; begin += slab.data.length) data.set(slab.data, begin);
  return { ...slab, size: [512, 512, 400], data };
}

const large = makeLargeScan();

/** ms: part of the time that a copy of the large scan in one piece takes right now, when nothing holds it up. */
function partOfCopy(part: number): () => number {
  return () => {
    let shortest = Number.POSITIVE_INFINITY;
    for (let copy = 0; copy < 3; copy++) {
      const start = performance.now();
      large.data.slice();
      shortest = Math.min(shortest, performance.now() - start);
    }
    return part * shortest;
  };
}

test('a timer keeps its beat while the native part is loaded', async () => {
  const { longest } = await measureBeat(async () => (await preprocess(large)).dispose());
  console.log(`first call: longest gap ${longest.toFixed(1)} ms`);
  assert.ok(longest < 2 * kLongestGap, `longest gap ${longest} ms`);
});

test('a timer of 5 ms keeps its beat while 400 slices of the caller are taken', async () => {
  const model = await loadModel(writeThresholdModel(join(folder.path, 'quick.safetensors')));
  /** Until the call begins to compute. */
  const segment = (scan: VolumeInput) => {
    const controller = new AbortController();
    const { signal } = controller;
    return segmentLiver(scan, { model, signal, onProgress: () => controller.abort() }).catch(() => {});
  };
  await checkBeat('taking 400 slices', () => segment(large), partOfCopy(kLongestTake));
  const given = Array.from({ length: kRuns }, () => ({ ...large, data: large.data.slice(), transfer: true }));
  await checkBeat('taking 400 slices over', (run) => segment(given[run] as VolumeInput), partOfCopy(kLongestTransfer));
});

test('a timer of 5 ms keeps its beat during a segmentation', async () => {
  const model = await loadModel(writeThresholdModel(join(folder.path, 'slow.safetensors'), 5));
  const volume = makePhantom({ size: [128, 128, 60], organRadius: 25 });
  await checkBeat('segmentation', () => segmentLiver(volume, { model }));
});

test('a timer of 5 ms keeps its beat while a large volume is preprocessed', async () => {
  const volume = makePhantom({ size: [512, 512, 32] });
  await checkBeat('preprocessing', async () => {
    for (let i = 0; i < 12; i++) (await preprocess(volume, { threads: 1, equalization: 'clahe' })).dispose();
  });
});

test('the arrays of a call together are checked no longer than one is', async () => {
  const { crc32 } = zlib;
  let checked = 0;
  (zlib as { crc32: typeof crc32 }).crc32 = (data, value) => {
    checked += (data as Uint8Array).byteLength;
    return crc32(data, value);
  };
  syncBuiltinESMExports();
  try {
    const grid = { size: [1024, 1024, 200], spacing: [1, 1, 1], origin: [0, 0, 0], direction: kAxial } as const;
    const masks = [1, 2].map(() => ({ ...grid, data: new Uint8Array(1024 * 1024 * 200) })) as [MaskInput, MaskInput];
    const controller = new AbortController();
    const compared = evaluateSegmentation(...masks, { signal: controller.signal });
    const inTheTick = checked;
    controller.abort('seen');
    assert.is(await compared.catch((error: unknown) => error), 'seen');
    assert.ok(inTheTick > 2 ** 27, 'each is checked');
    assert.ok(inTheTick <= 2 ** 28, `${inTheTick} bytes`);
  } finally {
    (zlib as { crc32: typeof crc32 }).crc32 = crc32;
    syncBuiltinESMExports();
  }
});

test.run();
