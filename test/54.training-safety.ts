// What a training must not do: find out late, lose a patient or a kidney, or tell more than it should.
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  discoverDataset,
  discoverLesionDataset,
  HepaticaError,
  InputFileError,
  InvalidArgumentError,
  loadModel,
  type Model,
  ModelError,
  OutputError,
  type Postprocessing,
  readVolume,
  segmentStructure,
  type TrainOptions,
  trainLesionClassifier,
  trainSegmenter,
  trainStructures,
  writeMask,
  writeVolume,
} from '../src/index.js';
import { kThresholdArchitecture, writeThresholdModel } from './support/models.js';
import { makeFolder } from './support/programs.js';
import { rejection } from './support/rejections.js';
import { snapshot } from './support/snapshot.js';
import { forEachVoxel, kAxial } from './support/volumes.js';

const folder = makeFolder();
const test = suite('training safety');
test.after(() => folder.remove());

const kSize = [64, 40, 6] as const;
const kGeometry = { size: kSize, spacing: [2, 2, 5], origin: [0, 0, 0], direction: kAxial } as const;

interface Block {
  readonly x: number;
  readonly width: number;
}

/** Writes a body with bright blocks, which are the structure, into `root/patient`. */
async function writePatient(root: string, patient: string, blocks: readonly Block[]): Promise<void> {
  const own = join(root, patient);
  mkdirSync(own, { recursive: true });
  const hu = new Int16Array(kSize[0] * kSize[1] * kSize[2]).fill(-1000);
  const mask = new Uint8Array(hu.length);
  forEachVoxel(kSize, (index, x, y) => {
    if (((x - 32) / 30) ** 2 + ((y - 20) / 18) ** 2 > 1) return;
    const inside = Math.abs(y - 20) < 7 && blocks.some((block) => x >= block.x && x < block.x + block.width);
    hu[index] = inside ? 150 : 0;
    mask[index] = inside ? 1 : 0;
  });
  await writeVolume(join(own, 'image.nii.gz'), { ...kGeometry, data: hu });
  await writeMask(join(own, 'label.nii.gz'), { ...kGeometry, data: mask });
}

const kKidneys = (shift: number) => [
  { x: 12 + shift, width: 11 },
  { x: 40 - shift, width: 10 },
];

async function writeDataset(name: string, patients = 4): Promise<string> {
  const root = join(folder.path, name);
  for (let i = 0; i < patients; i++) await writePatient(root, `Mustermann^${i}`, kKidneys(i));
  return root;
}

const kQuick: Omit<TrainOptions, 'output'> = {
  structure: 'kidney',
  architecture: { ...kThresholdArchitecture, spacing_mm: 2, subsampling: 2, kernels: [3, 3, 3], head_kernel: 3 },
  epochs: 1,
  batchSize: 4,
  validationFraction: 0.25,
  precision: 'fp32',
  threads: 1,
};

/** How many pieces of more than a few voxels the mask has along x, in the middle of a slice. */
function piecesAlongX(mask: Uint8Array): number {
  const row = mask.subarray((2 * kSize[1] + 20) * kSize[0], (2 * kSize[1] + 21) * kSize[0]);
  return row.filter((voxel, x) => voxel === 1 && row[x - 1] !== 1).length;
}

test('both kidneys are kept, because the validation patients have two', async () => {
  const dataset = await writeDataset('kidneys');
  const output = join(folder.path, 'kidney.safetensors');
  const options = { ...kQuick, epochs: 40, validationEvery: 10, learningRate: 5e-3, output };
  const { model, history, validationPatients, warnings } = await trainSegmenter(dataset, options);
  assert.equal(warnings, []);
  assert.ok(history.bestDice > 0.8, `Dice ${history.bestDice}`);
  const best = history.epochs[history.bestEpoch - 1];
  assert.not.equal(best?.postprocessing?.components, 'largest');
  assert.equal(model.info.postprocessing, best?.postprocessing);
  assert.ok((best?.figures.unprocessedDice ?? 2) <= history.bestDice);
  const scan = await readVolume(join(dataset, validationPatients[0] as string, 'image.nii.gz'));
  const pieces = async (postprocessing?: Postprocessing) =>
    piecesAlongX((await segmentStructure(scan, { model, ...(postprocessing && { postprocessing }) })).mask);
  assert.is(await pieces(), 2);
  assert.is(await pieces({ components: 'largest', fillHoles: true }), 1);
  // The paper's weights do not say it: they keep the largest piece, as before.
  const paper = await loadModel(join(process.cwd(), 'weights/liver-paper.safetensors'));
  assert.equal(paper.info.postprocessing, { components: 'largest', fillHoles: true });
});

