// The 3-D network goes on learning from labels of some of its structures.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  evaluateSegmentation,
  InvalidArgumentError,
  loadModel,
  ModelError,
  OutputError,
  readMask,
  readSeries,
  segmentLiver,
  segmentStructures,
  type TrainingHistory,
  trainStructures,
  writeMask,
} from '../src/index.js';
import { kRoot, makeFolder, runCli } from './support/programs.js';
import { rejection } from './support/rejections.js';

const folder = makeFolder();
const at = (...names: string[]) => join(folder.path, ...names);
const kShipped = join(kRoot, 'weights', 'liver-3d.safetensors');
const kSeries = join(kRoot, 'test/data/phantom/dicom');
const kLabel = join(kRoot, 'test/data/phantom/liver.nii.gz');

const kCases = ['a', 'b'].map((patient) => ({ patient, image: kSeries, label: kLabel }));
const kQuick = {
  epochs: 1,
  cropsPerEpoch: 2,
  cropCells: [16, 64, 64] as const,
  precision: 'fp32' as const,
  validationPatients: ['b'],
};

const test = suite('training of the 3-D network');
test.after(() => folder.remove());

test('it goes on from the weights that come with the package, and segments with what it has learned', async () => {
  const output = at('first.safetensors');
  const { model, history, validationPatients } = await trainStructures(
    { cases: kCases },
    { ...kQuick, output, augment: true },
  );
  assert.equal(validationPatients, ['b']);
  const [epoch] = history.epochs;
  assert.ok(epoch?.validationDice && epoch.validationDice > 0.8, `validation Dice ${epoch?.validationDice}`);
  assert.ok(Number(epoch?.figures.trainingCrossEntropy) > 0);
  assert.is(model.info.kind, 'encoder3d');
  assert.equal(model.info.architecture, (await loadModel(kShipped)).info.architecture);
  const volume = await readSeries(kSeries);
  const [before, after] = [await segmentLiver(volume), await segmentLiver(volume, { model })];
  assert.ok(Math.abs(after.volumeMl - before.volumeMl) < 0.1 * before.volumeMl);
  // What the labels say nothing of stays.
  const { structures } = await segmentStructures(volume, { model });
  const known = (await segmentStructures(volume)).structures;
  assert.equal(
    structures.map(({ name }) => name),
    known.map(({ name }) => name),
  );
  for (const [i, { name, volumeMl }] of structures.entries()) {
    const expected = known[i]?.volumeMl as number;
    assert.ok(Math.abs(volumeMl - expected) <= 0.1 * expected + 1, `${name}: ${volumeMl} ml, ${expected} ml before`);
  }
});

test('the same options give the same bytes', async () => {
  const train = async (name: string, more: object = {}) => {
    await trainStructures({ cases: kCases }, { ...kQuick, output: at(name), seed: 3, ...more });
    return readFileSync(at(name));
  };
  const [one, two] = [await train('one.safetensors'), await train('two.safetensors')];
  assert.ok(one.equals(two));
  const cache = at('scans');
  for (const more of [{ cache }, { cache }, { cache: false }] as const) {
    assert.ok((await train('other.safetensors', more)).equals(one), JSON.stringify(more));
  }
  assert.is(readdirSync(cache).length, 2);
  for (const name of readdirSync(cache)) assert.match(name, /^[0-9a-f]{40}\.scan$/);
  assert.ok(existsSync(at('one.cache')));
  assert.not.ok(existsSync(at('other.cache')));
  assert.not.ok(one.equals(readFileSync(kShipped)));
});

test('the weights are of the structure that their locator finds, whatever is marked first', async () => {
  const structures = { body: [1], liver: [2] };
  const { model } = await trainStructures(
    { cases: kCases },
    { ...kQuick, structures, output: at('first.safetensors') },
  );
  assert.is(model.info.structure, 'liver');
});

