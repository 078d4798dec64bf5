/** The measurements whose figures are published, on small made-up scans: that they measure what they say. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { placed, positionOf, randomMotion, randomOf, scanAfter } from '../bench/known-motions.mjs';
import { cropOf, lookOf, textureOf } from '../bench/lesion-features.mjs';
import { shapeOf } from '../bench/lesion-shape.mjs';
import { type LesionEvaluation, writeMask, writeVolume } from '../src/index.js';
import { lesionMetadata, lesionTensors } from './support/lesion-model.js';
import { safetensors, thresholdMetadata, thresholdTensors } from './support/models.js';
import { kIndex, kRoot, makeFolder, runNode } from './support/programs.js';
import { forEachVoxel, makePhantom, widenedOrgan } from './support/volumes.js';

const folder = makeFolder();
const test = suite('bench');
test.after(() => folder.remove());

const bench = (name: string, args: readonly string[]) =>
  runNode(['--import', 'tsx', join(kRoot, 'bench', name), '--library', kIndex, ...args]);
const run = (args: readonly string[]) => bench('lesion-folds.mjs', args);

/** A liver with a bright lesion, marked as LiTS marks them, and perhaps with something long that is not marked. */
async function writePatient(patient: string, { unmarked = false } = {}): Promise<void> {
  const volume = makePhantom({ size: [96, 80, 24], organRadius: 24 });
  const label = new Uint8Array(volume.data.length);
  forEachVoxel(volume.size, (index, x, y, z) => {
    const inside = Math.hypot(x - 38.4, y - 36, z - 12) <= 24;
    const lesion = Math.hypot(x - 30, y - 36, z - 12) <= 5;
    label[index] = lesion ? 2 : inside ? 1 : 0;
    const other = unmarked && Math.hypot((x - 47) / 2.5, (y - 36) / 14, (z - 12) / 2.5) <= 1;
    if (lesion || other) volume.data[index] = 395;
  });
  mkdirSync(join(folder.path, patient));
  await writeVolume(join(folder.path, patient, 'image.nii.gz'), volume);
  await writeMask(join(folder.path, patient, 'label.nii.gz'), { ...volume, data: label });
}

/** A network that finds what is bright, which says that it has not seen a patient. */
function writeNetwork(patient: string): string {
  const path = join(folder.path, `${patient}.safetensors`);
  const metadata = { ...lesionMetadata(), validation_patients: JSON.stringify([patient]) };
  writeFileSync(path, safetensors(lesionTensors(), metadata));
  return path;
}

