/** Types from both contrast phases: a pair in the phantom, and arterial scans that do not fit. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { withMetadata } from '../scripts/weights-metadata.mjs';
import { lesionsSchema, reportSchema } from '../src/documents/index.js';
import { lesionsDocument } from '../src/documents/results.js';
import { InputFileError, InvalidArgumentError, ModelError } from '../src/errors.js';
import {
  classifyLesions,
  type LesionClassification,
  loadModel,
  type Model,
  readMask,
  readSeries,
  renderReportPage,
  type SyntheticLesions,
  synthesizeLesions,
  type VolumeInput,
  writeVolume,
} from '../src/index.js';
import { kRoot, makeFolder, runCli } from './support/programs.js';
import { rejection } from './support/rejections.js';

const kPhantom = join(kRoot, 'test/data/phantom');
const kWeights = join(kRoot, 'packages/weights-mdl/mdl_cnn.safetensors');

interface Context {
  folder: ReturnType<typeof makeFolder>;
  model: Model;
  pair: SyntheticLesions;
  liver: Uint8Array;
  told: LesionClassification;
}

const test = suite<Context>('arterial');

/** Bright in the arterial scan is HCC, whatever the class map says; else as the class map says. */
const kReadout = {
  CYS: { intercept: 0, log_cys: 1 },
  ANG: { intercept: 0, log_ang: 1 },
  HCC: { intercept: 0, log_hcc: 1, core: 100 },
  MET: { intercept: 0, log_met: 1 },
};

async function weightsWith(folder: string, name: string, readout: unknown): Promise<string> {
  const path = join(folder, `${name}.safetensors`);
  const change = (metadata: object) => ({ ...metadata, arterial_readout: JSON.stringify(readout) });
  await writeFile(path, withMetadata(await readFile(kWeights), change));
  return path;
}

const gridOf = ({ size, spacing, origin, direction }: VolumeInput) => ({ size, spacing, origin, direction });

/** The slices from `first` to before `last`. */
function slab(volume: VolumeInput, first: number, last: number): VolumeInput {
  const pixels = volume.size[0] * volume.size[1];
  const [x, y, z] = volume.origin;
  return {
    ...gridOf(volume),
    size: [volume.size[0], volume.size[1], last - first],
    origin: [x, y, z + first * volume.spacing[2]],
    data: volume.data.slice(first * pixels, last * pixels) as Int16Array,
  };
}

test.before(async (context) => {
  context.folder = makeFolder();
  context.model = await loadModel(await weightsWith(context.folder.path, 'readout', kReadout));
  const volume = await readSeries(join(kPhantom, 'dicom'));
  const liver = await readMask(join(kPhantom, 'liver.nii.gz'));
  context.liver = liver.data.map((value) => Number(value !== 0));
  context.pair = await synthesizeLesions(
    volume,
    { ...gridOf(volume), data: context.liver },
    {
      seed: 5,
      types: ['HCC', 'CYS'],
      count: [6, 6],
      mixedProbability: 1,
      arterial: true,
      arterialTurn: [2, -2, 5],
      arterialShiftMm: [6, -5, 12],
      arterialSliceMm: 3,
    },
  );
  const { model, pair } = context;
  context.told = await classifyLesions(
    { volume: pair.volume, mask: context.liver },
    { model, arterial: pair.arterial?.volume as VolumeInput, device: 'cpu' },
  );
});
test.after(({ folder }) => folder.remove());

test('a moved arterial scan is laid on the portal venous one, and each lesion is measured in both', ({
  told,
  pair,
}) => {
  const phase = told.arterial;
  if (!phase || !pair.arterial) throw new Error('Expected an arterial phase');
  assert.ok(phase.agreement > 0.3, `${phase.agreement}`);
  assert.ok(phase.covered > 0.95, `${phase.covered}`);
  assert.is(phase.contrast.phase, 'arterial');
  const truth = pair.arterial.motion;
  for (const place of [
    [-100, 0, -340],
    [0, 20, -300],
    [-50, -40, -380],
  ] as const) {
    const miss = [0, 1, 2].map((row) => {
      const carried = ({ rotation: r, offsetMm: o }: typeof truth) =>
        [0, 1, 2].reduce((sum, k) => sum + (r[3 * row + k] ?? 0) * (place[k] ?? 0), o[row] ?? 0);
      return carried(phase.motion) - carried(truth);
    });
    assert.ok(Math.hypot(...miss) < 3, `${miss}`);
  }
  const shown = told.lesions.flatMap(({ arterial }) => (arterial ? [arterial] : []));
  assert.ok(shown.length >= 2 && shown.length >= told.lesions.length - 1);
  for (const signs of shown) {
    assert.ok(Math.abs(signs.arterial.liverHu - pair.arterial.liverHu) < 6);
    assert.ok(signs.portal.liverHu > signs.arterial.liverHu + 15);
    assert.ok(signs.arterial.darkestHu <= signs.arterial.meanHu && signs.arterial.meanHu <= signs.arterial.brightestHu);
    const sum = Object.values(signs.portalProbabilities).reduce((total, value) => total + value, 0);
    assert.ok(Math.abs(sum - 1) < 1e-6);
  }
  assert.not(told.warnings.some(({ code }) => code === 'NOT_ARTERIAL' || code === 'REGISTRATION_DOUBTFUL'));
});