test('structures are added behind those that are known, which stay; bench/more-structures.mjs trains them for long', async () => {
  const { structures: known } = (await loadModel(kShipped)).info.architecture as { structures: string[] };
  const volume = await readSeries(kSeries);
  const before = await segmentStructures(volume);
  const organs = await readMask(join(kRoot, 'test/data/phantom/organs.nii.gz'));
  const marked = before.mask.map((label, i) =>
    organs.data[i] ? known.length - 1 + (organs.data[i] as number) : label,
  );
  const label = at('organs.nii.gz');
  await writeMask(label, { ...organs, data: marked });
  const names = [...known.slice(1), 'spleen', 'kidneys'];
  const { model } = await trainStructures(
    { cases: [{ patient: 'a', image: kSeries, label }] },
    {
      epochs: 1,
      cropCells: kQuick.cropCells,
      precision: kQuick.precision,
      validationFraction: 0,
      output: at('organs.safetensors'),
      architecture: { structures: [known[0], ...names] },
      structures: Object.fromEntries(names.map((name, i) => [name, [i + 1]])),
      cropsPerEpoch: 6,
      batchSize: 1,
      learningRate: 1e-3,
      frozenEpochs: 1,
      emaDecay: 0.5,
    },
  );
  const { mask, structures } = await segmentStructures(volume, { model });
  assert.equal(
    structures.map(({ name, label }) => [name, label]),
    names.map((name, i) => [name, i + 1]),
  );
  const liver = (labels: Uint8Array) => labels.map((value) => Number(value === 1));
  const { dice } = await evaluateSegmentation(
    { ...organs, data: liver(mask) },
    { ...organs, data: liver(before.mask) },
  );
  assert.ok(dice > 0.9, `liver: Dice ${dice}`);
});

test('two processes learn what one does', async () => {
  const losses = async (processes: number) => {
    const output = at(`processes-${processes}.safetensors`);
    const { history } = await trainStructures({ cases: kCases }, { ...kQuick, output, processes });
    return history.epochs.map(({ trainingLoss }) => trainingLoss);
  };
  const [[one = 0], [two = 0]] = [await losses(1), await losses(2)];
  assert.ok(one > 0 && Math.abs(one - two) < 1e-4 * one, `${one}, ${two}`);
});

test('what cannot be learned is refused before anything is read', async () => {
  const train = (more: object) =>
    trainStructures({ cases: kCases }, { ...kQuick, output: at('never.safetensors'), ...more });
  const unknown = await rejection(train({ structures: { spleen: [1] } }), InvalidArgumentError, 'INVALID_ARGUMENT');
  assert.match(unknown.message, /liver, lungs, bone, body/);
  const architecture = { structures: ['background', 'liver', 'spleen'] };
  const fewer = await rejection(train({ architecture }), InvalidArgumentError, 'INVALID_ARGUMENT');
  assert.match(fewer.message, /begin with those of initial/);
  await rejection(train({ structures: { liver: [1], body: [] } }), InvalidArgumentError, 'INVALID_ARGUMENT');
  await rejection(train({ cropCells: [12, 64, 64] }), InvalidArgumentError, 'INVALID_ARGUMENT');
  const paper = join(kRoot, 'weights', 'liver-paper.safetensors');
  await rejection(train({ initial: paper }), ModelError, 'WRONG_MODEL');
  const first = at('first.safetensors');
  await rejection(train({ initial: first, output: first }), OutputError, 'OUTPUT_IS_INPUT');
});

test('the command line trains it', async () => {
  const { validationPatients: _, ...config } = kQuick;
  writeFileSync(at('config.json'), JSON.stringify(config));
  writeFileSync(at('dataset.json'), JSON.stringify({ cases: kCases }));
  const flags = ['--model', 'structures', '--config', at('config.json'), '--validation', 'b', '--out', at('run')];
  const { exitCode, stderr } = await runCli(['train', at('dataset.json'), ...flags]);
  assert.is(exitCode, 0, stderr);
  const history = JSON.parse(readFileSync(at('run', 'history.json'), 'utf8')) as TrainingHistory;
  assert.is(history.epochs.length, 1);
  assert.is((await loadModel(at('run', 'structures.safetensors'))).info.kind, 'encoder3d');
  assert.is(readdirSync(at('run', 'cache')).length, 2);
});

test.run();
