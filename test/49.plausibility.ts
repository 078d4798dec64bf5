import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  classifyLesions,
  type Judged,
  loadModel,
  type Model,
  segmentLiver,
  segmentStructure,
  type VolumeInput,
  type Warning,
  writeMask,
  writeVolume,
} from '../src/index.js';
import { writeLesionModel } from './support/lesion-model.js';
import { writeThresholdModel } from './support/models.js';
import { runCli } from './support/programs.js';
import { forEachVoxel, kAxial } from './support/volumes.js';

const test = suite<{ folder: string; path: string; model: Model }>('plausibility');
test.before(async (context) => {
  context.folder = await mkdtemp(join(tmpdir(), 'hepatica-plausibility-'));
  context.path = writeThresholdModel(join(context.folder, 'threshold.safetensors'));
  context.model = await loadModel(context.path);
});
test.after(({ folder }) => rm(folder, { recursive: true }));

/** An adult's trunk: lungs at the head end, and on the right an enhanced ellipsoid of 1.5 l. */
function abdomen(hu: (value: number) => number = (value) => value): VolumeInput & { readonly data: Int16Array } {
  const size = [80, 64, 40] as const;
  const data = new Int16Array(80 * 64 * 40);
  forEachVoxel(size, (index, x, y, z) => {
    const inBody = Math.hypot((x - 40) / 36, (y - 32) / 28) < 1;
    const inLung = z > 28 && Math.hypot((x - 40) / 30, (y - 40) / 14) < 1;
    const inLiver = Math.hypot((x - 28) / 17, (y - 30) / 17, (z - 16) / 12) < 1;
    const texture = ((7 * x + 11 * y + 13 * z) % 40) - 20;
    data[index] = hu(!inBody ? -1000 : inLung ? -800 : (inLiver ? 150 : 40) + texture);
  });
  return { data, size, spacing: [4, 4, 5], origin: [0, 0, 0], direction: kAxial };
}

function codes(warnings: readonly Warning[]): string[] {
  return warnings.map(({ code }) => code);
}

function hasReasonsOnce({ plausibilityReasons, warnings }: Judged & { readonly warnings: readonly Warning[] }): void {
  for (const { code } of plausibilityReasons)
    assert.is(codes(warnings).filter((other) => other === code).length, 1, code);
}

test('a liver in an abdomen is plausible', async ({ model }) => {
  const result = await segmentLiver(abdomen(), { model });
  assert.equal(result.plausibilityReasons, []);
  assert.is(result.plausibility, 'plausible');
});

test('values that are no HU make the result implausible, whatever the structure', async ({ model, folder }) => {
  const spleen = await loadModel(writeThresholdModel(join(folder, 'spleen.safetensors'), 1, 'spleen'));
  let seed = 1;
  const noise = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.round((seed / 2 ** 32) * 800 - 400);
  };
  const inputs: Record<string, VolumeInput> = {
    'HU + 1024': abdomen((hu) => hu + 1024),
    zeros: abdomen(() => 0),
    noise: abdomen(noise),
    mask: abdomen((hu) => (hu > 120 ? 1 : 0)),
    'without air': abdomen((hu) => (hu < -500 ? -90 + Math.round(noise() / 8) : hu)),
    'spacing in cm': { ...abdomen(), spacing: [0.4, 0.4, 0.5] },
  };
  for (const [name, volume] of Object.entries(inputs)) {
    const livers = [await segmentLiver(volume, { model })];
    const spleens = name === 'zeros' || name === 'noise' ? [await segmentStructure(volume, { model: spleen })] : [];
    for (const result of [...livers, ...spleens]) {
      assert.is(result.plausibility, 'implausible', name);
      assert.ok(codes(result.plausibilityReasons).includes('IMPLAUSIBLE_VALUES'), name);
      assert.not.ok(codes(result.warnings).includes('NON_CONTRAST'), name);
      hasReasonsOnce(result);
    }
  }
  spleen.dispose();
});

