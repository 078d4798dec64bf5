import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type EpochRecord,
  InputFileError,
  InvalidArgumentError,
  type LesionTrainingCase,
  type LesionTrainingDataset,
  loadModel,
  type Model,
  ModelError,
  OutputError,
  type Progress,
  type TrainLesionsOptions,
  trainLesionClassifier,
  writeMask,
  writeVolume,
} from '../src/index.js';
import { makeFolder } from './support/programs.js';
import { rejection } from './support/rejections.js';
import { resnet101Shapes, writeTorchArchive } from './support/resnet101.js';
import { forEachVoxel, kAxial } from './support/volumes.js';

const folder = makeFolder();
const test = suite<{ dataset: LesionTrainingDataset }>('lesion training');

const kSize = [48, 48, 6] as const;
const kGeometry = { size: kSize, spacing: [2, 2, 5], origin: [0, 0, 0], direction: kAxial } as const;

/** A liver of about 100 HU (label 1) with a bright lesion (label 2) at `x`. */
async function writePatient(index: number): Promise<LesionTrainingCase> {
  const hu = new Int16Array(48 * 48 * 6);
  const label = new Uint8Array(hu.length);
  forEachVoxel(kSize, (i, x, y, z) => {
    const inside = Math.hypot(x - 24, y - 24) < 18;
    const lesion = inside && z > 0 && z < 5 && Math.hypot(x - 16 - 5 * index, y - 24) < 5;
    hu[i] = lesion ? 200 : inside ? 90 + ((x * 7 + y * 13 + z * 5) % 20) : -50;
    label[i] = lesion ? 2 : inside ? 1 : 0;
  });
  const image = join(folder.path, `image-${index}.nii.gz`);
  const mask = join(folder.path, `label-${index}.nii.gz`);
  await writeVolume(image, { ...kGeometry, data: hu });
  await writeMask(mask, { ...kGeometry, data: label });
  const labelTypes = { 2: index % 2 === 0 ? 'HCC' : 'unknown' } as const;
  return { patient: `p${index}`, image, label: mask, liverValues: [1], labelTypes, ground: true };
}

const kQuick: Omit<TrainLesionsOptions, 'output'> = {
  architecture: {
    spacing_mm: 2,
    context_mm: [0],
    slab_mm: 0,
    channels: ['clipped'],
    base_stages: 1,
    location_width: 8,
  },
  epochs: 2,
  batchSize: 4,
  slicesPerEpoch: 8,
  syntheticPerScan: 1,
  syntheticLesions: [1, 1],
  validationPatients: ['p2'],
  keep: 'last',
  precision: 'fp32',
  device: 'cpu',
  threads: 1,
};

const output = (name: string) => join(folder.path, `${name}.safetensors`);
const weightsOf = (name: string) => readFileSync(output(name));

function metadataOf(name: string): Record<string, string> {
  const bytes = weightsOf(name);
  const header = bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE(0))).toString();
  return (JSON.parse(header) as { __metadata__: Record<string, string> }).__metadata__;
}

test.before(async (context) => {
  context.dataset = { cases: await Promise.all([0, 1, 2].map(writePatient)) };
});
test.after(() => folder.remove());

test('trains a lesion network on real and synthetic lesions, and tells of every epoch', async ({ dataset }) => {
  const told: EpochRecord[] = [];
  const { weights, history, trainingPatients, validationPatients, publishedPatients } = await trainLesionClassifier(
    dataset,
    {
      ...kQuick,
      output: output('first'),
      onEpoch: (record) => told.push(record),
    },
  );
  assert.equal(history.epochs, told);
  assert.is(history.bestEpoch, 2);
  assert.equal(
    told.map(({ device }) => device),
    ['cpu', 'cpu'],
  );
  assert.equal(trainingPatients, ['p0', 'p1']);
  assert.equal(validationPatients, ['p2']);
  assert.ok((told[0]?.figures.trainingLocationLoss ?? 0) > 0);
  assert.equal(
    told[1]?.patients.map(({ patient }) => patient),
    ['p2', 'p2 synthetic 1'],
  );
  assert.is(weights, output('first'));
  const metadata = metadataOf('first');
  assert.is(metadata.kind, 'mdl_cnn');
  assert.equal(JSON.parse(metadata.validation_patients ?? ''), [publishedPatients.p2]);
  assert.match(metadata.metrics ?? '', `${publishedPatients.p2} synthetic 1`);
  assert.not.match(metadata.metrics ?? '', '"p2');
  assert.match(metadata.dataset_sha256 ?? '', /^[0-9a-f]{64}$/);
});