test('lesion folds: each network is tried on its own validation patients, in four ways', async () => {
  const models: string[] = [];
  for (const patient of ['lits_a', 'lits_b']) {
    await writePatient(patient);
    models.push(writeNetwork(patient));
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

test("liver dice: each fold's network is tried on whom it has not seen, and the means say of whom they are", async () => {
  const models: string[] = [];
  for (const patient of ['lits_c', 'ircad_d']) {
    const volume = makePhantom({ size: [96, 80, 24], organRadius: 24 });
    const organ = widenedOrgan(volume);
    const data = organ.map((inside, i) => (patient === 'lits_c' && inside && i % 20 === 0 ? 2 : inside));
    const at = (name: string) => join(folder.path, 'train', patient, name);
    mkdirSync(join(folder.path, 'train', patient), { recursive: true });
    await writeVolume(at('image.nii.gz'), volume);
    await writeMask(at('label.nii.gz'), { ...volume, data });
    const path = join(folder.path, `liver-${patient}.safetensors`);
    const metadata = { ...thresholdMetadata(1, 'liver'), validation_patients: JSON.stringify([patient]) };
    writeFileSync(path, safetensors(thresholdTensors(1), metadata));
    models.push('--model', path);
  }
  const out = join(folder.path, 'results/dice.json');
  const dice = (args: readonly string[]) => bench('liver-dice.mjs', [...args, '--data', folder.path, '--out', out]);
  const { exitCode, stderr } = await dice(['folds', ...models]);
  assert.is(exitCode, 0, stderr);
  const { nifti, niftiMean, groups } = JSON.parse(readFileSync(out, 'utf8'));
  assert.equal(
    nifti.map(({ patient }: { patient: string }) => patient),
    ['lits_c', 'ircad_d'],
  );
  assert.ok(niftiMean.dice > 0.97 && niftiMean.dice <= 1, `Dice ${niftiMean.dice}`);
  assert.is(groups['3D-IRCADb-01'].patients, 1);
  assert.is(groups['tumour 2 % and more'].patients, 1);
  const one = await dice(['folds', ...models.slice(0, 2)]);
  assert.is(one.exitCode, 2);
  assert.match(one.stderr, 'two folds or more');
});

test('a file of results that is there already is not replaced', async () => {
  const path = join(folder.path, 'mine.json');
  writeFileSync(path, 'mine');
  const { exitCode, stderr } = await run(['any.safetensors', '--out', path]);
  assert.is(exitCode, 2);
  assert.match(stderr, /mine\.json: is there already/);
  assert.is(readFileSync(path, 'utf8'), 'mine');
});

test('lesion folds: a network that does not say whom it has not seen is refused', async () => {
  const path = join(folder.path, 'silent.safetensors');
  writeFileSync(path, safetensors(lesionTensors(), lesionMetadata()));
  const { exitCode, stderr } = await run([path]);
  assert.is(exitCode, 2);
  assert.match(stderr, /silent\.safetensors: no validation_patients/);
});

interface SecondLook {
  readonly own: Record<'recall' | 'precision', { value: number }>;
  readonly look: SecondLook['own'];
}

test('second look: what looks as the false alarms of other folds do is dropped', async () => {
  const patients = ['lits_x', 'lits_y', 'lits_z'];
  for (const patient of patients) await writePatient(patient, { unmarked: true });
  const out = join(folder.path, 'results/second-look.json');
  const { exitCode, stderr } = await bench('second-look.mjs', [
    ...patients.map(writeNetwork),
    ...['--data', folder.path, '--out', out],
  ]);
  assert.is(exitCode, 0, stderr);
  const { reference } = JSON.parse(readFileSync(out, 'utf8')) as { reference: SecondLook };
  assert.is(reference.own.recall.value, 1);
  assert.is(reference.own.precision.value, 0.5);
  assert.is(reference.look.recall.value, 1);
  assert.is(reference.look.precision.value, 1);
});

/** What is measured of an ellipsoid of 50 HU in a liver of 100, noise 10 about both; semi-axes in mm, pixels of 1.5 mm, slices of 2. */
function measured(semiAxes: readonly [number, number, number], noiseInside = 10): Record<string, number> {
  const size = [48, 48, 24] as const;
  const spacing = [1.5, 1.5, 2] as const;
  const data = new Float32Array(size[0] * size[1] * size[2]);
  const lesions = new Uint8Array(data.length);
  const random = randomOf(3);
  forEachVoxel(size, (index, x, y, z) => {
    const offset = [(x - 24) * 1.5, (y - 24) * 1.5, (z - 12) * 2];
    lesions[index] = Number(Math.hypot(...offset.map((mm, axis) => mm / (semiAxes[axis] ?? 1))) <= 1);
    // Uniform, of standard deviation 1.
    const noise = Math.sqrt(12) * (random() - 0.5);
    data[index] = lesions[index] ? 50 + noiseInside * noise : 100 + 10 * noise;
  });
  const liver = new Uint8Array(data.length).fill(1);
  const extent = semiAxes.map((mm, axis) => Math.floor(mm / (spacing[axis] ?? 1)));
  const box = {
    low: [24, 24, 12].map((at, axis) => at - (extent[axis] ?? 0)),
    high: [24, 24, 12].map((at, axis) => at + (extent[axis] ?? 0)),
  };
  const crop = cropOf({ scan: { size, spacing, data }, liver, lesions }, 1, box);
  const corner = crop.own.map((_: number, i: number) => {
    const [width, height] = crop.size;
    const [x, y] = [i % width, Math.floor(i / width) % height];
    return Number(crop.plain[i] === 1 && x > 0 && y > 0 && x < 8 && y < 8);
  });
  return { ...lookOf(crop, textureOf(crop, corner)), ...shapeOf(crop) };
}

function near(value: number | undefined, expected: number, by: number): void {
  assert.ok(Math.abs((value ?? NaN) - expected) <= by, `${value}, expected ${expected}`);
}

test('lesion features: contrast, edge and shape of a lesion that is known', () => {
  const round = measured([15, 15, 15]);
  near(round['contrast: core, HU'], -50, 2);
  near(round['histogram: core SD over noise'], 1, 0.1);
  near(round['texture: lag1'], 0, 0.2);
  near(round['edge: profile at 4 mm'], 1, 0.05);
  near(round['edge: profile at -4 mm'], 0, 0.05);
  near(round['shape: sphericity'], 1, 0.1);
  near(round['shape: short over long axis'], 1, 0.02);
  near(round['shape: height over width'], 1, 0.1);
  near(measured([18, 9, 12])['shape: short over long axis'], 0.5, 0.05);
  near(measured([15, 15, 15], 5)['texture: lag1'], Math.log(1 / 4), 0.2);
});

test('known motions: what is shown lies where the motion says', () => {
  const grid = {
    size: [40, 40, 20],
    spacing: [2, 2, 3],
    origin: [-40, -30, 5],
    direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  };
  const centre = [0, 10, 35];
  const motion = randomMotion(randomOf(12), centre);
  const volume = { ...grid, data: new Float32Array(40 * 40 * 20) };
  const liver = { ...grid, data: new Uint8Array(volume.data.length) };
  forEachVoxel([40, 40, 20], (index, x, y, z) => {
    // HU that tell the place.
    volume.data[index] = positionOf(grid, [x, y, z])[0] + 40;
    liver.data[index] = 1;
  });
  const what = { phase: (hu: number) => hu, noiseHu: 0, random: randomOf(1) };
  const after = scanAfter(motion, { volume, liver }, grid, what);
  let shown = 0;
  forEachVoxel([40, 40, 20], (index, x, y, z) => {
    if (!after.liver.data[index]) return;
    const place = placed(motion, positionOf(grid, [x, y, z]));
    // Slices are means over their thickness: the border's hold some air.
    if (place.some((mm: number, axis: number) => Math.abs(mm - (centre[axis] ?? 0)) > 20)) return;
    near(after.volume.data[index], place[0] + 40, 0.6);
    shown++;
  });
  assert.ok(shown > 500, `${shown} voxels are shown`);
});

/** What TypeScript says where a module, or a name in it, is not there. */
const kMissing = /error TS(2305|2306|2307|2614|2724):/;
const kCheck =
  '--ignoreConfig --allowJs --checkJs --strict false --noEmit --skipLibCheck --module nodenext --target es2023';

test('what the measurements and scripts import is there', async () => {
  const files = ['bench', 'scripts'].flatMap((room) =>
    readdirSync(join(kRoot, room), { recursive: true, encoding: 'utf8' }).map((path) => join(room, path)),
  );
  const ours = files.filter((path) => path.endsWith('.mjs') && !/node_modules|\.venv|peers\//.test(path));
  assert.ok(ours.includes('bench/pipeline.mjs'));
  const check = (paths: readonly string[]) =>
    runNode([join(kRoot, 'node_modules/typescript/bin/tsc'), ...kCheck.split(' '), ...paths]);
  const missing = (output: string) => output.split('\n').filter((line) => kMissing.test(line));
  assert.equal(missing((await check(ours)).stdout), []);
  // The check sees a name that is not there.
  const wrong = join(folder.path, 'wrong.mjs');
  writeFileSync(wrong, `import { noSuchName } from '${join(kRoot, 'bench/aims.mjs')}';\n`);
  assert.is(missing((await check([wrong])).stdout).length, 1);
});

test.run();
