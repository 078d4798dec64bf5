import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type EpochRecord,
  evaluateSegmentation,
  loadModel,
  readMask,
  readVolume,
  segmentStructure,
  type TrainOptions,
  trainSegmenter,
  writeMask,
  writeVolume,
} from '../src/index.js';

const kSize = [48, 48, 6] as const;
const kGeometry = {
  size: kSize,
  spacing: [2, 2, 5],
  origin: [0, 0, 0],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
} as const;

/** A body of 0 HU with a block of 150 HU, which is the structure; the block's place differs from patient to patient. */
async function writePatient(folder: string, index: number): Promise<void> {
  const volume = new Int16Array(48 * 48 * 6).fill(-1000);
  const mask = new Uint8Array(volume.length);
  for (let i = 0; i < volume.length; i++) {
    const [x, y] = [i % 48, Math.floor(i / 48) % 48];
    if ((x - 24) ** 2 + (y - 24) ** 2 > 20 ** 2) continue;
    const inside = Math.abs(x - 18 - index) < 7 && Math.abs(y - 22) < 8;
    volume[i] = inside ? 150 : 0;
    mask[i] = inside ? 1 : 0;
  }
  await mkdir(folder, { recursive: true });
  await writeVolume(join(folder, 'image.nii.gz'), { ...kGeometry, data: volume });
  await writeMask(join(folder, 'label.nii.gz'), { ...kGeometry, data: mask });
}

const kSmall: Omit<TrainOptions, 'output'> = {
  structure: 'block',
  architecture: {
    context_mm: [0],
    subsampling: 2,
    kernels: [3, 3, 3],
    head_kernel: 3,
  },
  epochs: 6,
  batchSize: 4,
  learningRate: 5e-3,
  validationFraction: 0.25,
  validationEvery: 3,
  precision: 'fp32',
  threads: 1,
};

const test = suite<{ folder: string; dataset: string }>('any structure');
test.before.each(async (context) => {
  context.folder = await mkdtemp(join(tmpdir(), 'hepatica-training-'));
  context.dataset = join(context.folder, 'dataset');
  for (let index = 0; index < 4; index++) await writePatient(join(context.dataset, `patient${index}`), index);
});
test.after.each(({ folder }) => rm(folder, { recursive: true }));

test('a segmenter of any structure is trained, saved, and finds it in a scan that it was not trained on', async ({
  folder,
  dataset,
}) => {
  const output = join(folder, 'block.safetensors');
  const epochs: EpochRecord[] = [];
  const result = await trainSegmenter(dataset, {
    ...kSmall,
    epochs: 30,
    output,
    onEpoch: (record) => epochs.push(record),
  });
  assert.is(epochs.length, 30, 'every epoch is told');
  assert.ok((epochs.at(-1)?.trainingLoss ?? 1) < (epochs[0]?.trainingLoss ?? 0) / 2, 'the loss falls');
  assert.is(result.validationPatients.length, 1);
  const model = await loadModel(output);
  assert.is(model.info.structure, 'block');
  assert.match(model.info.metadata.dataset_sha256 ?? '', /^[0-9a-f]{64}$/);
  const unseen = join(dataset, result.validationPatients[0] as string);
  const found = await segmentStructure(await readVolume(join(unseen, 'image.nii.gz')), { model, precision: 'fp32' });
  const { dice } = await evaluateSegmentation(found, await readMask(join(unseen, 'label.nii.gz')));
  assert.ok(dice > 0.8, `Dice ${dice}`);
  model.dispose();
  result.model.dispose();
});

test('a checkpoint of other labels is not gone on from', async ({ folder, dataset }) => {
  const checkpoints = join(folder, 'checkpoints');
  const output = join(folder, 'block.safetensors');
  (await trainSegmenter(dataset, { ...kSmall, epochs: 2, schedule: 'cosine', output, checkpoints })).model.dispose();
  await writePatient(join(dataset, 'patient0'), 3);
  try {
    await trainSegmenter(dataset, { ...kSmall, epochs: 2, schedule: 'cosine', output, checkpoints, resume: true });
    assert.unreachable();
  } catch (error) {
    assert.is((error as { code?: string }).code, 'CHECKPOINT_MISMATCH');
  }
});

test.run();