test('the same seed gives the same weights from a dataset file, another seed others', async ({ dataset }) => {
  const file = join(folder.path, 'dataset.json');
  const named = (path?: string) => path?.replace(`${folder.path}/`, '');
  const relative = dataset.cases.map((entry) => ({ ...entry, image: named(entry.image), label: named(entry.label) }));
  writeFileSync(file, JSON.stringify({ cases: relative }));
  await trainLesionClassifier(file, { ...kQuick, output: output('second') });
  assert.ok(weightsOf('second').equals(weightsOf('first')), 'the files differ');
  await trainLesionClassifier(file, { ...kQuick, seed: 1, output: output('third') });
  assert.not(weightsOf('third').equals(weightsOf('first')), 'the files are equal');
});

test('an aborted training goes on from its checkpoint, as if it had never stopped', async ({ dataset }) => {
  const controller = new AbortController();
  const options = { ...kQuick, checkpoints: join(folder.path, 'checkpoints'), output: output('resumed') };
  const aborted = trainLesionClassifier(dataset, {
    ...options,
    signal: controller.signal,
    onEpoch: ({ epoch }) => epoch === 1 && controller.abort('stop'),
  });
  assert.is(await aborted.catch((reason) => reason), 'stop');
  assert.not(existsSync(output('resumed')));
  await trainLesionClassifier(dataset, { ...options, resume: true });
  assert.ok(weightsOf('resumed').equals(weightsOf('first')), 'the files differ');
});

test('scans are drawn from a folder that later trainings find, and an aborted one leaves nothing half there', async ({
  dataset,
}) => {
  const cache = join(folder.path, 'scans');
  const train = (name: string, more: object) =>
    trainLesionClassifier(dataset, { ...kQuick, output: output(name), ...more });
  const controller = new AbortController();
  const onProgress = ({ stage, fraction }: Progress) => {
    if (stage === 'training' || fraction > 0.02) controller.abort('stop');
  };
  const aborted = train('aborted', { cache, onProgress, signal: controller.signal });
  assert.is(await aborted.catch((reason) => reason), 'stop');
  const files = () => readdirSync(cache).map((name) => ({ name, ms: statSync(join(cache, name)).mtimeMs }));
  const [before] = [files()];
  for (const { name } of before) assert.match(name, /^[0-9a-f]{40}\.scan$/);
  await train('kept', { cache });
  const kept = files();
  // The region and the ground of two patients, the region and a variant of the third.
  assert.is(kept.length, 6);
  for (const file of before)
    assert.equal(
      kept.find(({ name }) => name === file.name),
      file,
    );
  await train('found', { cache });
  assert.equal(files(), kept);
  await train('in-memory', { cache: false });
  for (const name of ['kept', 'found', 'in-memory']) {
    assert.ok(weightsOf(name).equals(weightsOf('first')), `${name} differs`);
  }
  assert.ok(existsSync(join(folder.path, 'first.cache')));
  assert.not(existsSync(join(folder.path, 'in-memory.cache')));
  await rejection(train('never', { cache: folder.path }), OutputError, 'OUTPUT_IS_INPUT');
});

test('the classes of a trained network are learned anew, its location stays', async ({ dataset }) => {
  const { architecture: _, ...quick } = kQuick;
  const options = { ...quick, initial: output('first'), freeze: 'location' } as const;
  const { weights } = await trainLesionClassifier(dataset, { ...options, output: output('classes') });
  const trained = await loadModel(weights);
  assert.is(trained.info.kind, 'mdl_cnn');
  assert.is(trained.info.architecture.location_width, 8);
  const settings = JSON.parse(trained.info.metadata.training_options ?? '') as Record<string, unknown>;
  assert.is(settings.freeze, 'location');
  assert.match(String(settings.initial_sha256), /^[0-9a-f]{64}$/);
  assert.is(settings.initial, undefined);
  const early = trainLesionClassifier(dataset, { ...kQuick, freeze: 'location', output: output('never') });
  await rejection(early, InvalidArgumentError, 'INVALID_ARGUMENT');
});

