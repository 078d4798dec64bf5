import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { InvalidArgumentError, loadModel, type Model, renderFilters, type VolumeInput } from '../src/index.js';
import { rejection } from './support/rejections.js';

const [kColumns, kRows, kSlices] = [48, 40, 5];

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

const test = suite<{ model: Model }>('filters');
test.before(async (context) => {
  context.model = await loadModel();
});
test.after(({ model }) => model.dispose());

test('the sheet is the same each time, and another for another slice', async ({ model }) => {
  const first = await renderFilters(model, body(kUpright));
  assert.is(first.slice, 2);
  assert.equal(await renderFilters(model, body(kUpright), { slice: 2 }), first);
  const other = await renderFilters(model, body(kUpright), { slice: 1 });
  assert.not.equal(Buffer.compare(other.png, first.png), 0);
});

test('a scan stored from the head down shows the same slice', async ({ model }) => {
  const upright = await renderFilters(model, body(kUpright), { slice: 1 });
  const reversed = await renderFilters(model, body(kHeadFirst, true), { slice: 3 });
  assert.is(Buffer.compare(upright.png, reversed.png), 0);
});

test('layers can be chosen', async ({ model }) => {
  const whole = await renderFilters(model, body(kUpright));
  const one = await renderFilters(model, body(kUpright), { layers: ['conv2'] });
  assert.ok(one.height < whole.height / 2);
  const call = renderFilters(model, body(kUpright), { layers: ['conv9'] });
  const error = await rejection(call, InvalidArgumentError, 'INVALID_ARGUMENT');
  assert.match(error.message, 'conv1, conv2, conv3');
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

test('an aborted call rejects with the reason', async ({ model }) => {
  const reason = new Error('enough');
  const error = await renderFilters(model, body(kUpright), { signal: AbortSignal.abort(reason) }).catch(
    (thrown: unknown) => thrown,
  );
  assert.is(error, reason);
});

test.run();
