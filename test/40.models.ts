import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  evaluateSegmentation,
  type HepaticaError,
  InputFileError,
  InvalidArgumentError,
  loadModel,
  ModelError,
  OutputError,
  saveModel,
  segmentLiver,
  segmentStructure,
} from '../src/index.js';
import { lesionMetadata, lesionTensors } from './support/lesion-model.js';
import {
  kThresholdArchitecture,
  safetensors,
  type Tensor,
  thresholdMetadata,
  thresholdTensors,
  writeThresholdModel,
} from './support/models.js';
import { makeFolder } from './support/programs.js';
import { rejection } from './support/rejections.js';
import { resnet101Shapes, writeTorchArchive } from './support/resnet101.js';
import { makePhantom } from './support/volumes.js';

const test = suite<{ folder: string; path: string; remove: () => void }>('models');
test.before.each((context) => {
  const { path, remove } = makeFolder();
  Object.assign(context, { folder: path, path: join(path, 'model.safetensors'), remove });
});
test.after.each(({ remove }) => remove());

test('a model says what it is', async ({ path }) => {
  const { info } = await loadModel(writeThresholdModel(path));
  assert.is(info.kind, 'liver_cnn');
  assert.is(info.structure, 'liver');
  assert.is(info.path, path);
  assert.is(info.metadata.licence, 'CC0-1.0');
  assert.equal(info.architecture, kThresholdArchitecture);
  assert.is(info.sha256, createHash('sha256').update(readFileSync(path)).digest('hex'));
  const statistics = 2 * (128 + 64 + 128);
  const values = Object.values(thresholdTensors()).reduce((sum, tensor) => sum + tensor.values.length, 0);
  assert.is(info.parameters, values - statistics);
});

test("the paper's network is taken by its name", async () => {
  const volume = makePhantom();
  const model = await loadModel(join(process.cwd(), 'weights/liver-paper.safetensors'));
  assert.is(model.info.kind, 'liver_cnn');
  const named = await segmentLiver(volume, { model: 'paper' });
  assert.equal(named.mask, (await segmentLiver(volume, { model })).mask);
  const other = segmentLiver(volume, { model: 'other' as 'paper' });
  const refused = await rejection(other, InvalidArgumentError, 'INVALID_ARGUMENT');
  assert.match(refused.message, /or 'paper', received 'other'/);
});

test('a saved model is the same model', async ({ folder, path }) => {
  const model = await loadModel(writeThresholdModel(path));
  const copy = join(folder, 'copy.safetensors');
  await saveModel(model, copy);
  const again = await loadModel(copy);
  assert.equal({ ...again.info, path, sha256: '' }, { ...model.info, sha256: '' });
  const volume = makePhantom();
  const masks = [await segmentLiver(volume, { model }), await segmentLiver(volume, { model: again })];
  assert.equal(masks[0]?.mask, masks[1]?.mask);
  await saveModel(again, path);
  assert.equal(readFileSync(path), readFileSync(copy));
});

test('a model is saved into memory, and loaded from there', async ({ folder, path }) => {
  const model = await loadModel(writeThresholdModel(path));
  for (const precision of ['fp32', 'bf16'] as const) {
    const file = join(folder, `${precision}.safetensors`);
    await saveModel(model, file, { precision });
    const bytes = await saveModel(model, null, { precision });
    assert.ok(bytes.equals(readFileSync(file)));
    assert.is((await loadModel(bytes)).info.sha256, (await loadModel(file)).info.sha256);
    await rejection(loadModel(bytes.subarray(0, bytes.length - 1)), ModelError, 'CORRUPT_WEIGHTS');
  }
});

test('a model saved in bf16 takes half the bytes, and scores alike', async ({ folder, path }) => {
  const model = await loadModel(writeThresholdModel(path));
  const half = join(folder, 'half.safetensors');
  await saveModel(model, half, { precision: 'bf16' });
  assert.ok(statSync(half).size < 0.6 * statSync(path).size);
  const volume = makePhantom();
  const [whole, halved] = [
    await segmentLiver(volume, { model }),
    await segmentLiver(volume, { model: await loadModel(half) }),
  ];
  const { dice } = await evaluateSegmentation(halved, whole);
  assert.ok(dice > 0.99, `Dice ${dice}`);
  const wrong = saveModel(model, half, { precision: 'int8' as 'bf16' });
  await rejection(wrong, InvalidArgumentError, 'INVALID_ARGUMENT');
});