test('a patient whose image or label is misspelt is not lost', async () => {
  const misspelt: readonly [string, string, RegExp][] = [
    ['label.nii.gz', 'labels.nii.gz', /no label.*labels\.nii\.gz/],
    ['label.nii.gz', 'Label.nii.gz', /no label.*Label\.nii\.gz/],
    ['label.nii.gz', 'lable.nii.gz', /no label.*lable\.nii\.gz/],
    ['image.nii.gz', 'images.nii.gz', /no image.*images\.nii\.gz/],
    ['image.nii.gz', 'scan.nii.gz', /no image.*scan\.nii\.gz/],
  ];
  const dataset = await writeDataset('misspelt', 3);
  for (const patient of [0, 2]) {
    for (const [right, wrong, expected] of misspelt) {
      const own = join(dataset, `Mustermann^${patient}`);
      renameSync(join(own, right), join(own, wrong));
      const error = await rejection(discoverDataset(dataset), InputFileError, 'INCOMPLETE_CASE');
      assert.is(error.file, own);
      assert.match(error.message, expected);
      renameSync(join(own, wrong), join(own, right));
    }
  }
  // What is no patient's folder is named, and no more.
  for (const name of ['notes', 'protocols']) mkdirSync(join(dataset, name));
  const { cases, warnings } = await discoverDataset(dataset);
  assert.is(cases.length, 3);
  assert.is(warnings.length, 1);
  assert.is(warnings[0]?.code, 'IGNORED_FOLDERS');
  assert.match(warnings[0]?.message ?? '', /^2 .*notes, protocols$/);
  const trained = await trainSegmenter(dataset, { ...kQuick, output: join(folder.path, 'ignored.safetensors') });
  assert.equal(trained.warnings, warnings);
});

test('datasets may be given as paths and as objects', async () => {
  const dataset = await writeDataset('alike', 2);
  const found = await discoverDataset(dataset);
  assert.equal(await discoverDataset(found), found);
  assert.equal(await discoverDataset({ cases: found.cases }), { ...found, warnings: [] });
  const cases = found.cases.map(({ patient, image, label }) => ({ patient, image, liver: label }));
  assert.equal(await discoverLesionDataset({ cases }), { cases, warnings: [] });
});

test('wrong options are told before anything is read', async () => {
  const dataset = await writeDataset('late', 2);
  const { cases } = await discoverDataset(dataset);
  // Whoever reads an image meets one that is none.
  for (const { image } of cases) truncateSync(image, 40);
  const output = join(folder.path, 'never.safetensors');
  const refused = async (change: object, code: string, kind = HepaticaError as never) =>
    rejection(trainSegmenter({ cases }, { ...kQuick, output, ...change } as TrainOptions), kind, code);
  for (const change of [
    { learningRate: 100 },
    { epochs: 1e7 },
    { batchSize: 5000 },
    { canvas: [4, 4] },
    { balancePatients: true },
    { validationPatients: ['nobody'] },
    { validationFraction: 1 },
    { structure: '../kidney' },
    { structure: 'a\nb' },
    { postprocessing: { components: 'two', fillHoles: true } },
    { augment: { scale: 5 } },
  ]) {
    await refused(change, 'INVALID_ARGUMENT', InvalidArgumentError as never);
  }
  await refused({ architecture: { layers: 3 } }, 'WRONG_MODEL');
  mkdirSync(join(folder.path, 'a-folder.safetensors'));
  await refused({ output: join(folder.path, 'a-folder.safetensors') }, 'OUTPUT_UNWRITABLE', OutputError as never);
  const inTheWay = join(cases[0]?.label ?? '', 'checkpoints');
  await refused({ checkpoints: inTheWay }, 'OUTPUT_UNWRITABLE', OutputError as never);
  rmSync(cases[1]?.label ?? '');
  assert.is((await refused({}, 'FILE_NOT_FOUND')).file, cases[1]?.label);
  const lesions = cases.map(({ patient, image }) => ({ patient, image, liver: image, ground: true }));
  const start = (change: object) => trainLesionClassifier({ cases: lesions }, { output, ...change });
  for (const field of ['initial', 'base']) {
    await rejection(start({ [field]: join(folder.path, 'gone') }), InputFileError, 'FILE_NOT_FOUND');
    await rejection(
      start({ [field]: writeThresholdModel(join(folder.path, 'threshold.safetensors')) }),
      ModelError,
      'WRONG_MODEL',
    );
  }
  const nothing = start({ syntheticPerScan: 0 });
  await rejection(nothing, InvalidArgumentError, 'INVALID_ARGUMENT');
  assert.not(existsSync(output));
});

test('scans are kept in no folder of the dataset', async () => {
  const dataset = await writeDataset('kept', 2);
  const before = snapshot(dataset);
  const { cases } = await discoverDataset(dataset);
  const lesions = join(dataset, 'lesions.json');
  const output = join(folder.path, 'never.safetensors');
  const structures = { liver: [1] };
  for (const cache of [
    dataset,
    join(dataset, 'cache'),
    join(dataset, 'cache/of/scans'),
    dirname(cases[0]?.image ?? ''),
  ]) {
    const trainings = [
      () => trainSegmenter(dataset, { ...kQuick, output, cache }),
      () => trainStructures(dataset, { output, cache, structures }),
    ];
    for (const training of trainings) await rejection(training(), OutputError, 'OUTPUT_IS_INPUT');
  }
  assert.equal(snapshot(dataset), before);
  writeFileSync(
    lesions,
    JSON.stringify({ cases: cases.map(({ patient, image, label }) => ({ patient, image, label, liver: label })) }),
  );
  for (const cache of [lesions, dirname(cases[1]?.label ?? '')]) {
    await rejection(trainLesionClassifier(lesions, { output, cache }), OutputError, 'OUTPUT_IS_INPUT');
  }
});

