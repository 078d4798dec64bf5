import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { loadModel, preprocess, segmentLiver } from '../src/index.js';
import { writeThresholdModel } from './support/models.js';
import { makeFolder } from './support/programs.js';
import { makePhantom } from './support/volumes.js';

/**
 * ms between beats. Other programs may delay a beat now and then, so the best of three runs counts: a call that works on
 * the event loop delays it in every run, and by its whole time.
 */
const kLongestGap = 100;
const kRuns = 3;

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

/** Fails where each of the runs delayed a beat too long. */
async function checkBeat(name: string, work: () => Promise<unknown>): Promise<void> {
  const gaps: number[] = [];
  for (let run = 0; run < kRuns; run++) {
    const { elapsed, beats, longest } = await measureBeat(work);
    console.log(`${name}: ${elapsed.toFixed(0)} ms, ${beats} beats, longest gap ${longest.toFixed(1)} ms`);
    assert.ok(elapsed > 2 * kLongestGap, `too short to tell: ${elapsed} ms`);
    gaps.push(longest);
    if (longest < kLongestGap) return;
  }
  assert.unreachable(`longest gaps ${gaps.map((gap) => gap.toFixed(0))} ms`);
}

test('a timer keeps its beat while the native part is loaded', async () => {
  const { longest } = await measureBeat(() => preprocess(makePhantom()));
  assert.ok(longest < 2 * kLongestGap, `longest gap ${longest} ms`);
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

test.run();