test('a model is not saved where it cannot be', async ({ folder, path }) => {
  const model = await loadModel(writeThresholdModel(path));
  await rejection(saveModel(model, join(folder, 'none/model.safetensors')), OutputError, 'OUTPUT_UNWRITABLE');
  assert.equal(readdirSync(folder), ['model.safetensors']);
});

test('missing weights', async ({ path }) => {
  const error = await rejection(loadModel(path), InputFileError, 'FILE_NOT_FOUND');
  assert.is(error.file, path);
});

/** Bytes that are no weights, each with the code it is refused with. */
const broken: [string, () => Buffer, string][] = [
  ['an empty file', () => Buffer.alloc(0), 'NOT_SAFETENSORS'],
  ['text', () => Buffer.from('these are no weights, though they are long enough'), 'NOT_SAFETENSORS'],
  [
    'a header of 2^60 bytes',
    () => {
      const bytes = safetensors(thresholdTensors(), thresholdMetadata());
      bytes.writeBigUInt64LE(2n ** 60n, 0);
      return bytes;
    },
    'NOT_SAFETENSORS',
  ],
  [
    'a header that nests without end',
    () => {
      const text = '['.repeat(100_000);
      const bytes = Buffer.alloc(8 + text.length);
      bytes.writeBigUInt64LE(BigInt(text.length), 0);
      bytes.write(text, 8);
      return bytes;
    },
    'NOT_SAFETENSORS',
  ],
  [
    'overlapping tensors',
    () =>
      safetensors(thresholdTensors(), thresholdMetadata(), (header) => {
        const offsets = (header['bn1.weight'] as { data_offsets: number[] }).data_offsets;
        (header['bn1.bias'] as { data_offsets: number[] }).data_offsets = offsets;
      }),
    'CORRUPT_WEIGHTS',
  ],
  [
    'offsets beyond the file',
    () =>
      safetensors(thresholdTensors(), thresholdMetadata(), (header) => {
        (header['head.bias'] as { data_offsets: number[] }).data_offsets = [2 ** 50, 2 ** 50 + 8];
      }),
    'CORRUPT_WEIGHTS',
  ],
  ['a truncated file', () => safetensors(thresholdTensors(), thresholdMetadata()).subarray(0, -100), 'CORRUPT_WEIGHTS'],
  [
    'a shape that overflows',
    () =>
      safetensors(thresholdTensors(), thresholdMetadata(), (header) => {
        (header['head.bias'] as { shape: number[] }).shape = [2 ** 40, 2 ** 40];
      }),
    'CORRUPT_WEIGHTS',
  ],
  ['weights of another kind', () => safetensors(thresholdTensors(), { kind: 'resnet101' }), 'WRONG_MODEL'],
  ['weights without metadata', () => safetensors(thresholdTensors(), {}), 'WRONG_MODEL'],
  ['an architecture that is not its own', () => safetensors(thresholdTensors(3), thresholdMetadata(1)), 'WRONG_MODEL'],
  [
    'a negative variance',
    () => {
      const { 'bn2.running_var': norm, ...others } = thresholdTensors() as Record<string, Tensor>;
      const values = Float32Array.from((norm as Tensor).values, (value, index) => (index === 7 ? -value : value));
      return safetensors({ ...others, 'bn2.running_var': { ...(norm as Tensor), values } }, thresholdMetadata());
    },
    'WRONG_MODEL',
  ],
  [
    'a negative variance of a lesion network',
    () => {
      const tensors = lesionTensors();
      const name = Object.keys(tensors).find((key) => key.endsWith('running_var')) as string;
      const norm = tensors[name] as Tensor;
      const values = Float32Array.from(norm.values, (value, index) => (index === 0 ? -1 : value));
      return safetensors({ ...tensors, [name]: { ...norm, values } }, lesionMetadata());
    },
    'WRONG_MODEL',
  ],
  [
    'a missing tensor',
    () => {
      const { 'conv2.weight': _, ...others } = thresholdTensors();
      return safetensors(others as Record<string, Tensor>, thresholdMetadata());
    },
    'WRONG_MODEL',
  ],
];
for (const [name, bytes, code] of broken) {
  test(`${name}: ${code}`, async ({ path }) => {
    writeFileSync(path, bytes());
    const error: HepaticaError = await rejection(loadModel(path), ModelError, code);
    assert.is(error.file, path);
    assert.ok(error.remedy, 'no remedy');
  });
}