test('weights name no patient unless they are asked to', async () => {
  const dataset = await writeDataset('named');
  const train = async (name: string, change: object) => {
    const output = join(folder.path, `${name}.safetensors`);
    const result = await trainSegmenter(dataset, { ...kQuick, output, ...change });
    result.model.dispose();
    return { ...result, bytes: readFileSync(output) };
  };
  const hidden = await train('hidden', {});
  assert.not(hidden.bytes.includes('Mustermann'));
  const hashes = Object.values(hidden.publishedPatients);
  assert.ok(hashes.length === 4 && hashes.every((hash) => /^[0-9a-f]{16}$/.test(hash)));
  for (const hash of hashes) assert.ok(hidden.bytes.includes(hash));
  assert.ok(hidden.history.epochs[0]?.patients[0]?.patient.startsWith('Mustermann'), 'the run itself tells names');
  assert.ok((await train('again', {})).bytes.equals(hidden.bytes), 'the files differ');
  assert.ok((await train('asked', { patientNames: true })).bytes.includes('Mustermann^0'));
  // The names' hashes follow from all of the data, so that who has the weights cannot try names.
  await writePatient(dataset, 'Mustermann^3', kKidneys(5));
  assert.is.not(
    (await train('others', {})).publishedPatients['Mustermann^0'],
    hidden.publishedPatients['Mustermann^0'],
  );
});

test('a scan that is read with a warning is named by its patient, and so is a split without validation', async () => {
  const dataset = await writeDataset('warned', 2);
  for (const name of ['image.nii.gz', 'label.nii.gz']) {
    const path = join(dataset, 'Mustermann^1', name);
    const bytes = gunzipSync(readFileSync(path));
    // Neither qform nor sform: NIfTI's method 1.
    bytes.writeInt16LE(0, 252);
    bytes.writeInt16LE(0, 254);
    writeFileSync(path, gzipSync(bytes));
  }
  const options = { ...kQuick, validationFraction: 0, output: join(folder.path, 'warned.safetensors') };
  const { warnings } = await trainSegmenter(dataset, options);
  assert.equal(
    warnings.map(({ code }) => code),
    ['MISSING_ORIENTATION', 'MISSING_ORIENTATION', 'NOT_VALIDATED'],
  );
  assert.ok(warnings.slice(0, 2).every(({ message }) => message.startsWith('Mustermann^1: ')));
});

test('a training goes on from a model as it was loaded, whatever became of its file', async () => {
  const dataset = await writeDataset('changed', 2);
  const { cases } = await discoverDataset(dataset);
  const lesions = cases.map(({ patient, image, label }) => ({ patient, image, liver: label, ground: true }));
  const output = join(folder.path, 'lesions.safetensors');
  const options = {
    architecture: {
      spacing_mm: 2,
      context_mm: [0],
      slab_mm: 0,
      channels: ['clipped'],
      base_stages: 1,
      location_width: 8,
    },
    epochs: 1,
    slicesPerEpoch: 4,
    batchSize: 4,
    syntheticLesions: [1, 1],
    validationFraction: 0,
    precision: 'fp32',
    threads: 1,
  } as const;
  const { model } = await trainLesionClassifier({ cases: lesions }, { ...options, output });
  assert.is(model.info.kind, 'mdl_cnn');
  const further = (initial: string | Model, name: string) =>
    trainLesionClassifier({ cases: lesions }, { ...options, initial, output: `${output}.${name}` });
  const ofFile = await further(output, 'file');
  appendFileSync(output, ' ');
  const goesOn = further(model, 'model');
  model.dispose();
  const ofModel = await goesOn;
  assert.ok(readFileSync(ofFile.weights).equals(readFileSync(ofModel.weights)), 'the files differ');
});

test('what an earlier run has learned is gone on from or kept, and replaced where that is asked for', async () => {
  const root = await writeDataset('restarted');
  const output = join(folder.path, 'restarted.safetensors');
  const checkpoints = join(folder.path, 'restarted-checkpoints');
  const last = join(checkpoints, 'last.safetensors');
  const options = { ...kQuick, output, checkpoints };
  await trainSegmenter(root, options);
  const learned = readFileSync(last);
  const refusal = await rejection(trainSegmenter(root, { ...options, epochs: 2 }), OutputError, 'OUTPUT_EXISTS');
  assert.is(refusal.file, last);
  assert.match(refusal.remedy ?? '', /resume/);
  assert.ok(readFileSync(last).equals(learned));
  await trainSegmenter(root, { ...options, resume: true });
  await trainSegmenter(root, { ...options, seed: 7, overwrite: true });
  assert.not.ok(readFileSync(last).equals(learned));
});

test.run();