test('the readout makes the type of both scans', async ({ told, pair, liver, model }) => {
  const alone = await classifyLesions({ volume: pair.volume, mask: liver }, { model, device: 'cpu' });
  assert.is(alone.arterial, undefined);
  assert.equal(alone.mask, told.mask);
  let bright = 0;
  for (const [index, lesion] of told.lesions.entries()) {
    const { arterial: signs, type, probabilities } = lesion;
    assert.is(alone.lesions[index]?.arterial, undefined);
    if (!signs) {
      assert.equal(probabilities, alone.lesions[index]?.probabilities);
      continue;
    }
    assert.equal(signs.portalProbabilities, alone.lesions[index]?.probabilities);
    const core = (signs.arterial.coreHu - signs.arterial.liverHu) / 100;
    const logs = (['CYS', 'ANG', 'HCC', 'MET'] as const).map((name) =>
      Math.log(Math.max(signs.portalProbabilities[name], 1e-3)),
    );
    logs[2] = (logs[2] ?? 0) + 100 * core;
    const highest = Math.max(...logs);
    const powers = logs.map((log) => Math.exp(log - highest));
    const expected = powers.map((power) => power / powers.reduce((sum, value) => sum + value, 0));
    for (const [k, name] of (['CYS', 'ANG', 'HCC', 'MET'] as const).entries()) {
      assert.ok(Math.abs(probabilities[name] - (expected[k] ?? 0)) < 1e-6);
    }
    if (core > 0.1) {
      bright++;
      assert.is(type, 'HCC');
      assert.not(lesion.indeterminate);
    }
  }
  assert.ok(bright > 0, 'no bright lesion was found');
});

test('documents and the page say it', async ({ told }) => {
  const document = lesionsSchema.parse(JSON.parse(JSON.stringify(lesionsDocument('phantom', told))));
  assert.equal(document.arterial?.motion.offsetMm, told.arterial?.motion.offsetMm);
  assert.is(document.lesions[0]?.arterial?.arterial.meanHu, told.lesions[0]?.arterial?.arterial.meanHu);
  const page = await renderReportPage(told);
  assert.match(page, /HU, arterial \(liver\)/);
});

test('the same on one thread and on several', async ({ told, pair, liver, model }) => {
  const arterial = pair.arterial?.volume as VolumeInput;
  const one = await classifyLesions(
    { volume: pair.volume, mask: liver },
    { model, arterial, device: 'cpu', threads: 1 },
  );
  assert.equal(one.arterial, told.arterial);
  assert.equal(
    one.lesions.map(({ arterial: signs }) => signs),
    told.lesions.map(({ arterial: signs }) => signs),
  );
});

test('part of the liver: lesions that it does not show are told from the one scan', async ({ pair, liver, model }) => {
  const whole = pair.arterial?.volume as VolumeInput;
  const arterial = slab(whole, Math.floor(whole.size[2] * 0.42), whole.size[2]);
  const found = await classifyLesions({ volume: pair.volume, mask: liver }, { model, arterial, device: 'cpu' });
  assert.ok((found.arterial?.covered ?? 1) < 0.95);
  assert.ok(found.warnings.some(({ code }) => code === 'LIVER_PARTLY_COVERED'));
  const signs = found.lesions.map((lesion) => lesion.arterial !== undefined);
  assert.ok(signs.includes(true) && signs.includes(false), `${signs}`);
});