test("torchvision's published ResNet101 is a model too, of a kind of its own", async ({ folder }) => {
  const path = writeTorchArchive(join(folder, 'resnet101.pth'), resnet101Shapes());
  const published = await loadModel(path);
  const { kind, structure, architecture, parameters, missing, surplus, sha256 } = published.info;
  assert.equal(
    { kind, structure, architecture, missing, surplus },
    {
      kind: 'resnet101',
      structure: 'ImageNet',
      architecture: { stages: 4 },
      missing: [],
      surplus: ['fc.bias', 'fc.weight'],
    },
  );
  // 44,549,160 with the classifier, as torchvision counts them.
  assert.is(parameters, 44_549_160 - 1000 * 2049);
  assert.is(sha256, createHash('sha256').update(readFileSync(path)).digest('hex'));
  await rejection(segmentLiver(makePhantom(), { model: published }), ModelError, 'WRONG_MODEL');

  // As safetensors with hepatica's metadata, and as timm publishes it: with metadata that say nothing.
  const saved = join(folder, 'resnet101.safetensors');
  await saveModel(published, saved, { precision: 'bf16' });
  assert.equal((await loadModel(saved)).info.missing, ['fc.bias', 'fc.weight']);
  const bytes = readFileSync(saved);
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + length)) as Record<string, unknown>;
  header.__metadata__ = { format: 'pt' };
  bytes.write(JSON.stringify(header).padEnd(length), 8);
  writeFileSync(saved, bytes);
  const again = await loadModel(saved);
  assert.is(again.info.kind, 'resnet101');
  assert.is(again.info.parameters, parameters);
  assert.is(again.info.metadata.format, 'pt');
});

test('published weights that are not ResNet101 are refused, with the tensors that do not fit', async ({ folder }) => {
  const path = join(folder, 'other.pth');
  const refused = async (shapes: readonly [string, readonly number[]][]) => {
    const error = await rejection(loadModel(writeTorchArchive(path, shapes)), ModelError, 'WRONG_MODEL');
    assert.is(error.file, path);
    return error.message;
  };
  const whole = resnet101Shapes();
  const lacking = whole.filter(([name]) => !name.startsWith('layer3.22.conv'));
  assert.match(
    await refused(lacking),
    /3 tensors missing: layer3\.22\.conv1\.weight, layer3\.22\.conv2\.weight, layer3\.22\.conv3\.weight/,
  );
  assert.match(
    await refused([...whole, ['layer1.0.se.fc1.weight', [16, 256]]]),
    /1 surplus: layer1\.0\.se\.fc1\.weight/,
  );
  assert.match(
    await refused(whole.map(([name, shape]) => [name, name === 'conv1.weight' ? [64, 3, 3, 3] : shape])),
    /1 of another shape: conv1\.weight/,
  );
  // Another number of classes is no obstacle.
  const { info } = await loadModel(writeTorchArchive(path, resnet101Shapes({ classes: 4, counters: false })));
  assert.equal(info.surplus, ['fc.bias', 'fc.weight']);
  assert.is(info.missing?.length, 104);
  assert.ok(info.missing?.every((name) => name.endsWith('num_batches_tracked')));
});

test('segmentLiver refuses a model of another organ; segmentStructure takes it', async ({ path }) => {
  const model = await loadModel(writeThresholdModel(path, 1, 'kidney'));
  const volume = makePhantom();
  await rejection(segmentLiver(volume, { model }), ModelError, 'WRONG_MODEL');
  assert.is((await segmentStructure(volume, { model })).structure, 'kidney');
});

test('a model that was disposed of is refused', async ({ path }) => {
  const model = await loadModel(writeThresholdModel(path));
  model.dispose();
  await rejection(segmentLiver(makePhantom(), { model }), InvalidArgumentError, 'DISPOSED');
});

test.run();