test('goes on from a loaded network with what the architecture changes', async ({ dataset }) => {
  const { architecture: _, ...quick } = kQuick;
  const initial = await loadModel(output('first'));
  const options = { ...quick, epochs: 1, architecture: { threshold: 0.4 } };
  const { weights } = await trainLesionClassifier(dataset, { ...options, initial, output: output('further') });
  const { architecture } = (await loadModel(weights)).info;
  assert.equal(architecture, { ...initial.info.architecture, threshold: 0.4 });
  initial.dispose();
  const disposed = trainLesionClassifier(dataset, { ...options, initial, output: output('never') });
  assert.is((await rejection(disposed, InvalidArgumentError, 'DISPOSED')).field, 'model');
});

test('the base starts from published weights, as a path or a model', async ({ dataset }) => {
  const path = writeTorchArchive(join(folder.path, 'resnet101.pth'), resnet101Shapes());
  const base = await loadModel(path);
  const options = { ...kQuick, epochs: 1, frozenEpochs: 1 };
  await trainLesionClassifier(dataset, { ...options, base: path, output: output('based-path') });
  rmSync(path);
  await trainLesionClassifier(dataset, { ...options, base, output: output('based') });
  assert.ok(weightsOf('based').equals(weightsOf('based-path')), 'the files differ');
  const settings = JSON.parse(metadataOf('based').training_options ?? '') as Record<string, unknown>;
  assert.match(String(settings.base_sha256), /^[0-9a-f]{64}$/);
  const lesions = await loadModel(output('first'));
  const wrong = (change: object) =>
    rejection(
      trainLesionClassifier(dataset, { ...options, ...change, output: output('never') }),
      ModelError,
      'WRONG_MODEL',
    );
  assert.match((await wrong({ base: lesions })).message, /Expected base to be of kind resnet101, received mdl_cnn/);
  assert.match((await wrong({ frozenEpochs: 0, initial: base })).message, /initial to be of kind mdl_cnn/);
  await rejection(
    trainLesionClassifier(dataset, { ...options, base: {} as Model, output: output('never') }),
    InvalidArgumentError,
    'INVALID_ARGUMENT',
  );
});

test('wrong options, types and labels are refused by name', async ({ dataset }) => {
  const options = { ...kQuick, output: output('never') };
  const [first, ...others] = dataset.cases as [LesionTrainingCase, ...LesionTrainingCase[]];
  const changed = (change: object) => ({ cases: [{ ...first, ...change } as LesionTrainingCase, ...others] });
  const refused = (change: object) =>
    rejection(trainLesionClassifier(changed(change), options), InvalidArgumentError, 'INVALID_ARGUMENT');
  const wrongType = await refused({ labelTypes: { 2: 'cyst' } });
  assert.match(wrongType.message, /CYS, ANG, HCC, MET or unknown/);
  assert.is(wrongType.field, 'cases.0.labelTypes.2');
  await refused({ marked: false, ground: false });
  await refused({ liverValues: undefined });
  const unknown = trainLesionClassifier(dataset, { ...options, validationPatients: ['nobody'] });
  await rejection(unknown, InvalidArgumentError, 'INVALID_ARGUMENT');
  const early = trainLesionClassifier(dataset, { ...options, frozenEpochs: 1 });
  await rejection(early, InvalidArgumentError, 'INVALID_ARGUMENT');
  const empty = trainLesionClassifier(changed({ labelTypes: { 7: 'HCC' } }), options);
  await rejection(empty, InputFileError, 'EMPTY_LABEL');
  assert.not(existsSync(output('never')));
});

test('polygons name the type of their lesion', async ({ dataset }) => {
  const [first] = dataset.cases as [LesionTrainingCase];
  const label = join(folder.path, 'perimeters.json');
  const square = (type: string, low: number, high: number) => ({
    type,
    points: [low, low, high, low, high, high, low, high],
  });
  const write = (type: string) =>
    writeFileSync(
      label,
      JSON.stringify({
        format: 'hepatica-perimeters',
        version: 1,
        slices: [2, 3].map((slice) => ({ slice, polygons: [square('liver', 12, 36), square(type, 18, 24)] })),
      }),
    );
  const drawn = { patient: 'p0', image: first.image, label };
  const options = { ...kQuick, epochs: 1, syntheticPerScan: 0, output: output('polygons') };
  write('HCC');
  const cases = [drawn, ...dataset.cases.slice(1)];
  const { history } = await trainLesionClassifier({ cases }, options);
  assert.ok((history.epochs[0]?.figures.trainingClassLoss ?? 0) > 0);
  write('tumour');
  const error = await rejection(trainLesionClassifier({ cases }, options), InputFileError, 'CORRUPT_LABEL');
  assert.match(error.message, /tumour/);
});

test.run();
