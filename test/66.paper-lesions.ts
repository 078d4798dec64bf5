/** The paper's lesion network on its own, and trainings that start from weights which were trained on CT. */
import { readFileSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { withMetadata } from '../scripts/weights-metadata.mjs';
import {
  classifyLesions,
  InvalidArgumentError,
  type LesionClassification,
  type LiverMask,
  loadModel,
  ModelError,
  readMask,
  readSeries,
  saveModel,
  type TrainLesionsOptions,
  trainLesionClassifier,
} from '../src/index.js';
import { liverWeights } from '../src/models/model.js';
import { kRoot, makeFolder, runCli } from './support/programs.js';
import { rejection } from './support/rejections.js';

const folder = makeFolder();
const test = suite<{ liver: LiverMask }>("the paper's lesion network");

const kPhantom = join(kRoot, 'test/data/phantom');
const kScan = join(kPhantom, 'dicom');
const kLiver = join(kPhantom, 'liver.nii.gz');
const kWeights = join(kRoot, 'packages/weights-mdl/mdl_cnn.safetensors');
const kBase = join(kRoot, 'packages/weights-mdl/resnet101_ct.safetensors');

interface Entry {
  readonly dtype: string;
  readonly data_offsets: readonly [number, number];
}

/** Of a safetensors file: values of its bf16 and fp32 tensors, by name. */
function tensorsOf(path: string): Map<string, Float32Array> {
  const bytes = readFileSync(path);
  const begin = 8 + Number(bytes.readBigUInt64LE(0));
  const { __metadata__: _, ...entries } = JSON.parse(bytes.subarray(8, begin).toString()) as Record<string, Entry>;
  const values = ({ dtype, data_offsets: [from, to] }: Entry) => {
    const part = Uint8Array.from(bytes.subarray(begin + from, begin + to)).buffer;
    if (dtype === 'F32') return new Float32Array(part);
    return new Float32Array(Uint32Array.from(new Uint16Array(part), (half) => half << 16).buffer);
  };
  return new Map(
    Object.entries(entries)
      .filter(([, { dtype }]) => dtype === 'F32' || dtype === 'BF16')
      .map(([name, entry]) => [name, values(entry)]),
  );
}

/** The shipped weights with another `paper` in their architecture. */
function weightsWith(name: string, paper: object): string {
  const path = join(folder.path, name);
  const bytes = withMetadata(readFileSync(kWeights), (metadata: Record<string, string>) => {
    const architecture = { ...JSON.parse(metadata.architecture ?? ''), paper };
    return { ...metadata, architecture: JSON.stringify(architecture) };
  });
  writeFileSync(path, bytes);
  return path;
}

const levelsOf = ({ threshold, extentThreshold, indeterminateBelow }: LesionClassification) => ({
  threshold,
  extentThreshold,
  indeterminateBelow,
});

test.before(async (context) => {
  context.liver = { volume: await readSeries(kScan), mask: await readMask(kLiver) };
});
test.after(() => folder.remove());

test('runs alone at its own thresholds, and the result says so', async ({ liver }) => {
  const both = await classifyLesions(liver);
  const paper = await classifyLesions(liver, { model: 'paper' });
  assert.equal(both.model?.networks, ['mdl_cnn', 'location3d']);
  assert.equal(paper.model?.networks, ['mdl_cnn']);
  assert.is(paper.model?.sha256, both.model?.sha256);
  assert.equal([paper.threshold, paper.extentThreshold], [0.7, 0.5]);
  assert.ok(paper.lesions.length > 0);
  assert.not.equal(paper.mask, both.mask);
  const saved = join(folder.path, 'alone.safetensors');
  await saveModel(await loadModel(kWeights, { network: 'paper' }), saved);
  const alone = await loadModel(saved);
  assert.is(alone.info.architecture.location3d, undefined);
  const again = await classifyLesions(liver, { model: alone });
  assert.equal(again.lesions, paper.lesions);
  assert.equal(again.mask, paper.mask);
});

test('its numbers are those that the file has for it alone', async ({ liver }) => {
  const numbers = { threshold: 0.9, extent_threshold: 0.8, type_temperature: 2, indeterminate_below: 0.99 };
  const path = weightsWith('other.safetensors', numbers);
  const both = await classifyLesions(liver, { model: await loadModel(path) });
  const other = await classifyLesions(liver, { model: await loadModel(path, { network: 'paper' }) });
  assert.equal(levelsOf(other), { threshold: 0.9, extentThreshold: 0.8, indeterminateBelow: 0.99 });
  assert.equal(levelsOf(both), levelsOf(await classifyLesions(liver)));
  const [warm] = other.lesions;
  const shipped = await loadModel(kWeights, { network: 'paper' });
  const [usual] = (await classifyLesions(liver, { model: shipped, threshold: 0.9, extentThreshold: 0.8 })).lesions;
  assert.ok((warm?.probability ?? 1) < (usual?.probability ?? 0), 'a higher temperature says less');
});

test('weights without one, and numbers that are none, are refused by name', async ({ liver }) => {
  const livers = await rejection(loadModel(liverWeights(), { network: 'paper' }), ModelError, 'WRONG_MODEL');
  assert.match(livers.message, /kind is encoder3d, not mdl_cnn/);
  const cold = { threshold: 0.7, extent_threshold: 0.5, type_temperature: 0, indeterminate_below: 0 };
  const refused = await rejection(loadModel(weightsWith('cold.safetensors', cold)), ModelError, 'WRONG_MODEL');
  assert.is(refused.field, 'type_temperature');
  const misnamed = loadModel(kWeights, { network: 'papers' as 'paper' });
  assert.match((await rejection(misnamed, InvalidArgumentError, 'INVALID_ARGUMENT')).message, /'all' or 'paper'/);
  const other = classifyLesions(liver, { model: 'papers' as 'paper' });
  assert.match((await rejection(other, InvalidArgumentError, 'INVALID_ARGUMENT')).message, /or 'paper', received/);
});

test('the command line runs it by name, and its report says what ran', async () => {
  const out = join(folder.path, 'found');
  const { exitCode, stderr } = await runCli(['classify', kScan, '--model', 'paper', '--no-page', '--out', out]);
  assert.ok(exitCode === 0 || exitCode === 8, stderr);
  const report = JSON.parse(await readFile(join(out, 'report.json'), 'utf8'));
  assert.equal(report.models.lesions.networks, ['mdl_cnn']);
});

/** As `@hepatica/weights-mdl` is: three slabs, two channels, one stage. */
const kQuick: Omit<TrainLesionsOptions, 'output'> = {
  epochs: 1,
  batchSize: 4,
  slicesPerEpoch: 8,
  syntheticLesions: [3, 4],
  realFraction: 0,
  validationFraction: 0,
  keep: 'last',
  precision: 'fp32',
  device: 'cpu',
  cache: false,
};
const kDataset = { cases: [{ patient: 'phantom', image: kScan, liver: kLiver, ground: true }] };
const train = (name: string, options: Partial<TrainLesionsOptions>) =>
  trainLesionClassifier(kDataset, { ...kQuick, ...options, output: join(folder.path, `${name}.safetensors`) });

test('a training starts from the CT-trained base, and what it makes finds lesions by what it learned', async ({
  liver,
}) => {
  const { weights } = await train('based', { base: 'ct', frozenEpochs: 1 });
  const trained = tensorsOf(weights);
  const base = [...tensorsOf(kBase)].filter(([name]) => !name.startsWith('layer2.'));
  assert.is(base.length, 55, 'conv1 and layer1');
  for (const [name, values] of base) assert.equal(trained.get(`base.${name}`), values, name);
  const settings = JSON.parse((await loadModel(weights)).info.metadata.training_options ?? '');
  assert.is(settings.base_sha256, (await loadModel(kBase)).info.sha256);
  const thawed = tensorsOf((await train('thawed', { base: 'ct' })).weights);
  assert.not.equal(thawed.get('base.conv1.weight'), trained.get('base.conv1.weight'));
  const model = await loadModel(weights);
  const found = await classifyLesions(liver, { model, threshold: 0.02 });
  assert.equal(found.model?.networks, ['mdl_cnn']);
  assert.ok(found.lesions.length > 0, 'after two steps hardly anything is ruled out');
  assert.equal((await classifyLesions(liver, { model, threshold: 0.02 })).mask, found.mask);
});

test("the paper's network that ships is trained on, without the 3-D one", async ({ liver }) => {
  const initial = await loadModel(kWeights, { network: 'paper' });
  const { weights } = await train('further', { initial, learningRate: 1e-6 });
  const model = await loadModel(weights);
  assert.equal(model.info.architecture, initial.info.architecture);
  const found = await classifyLesions(liver, { model });
  assert.ok(found.lesions.length > 0);
  assert.equal(found.model?.networks, ['mdl_cnn']);
});

test('a base of fewer stages than the network has is refused, as a name, a path and a model', async () => {
  const architecture = { base_stages: 3 };
  for (const base of ['ct', kBase, await loadModel(kBase)]) {
    const { message, field } = await rejection(train('never', { base, architecture }), ModelError, 'WRONG_MODEL');
    assert.match(message, /Expected base_stages to be at most 2.*received 3/);
    assert.is(field, 'base_stages');
  }
  await train('two', { base: 'ct', architecture: { base_stages: 2 } });
});

test.run();
