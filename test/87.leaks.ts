// What a thousand calls hold when they have ended: no more than three hundred held.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Reading } from './support/leak-search.js';
import { makeFolder, runNode } from './support/programs.js';

const kCalls = 1000;
const kStep = 50;
const kWarmUp = 300;
/** MiB; one kind of call that kept its mask (1.25 MiB) each time would come to 25, its volume to 50. */
const kMemoryMargin = 16;

/** What is freed goes back to the system at once: by default malloc and V8 keep more or less of it, by chance. */
const kMalloc = { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '131072', MALLOC_TRIM_THRESHOLD_: '131072' };
const kGarbageCollection = ['--expose-gc', '--single-threaded-gc', '--max-semi-space-size=2'];

const folder = makeFolder();
const test = suite('leaks');
test.after(() => folder.remove());

let readings: readonly Reading[] = [];

test.before(async () => {
  const search = ['--import', 'tsx', 'test/support/leak-search.ts', folder.path, `${kCalls}`, `${kStep}`];
  const { stdout, stderr, exitCode } = await runNode([...kGarbageCollection, ...search], kMalloc);
  assert.is(exitCode, 0, stderr);
  const all = JSON.parse(stdout) as Reading[];
  assert.ok((all.at(-1)?.calls ?? 0) >= kCalls, 'too few calls');
  readings = all.filter(({ calls }) => calls >= kWarmUp);
  for (const { calls, memory, files, threads } of readings) {
    console.log(`${calls} calls: ${Math.round(memory / 2 ** 20)} MiB, ${files} files, ${threads} threads`);
  }
});

/** The growth from the first reading to the last along the straight line that fits all of them best. */
function trend(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const covariance = values.reduce((sum, value, index) => sum + (index - middle) * value, 0);
  const variance = values.reduce((sum, _, index) => sum + (index - middle) ** 2, 0);
  return (covariance / variance) * (values.length - 1);
}

test('memory stays flat', () => {
  const growth = trend(readings.map(({ memory }) => memory / 2 ** 20));
  assert.ok(growth < kMemoryMargin, `${growth.toFixed(1)} MiB more`);
});

test('no file stays open', () => {
  assert.ok((readings.at(-1)?.files ?? 0) <= (readings[0]?.files ?? 0));
});

test('no thread is left behind', () => {
  assert.ok((readings.at(-1)?.threads ?? 0) <= (readings[0]?.threads ?? 0));
});

test('nothing keeps the event loop alive', () => {
  assert.equal(readings.at(-1)?.handles, readings[0]?.handles);
});

test.run();
