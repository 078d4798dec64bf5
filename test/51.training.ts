import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  DeviceError,
  deviceInfo,
  type EpochRecord,
  InputFileError,
  InvalidArgumentError,
  OutputError,
  segmentLiver,
  type TrainingDataset,
  type TrainOptions,
  trainSegmenter,
  writeMask,
  writeVolume,
} from '../src/index.js';
import { kThresholdArchitecture } from './support/models.js';
import { makeFolder } from './support/programs.js';
import { rejection } from './support/rejections.js';
import { kOrganHu, makePhantom } from './support/volumes.js';

const folder = makeFolder();
const test = suite<{ dataset: TrainingDataset }>('training');

/** Small and quick: what is tested is the call, not what it learns. */
const kQuick = {
  architecture: { ...kThresholdArchitecture, spacing_mm: 2, subsampling: 2 },
  epochs: 3,
  batchSize: 4,
  seed: 7,
  threads: 2,
  precision: 'fp32',
} as const;

const phantom = (n: number) => makePhantom({ size: [48, 40, 6], organCentre: [16 + 2 * n, 18, 3], organRadius: 7 });

test.before(async (context) => {
  const cases = [0, 1, 2, 3].map((n) => ({
    patient: `patient-${n}`,
    image: join(folder.path, `image-${n}.nii.gz`),
    label: join(folder.path, `label-${n}.nii.gz`),
  }));
  for (const [n, { image, label }] of cases.entries()) {
    const volume = phantom(n);
    await writeVolume(image, volume);
    await writeMask(label, { ...volume, data: Uint8Array.from(volume.data, (hu) => (hu === kOrganHu ? 1 : 0)) });
  }
  context.dataset = { cases };
});
test.after(() => folder.remove());

const output = (name: string) => join(folder.path, `${name}.safetensors`);

test('trains a model that segments, and tells of every epoch', async ({ dataset }) => {
  const told: EpochRecord[] = [];
  const options: TrainOptions = { ...kQuick, output: output('first'), onEpoch: (record) => told.push(record) };
  const { model, history, trainingPatients, validationPatients } = await trainSegmenter(dataset, options);
  assert.equal(
    told.map(({ epoch }) => epoch),
    [1, 2, 3],
  );
  assert.equal(history.epochs, told);
  assert.ok(told.every(({ device }) => device === 'cpu' || device.startsWith('cuda:')));
  assert.ok(told.every(({ trainingLoss }) => Number.isFinite(trainingLoss) && trainingLoss > 0));
  assert.ok((told[2]?.trainingLoss ?? 9) < (told[0]?.trainingLoss ?? 0));
  assert.is(trainingPatients.length + validationPatients.length, 4);
  assert.is(model.info.path, output('first'));
  assert.is(model.info.structure, 'liver');
  const result = await segmentLiver(phantom(1), { model });
  assert.is(result.mask.length, 48 * 40 * 6);
});

test('the same seed gives the same weights', async ({ dataset }) => {
  await trainSegmenter(dataset, { ...kQuick, output: output('second') });
  assert.ok(readFileSync(output('second')).equals(readFileSync(output('first'))), 'the files differ');
});

test('an aborted training goes on from its checkpoint, as if it had never stopped', async ({ dataset }) => {
  const controller = new AbortController();
  const checkpoints = join(folder.path, 'checkpoints');
  const options: TrainOptions = { ...kQuick, checkpoints, output: output('resumed') };
  const aborted = trainSegmenter(dataset, {
    ...options,
    signal: controller.signal,
    onEpoch: ({ epoch }) => epoch === 1 && controller.abort('stop'),
  });
  assert.is(await aborted.catch((reason) => reason), 'stop');
  assert.not(existsSync(output('resumed')));
  const losses = ({ epochs }: { epochs: readonly EpochRecord[] }) => epochs.map(({ trainingLoss }) => trainingLoss);
  const resumed = await trainSegmenter(dataset, { ...options, resume: true });
  const whole = await trainSegmenter(dataset, { ...kQuick, output: output('whole') });
  assert.equal(losses(resumed.history), losses(whole.history));
});

test('a training on the CPU is the same wherever the choice is hepatica’s and there is no GPU', async ({ dataset }) => {
  const { history } = await trainSegmenter(dataset, { ...kQuick, device: 'cpu', output: output('cpu') });
  assert.equal(
    history.epochs.map(({ device }) => device),
    ['cpu', 'cpu', 'cpu'],
  );
  const { cuda } = await deviceInfo();
  if (cuda.networks) return;
  assert.ok(readFileSync(output('cpu')).equals(readFileSync(output('first'))), 'the files differ');
  const refused = trainSegmenter(dataset, { ...kQuick, device: 'cuda', output: output('never') });
  await rejection(refused, DeviceError, 'NO_CUDA_DEVICE');
  assert.not(existsSync(output('never')));
});

test('bad input is refused before anything is written', async ({ dataset }) => {
  const options = { ...kQuick, output: output('never') };
  await rejection(trainSegmenter(dataset, { ...options, epochs: 1.5 }), InvalidArgumentError, 'INVALID_ARGUMENT');
  await rejection(trainSegmenter({ cases: [] }, options), InvalidArgumentError, 'INVALID_ARGUMENT');
  const gone = { cases: [...dataset.cases, { patient: 'x', image: '/none.nii', label: '/none-label.nii' }] };
  await rejection(trainSegmenter(gone, options), InputFileError, 'FILE_NOT_FOUND');
  assert.not(existsSync(output('never')));
  const blocked = join(folder.path, 'taken.safetensors');
  mkdirSync(blocked);
  await rejection(trainSegmenter(dataset, { ...kQuick, output: blocked }), OutputError, 'OUTPUT_UNWRITABLE');
  assert.equal(
    readdirSync(folder.path).filter((name) => name.includes('.tmp')),
    [],
  );
});

test.run();
