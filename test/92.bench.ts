/** The measurements whose figures are published, on small made-up scans: that they measure what they say. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type LesionEvaluation, writeMask, writeVolume } from '../src/index.js';
import { lesionMetadata, lesionTensors } from './support/lesion-model.js';
import { safetensors } from './support/models.js';
import { kIndex, kRoot, makeFolder, runNode } from './support/programs.js';
import { forEachVoxel, makePhantom } from './support/volumes.js';

const folder = makeFolder();
const test = suite('bench');
test.after(() => folder.remove());

const kBench = join(kRoot, 'bench/lesion-folds.mjs');
const run = (args: readonly string[]) => runNode(['--import', 'tsx', kBench, '--library', kIndex, ...args]);

/** A liver with a bright lesion, marked as LiTS marks them. */
async function writePatient(patient: string): Promise<void> {
  const volume = makePhantom({ size: [96, 80, 24], organRadius: 24 });
  const label = new Uint8Array(volume.data.length);
  forEachVoxel(volume.size, (index, x, y, z) => {
    const inside = Math.hypot(x - 38.4, y - 36, z - 12) <= 24;
    const lesion = Math.hypot(x - 30, y - 36, z - 12) <= 5;
    label[index] = lesion ? 2 : inside ? 1 : 0;
    if (lesion) volume.data[index] = 395;
  });
  mkdirSync(join(folder.path, patient));
  await writeVolume(join(folder.path, patient, 'image.nii.gz'), volume);
  await writeMask(join(folder.path, patient, 'label.nii.gz'), { ...volume, data: label });
}

test('lesion folds: each network is tried on its own validation patients, in four ways', async () => {
  const models: string[] = [];
  for (const patient of ['lits_a', 'lits_b']) {
    await writePatient(patient);
    const path = join(folder.path, `${patient}.safetensors`);
    const metadata = { ...lesionMetadata(), validation_patients: JSON.stringify([patient]) };
    writeFileSync(path, safetensors(lesionTensors(), metadata));
    models.push(path);
  }
  const out = join(folder.path, 'results/folds.json');
  const variants = ['--synthetic', '1', '--mixed', '1'];
  const { exitCode, stderr } = await run([...models, '--data', folder.path, ...variants, '--out', out]);
  assert.is(exitCode, 0, stderr);
  const results = JSON.parse(readFileSync(out, 'utf8')) as Record<string, LesionEvaluation>;
  const { reference, predicted, synthetic, mixed } = results;
  assert.equal(
    reference?.cases.map(({ patient }) => patient),
    ['lits_a', 'lits_b'],
  );
  assert.is(reference?.pooled.referenceLesions, 2);
  assert.is(reference?.pooled.detection[0]?.recall.value, 1);
  assert.ok((reference?.pooled.global.dice.value ?? 0) > 0.95);
  assert.is(predicted?.pooled.cases, 2);
  assert.is(synthetic?.pooled.cases, 2);
  assert.ok((synthetic?.pooled.referenceLesions ?? 0) > 2, 'no lesion was synthesized');
  assert.is(mixed?.pooled.cases, 2);
  assert.ok((mixed?.pooled.referenceLesions ?? 0) > (synthetic?.pooled.referenceLesions ?? 0));
});

test('lesion folds: without a network it says how it is called', async () => {
  const { exitCode, stderr } = await run([]);
  assert.is(exitCode, 2);
  assert.match(stderr, 'FOLD.safetensors');
});

test.run();