test('a window, a cut liver and blank slices are doubtful', async ({ model }) => {
  const windowed = await segmentLiver(
    abdomen((hu) => Math.min(Math.max(hu, -160), 165)),
    { model },
  );
  assert.is(windowed.plausibility, 'doubtful');
  assert.equal(codes(windowed.plausibilityReasons), ['WINDOWED_VALUES']);

  for (const [first, last] of [
    [14, 40],
    [0, 12],
    [8, 20],
  ] as const) {
    const whole = abdomen();
    const pixels = 80 * 64;
    const part = {
      ...whole,
      size: [80, 64, last - first] as const,
      data: whole.data.slice(first * pixels, last * pixels),
    };
    const cut = await segmentLiver(part, { model });
    assert.is(cut.plausibility, 'doubtful');
    assert.ok(codes(cut.plausibilityReasons).includes('LIVER_CUT'));
  }

  const blank = abdomen();
  blank.data.fill(-1000, 12 * 80 * 64, 14 * 80 * 64);
  const gap = await segmentLiver(blank, { model });
  assert.ok(codes(gap.plausibilityReasons).includes('BLANK_SLICES'));
});

test('a liver that fills the picture to its border cannot be', async ({ model }) => {
  const result = await segmentLiver(
    abdomen((hu) => (hu > -500 ? hu + 150 : hu)),
    { model },
  );
  assert.is(result.plausibility, 'implausible');
  assert.ok(codes(result.plausibilityReasons).includes('IMPLAUSIBLE_RESULT'));
});

test('lesions are judged by the liver that they were looked for in', async ({ model, folder }) => {
  const lesions = await loadModel(writeLesionModel(join(folder, 'lesions.safetensors')));
  const good = await classifyLesions(await segmentLiver(abdomen(), { model }), { model: lesions });
  assert.is(good.plausibility, 'plausible');
  const liver = await segmentLiver(
    abdomen((hu) => hu + 1024),
    { model },
  );
  const found = await classifyLesions(liver, { model: lesions });
  assert.is(found.plausibility, 'implausible');
  assert.equal(found.plausibilityReasons, liver.plausibilityReasons);
  hasReasonsOnce(found);
  lesions.dispose();
});

test('the command line says so first, writes the files and ends with 8', async ({ folder, path }) => {
  const input = join(folder, 'raw.nii.gz');
  await writeVolume(
    input,
    abdomen((hu) => hu + 1024),
  );
  const command = (out: string) => ['segment', input, '--model', path, '--overlay', 'none', '--out', join(folder, out)];
  const { exitCode, stdout } = await runCli(command('refused'));
  assert.is(exitCode, 8);
  assert.match(stdout, /^IMPLAUSIBLE \(IMPLAUSIBLE_VALUES/);
  const report = JSON.parse(await readFile(join(folder, 'refused', 'report.json'), 'utf8'));
  assert.is(report.plausibility, 'implausible');
  assert.is(report.plausibilityReasons[0].code, 'IMPLAUSIBLE_VALUES');
  assert.is((await runCli([...command('accepted'), '--accept-implausible'])).exitCode, 0);

  const scan = join(folder, 'scan.nii.gz');
  await writeVolume(scan, abdomen());
  const fine = await runCli(['segment', scan, '--model', path, '--overlay', 'none', '--out', join(folder, 'fine')]);
  assert.is(fine.exitCode, 0, fine.stderr);
  assert.not.match(fine.stdout, /PLAUSIBLE|DOUBTFUL/);
});

test('every command that looks for a liver says so and ends with 8', async ({ folder, path }) => {
  const raw = abdomen((hu) => hu + 1024);
  const dataset = join(folder, 'dataset');
  await mkdir(join(dataset, 'a'), { recursive: true });
  const image = join(dataset, 'a', 'image.nii.gz');
  await writeVolume(image, raw);
  const label = { ...raw, data: Uint8Array.from(raw.data, (hu) => (hu > 1150 ? 1 : 0)) };
  await writeMask(join(dataset, 'a', 'label.nii.gz'), label);
  const lesions = ['--model', writeLesionModel(join(folder, 'network.safetensors')), '--liver-model', path];
  const commands = [
    ['evaluate', '--dataset', dataset, '--model', path],
    ['evaluate', '--lesions', '--dataset', dataset, ...lesions],
    ['filters', image, ...lesions, '--layers', 'class7', '--out', join(folder, 'filters')],
    ['synthesize', image, '--liver-model', path, '--count', '0', '--out', join(folder, 'synthetic')],
  ];
  for (const command of commands) {
    const { exitCode, stderr } = await runCli(command);
    assert.is(exitCode, 8, `${command[0]}: ${stderr}`);
    assert.match(stderr, /IMPLAUSIBLE \(IMPLAUSIBLE_VALUES/);
    assert.is((await runCli([...command, '--accept-implausible'])).exitCode, 0, command[0]);
  }
});

test.run();