test('what does not fit is refused', async ({ pair, liver, model, folder }) => {
  const arterial = pair.arterial?.volume as VolumeInput;
  const scan = { volume: pair.volume, mask: liver };
  const refused = (volume: VolumeInput, code: string, network = model) =>
    rejection(classifyLesions(scan, { model: network, arterial: volume, device: 'cpu' }), InvalidArgumentError, code);
  const third = slab(arterial, 0, Math.floor(arterial.size[2] * 0.4));
  assert.is((await refused(third, 'LIVER_NOT_COVERED')).field, 'arterial');
  const upsideDown = { ...gridOf(arterial), data: arterial.data.slice().reverse() as Int16Array };
  assert.match((await refused(upsideDown, 'REGISTRATION_FAILED')).message, /they share 0\.\d\d of what they show/);
  const blank = { ...gridOf(arterial), data: new Int16Array(arterial.data.length).fill(40) };
  await refused(blank, 'REGISTRATION_FAILED');
  await refused({ ...arterial, size: [1, 2, 3] } as VolumeInput, 'INVALID_ARGUMENT');
  const coronal = { ...arterial, data: arterial.data, direction: [1, 0, 0, 0, 0, 1, 0, -1, 0] } as VolumeInput;
  const refusal = rejection(
    classifyLesions(scan, { model, arterial: coronal, device: 'cpu' }),
    InputFileError,
    'UNSUPPORTED_ORIENTATION',
  );
  assert.is((await refusal).field, 'arterial');
  await rejection(
    classifyLesions(scan, { model, arterial: 3 as unknown as VolumeInput }),
    InvalidArgumentError,
    'INVALID_ARGUMENT',
  );

  const without = await readFile(kWeights);
  const { arterial_readout: _, ...rest } = JSON.parse(
    without.subarray(8, 8 + Number(without.readBigUInt64LE(0))).toString(),
  ).__metadata__;
  const plain = join(folder.path, 'plain.safetensors');
  await writeFile(
    plain,
    withMetadata(without, () => rest),
  );
  const network = await loadModel(plain);
  await rejection(
    classifyLesions(scan, { model: network, arterial, device: 'cpu' }),
    ModelError,
    'NO_ARTERIAL_READOUT',
  );
  for (const readout of [
    3,
    {},
    { ...kReadout, HCC: { intercept: 'x' } },
    { ...kReadout, HCC: { intercept: 0, hu: 1 } },
  ]) {
    const damaged = await loadModel(await weightsWith(folder.path, 'damaged', readout));
    await rejection(classifyLesions(scan, { model: damaged, arterial, device: 'cpu' }), ModelError, 'WRONG_MODEL');
  }
});

test('another patient is refused by the ID, a portal venous scan is warned of', async ({ pair, liver, model }) => {
  const volume = await readSeries(join(kPhantom, 'dicom'));
  const other = { ...volume, report: volume.report && { ...volume.report, patientId: 'SOMEBODY_ELSE' } };
  const failure = await rejection(
    classifyLesions({ volume, mask: liver }, { model, arterial: other, device: 'cpu' }),
    InvalidArgumentError,
    'PATIENT_MISMATCH',
  );
  assert.is(failure.field, 'arterial');
  assert.not(failure.message.includes('SOMEBODY_ELSE'));
  const twice = await classifyLesions(
    { volume: pair.volume, mask: liver },
    { model, arterial: pair.volume, device: 'cpu' },
  );
  assert.ok(twice.warnings.some(({ code }) => code === 'NOT_ARTERIAL'));
});

test('the command line reads the arterial scan, says how it fits and what was measured, and why one does not', async ({
  folder,
  pair,
}) => {
  const paths = { portal: join(folder.path, 'portal.nii.gz'), arterial: join(folder.path, 'arterial.nii.gz') };
  await writeVolume(paths.portal, pair.volume);
  await writeVolume(paths.arterial, pair.arterial?.volume as VolumeInput);
  const weights = join(folder.path, 'readout.safetensors');
  const out = join(folder.path, 'out');
  const command = ['classify', paths.portal, '--model', weights, '--device', 'cpu', '--out', out];
  const told = await runCli([...command, '--arterial', paths.arterial]);
  assert.is(told.exitCode, 0, told.stderr);
  assert.match(told.stdout, /arterial scan: \d+ % of the liver, agreement 0\.\d\d, contrast phase arterial/);
  assert.match(told.stdout, /, arterial [+−]\d+ HU, slice/);
  const document = lesionsSchema.parse(JSON.parse(await readFile(join(out, 'lesions.json'), 'utf8')));
  assert.is(document.arterial?.contrast.phase, 'arterial');
  const report = reportSchema.parse(JSON.parse(await readFile(join(out, 'report.json'), 'utf8')));
  assert.equal(
    [report.inputs, report.arterialInputs ?? []].map((files) => files.map(({ file }) => file)),
    [[paths.portal], [paths.arterial]],
  );
  const absent = await runCli([...command, '--arterial', join(folder.path, 'nothing.nii.gz')]);
  assert.is(absent.exitCode, 3, absent.stderr);
});

test('progress never falls and names the registration; an abort ends it with its reason', async ({
  pair,
  liver,
  model,
}) => {
  const arterial = pair.arterial?.volume as VolumeInput;
  const told: { stage: string; fraction: number }[] = [];
  const controller = new AbortController();
  const reason = new Error('enough');
  const onProgress = (progress: { stage: string; fraction: number }) => {
    told.push(progress);
    if (progress.stage === 'registering') controller.abort(reason);
  };
  try {
    await classifyLesions(
      { volume: pair.volume, mask: liver },
      { model, arterial, device: 'cpu', onProgress, signal: controller.signal },
    );
    assert.unreachable();
  } catch (error) {
    assert.is(error, reason);
  }
  assert.ok(told.every(({ fraction }, index) => index === 0 || fraction >= (told[index - 1]?.fraction ?? 0)));
});

test.run();
