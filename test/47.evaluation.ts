import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { perimetersDocument } from '../src/documents/results.js';
import {
  evaluateSegmentation,
  InputFileError,
  InvalidArgumentError,
  readMask,
  readSeries,
  tracePerimeters,
  type Volume,
  writeMask,
  writeSegmentation,
  writeSeries,
  writeVolume,
} from '../src/index.js';
import { maskOfPolygons } from '../src/volume/polygon-mask.js';
import { makeFindings } from './support/dicom-findings.js';
import { writeThresholdModel } from './support/models.js';
import { makeFolder, runCli } from './support/programs.js';
import { rejection } from './support/rejections.js';
import { kAxial, kOrganHu, makePhantom } from './support/volumes.js';

const folder = makeFolder();
const at = (...names: string[]) => join(folder.path, ...names);
const test = suite('evaluation');
test.after(() => folder.remove());

/** A mask of ten voxels of 2 mm³, the first `count` after `start` set. */
function row(start: number, count: number) {
  const data = Uint8Array.from({ length: 10 }, (_, i) => (i >= start && i < start + count ? 1 : 0));
  return { data, size: [10, 1, 1], spacing: [1, 1, 2], origin: [0, 0, 0], direction: kAxial } as const;
}

test('counts the overlap (paper, equations 4 to 6)', async () => {
  // 4 voxels against 6, 3 in common: TP 3, FP 1, FN 3.
  const metrics = await evaluateSegmentation(row(0, 4), row(1, 6));
  assert.is(metrics.dice, 6 / 10);
  assert.ok(Math.abs(metrics.voe - 100 * (1 - 3 / 7)) < 1e-9);
  assert.ok(Math.abs((metrics.rvd ?? 0) - (100 * 2) / 6) < 1e-9);
  assert.is(metrics.predictionVoxels, 4);
  assert.is(metrics.referenceVoxels, 6);
  assert.ok(Math.abs(metrics.predictionMl - 0.008) < 1e-12);
});

test('RVD by its three conventions', async () => {
  const rvd = async (convention: 'paper' | 'standard' | 'lits') =>
    (await evaluateSegmentation(row(0, 9), row(0, 6), { convention })).rvd;
  assert.is(await rvd('paper'), -50);
  assert.is(await rvd('standard'), 50);
  assert.is(await rvd('lits'), 50);
});

test('tells how far the surfaces lie apart, on a grid whose axes differ', async () => {
  // Runs of single voxels are surface all through: 1 mm beyond the one end, 3 mm beyond the other.
  const along = await evaluateSegmentation(row(0, 4), row(1, 6));
  assert.ok(Math.abs((along.hd95Mm ?? 0) - 2.75) < 1e-6, 'of 0, 0, 0, 1, 2 and 3 mm');
  assert.is(along.surfaceDice, 9 / 10);
  // The same masks along an axis of 2 mm.
  const turned = (start: number, count: number) => ({ ...row(start, count), size: [1, 1, 10] as const });
  const through = await evaluateSegmentation(turned(0, 4), turned(1, 6));
  assert.ok(Math.abs((through.hd95Mm ?? 0) - 5.5) < 1e-6);
  assert.is(through.surfaceDice, 8 / 10);
});

test('empty masks', async () => {
  const both = await evaluateSegmentation(row(0, 0), row(0, 0));
  assert.equal([both.dice, both.voe, both.rvd, both.hd95Mm, both.surfaceDice], [1, 0, 0, 0, 1]);
  const reference = await evaluateSegmentation(row(0, 3), row(0, 0));
  assert.equal(
    [reference.dice, reference.voe, reference.rvd, reference.hd95Mm, reference.surfaceDice],
    [0, 100, null, null, 0],
  );
});

test('masks on different grids are not compared', async () => {
  const moved = { ...row(0, 4), origin: [0.6, 0, 0] as const };
  const error = await rejection(evaluateSegmentation(row(0, 4), moved), InvalidArgumentError, 'GEOMETRY_MISMATCH');
  assert.is(error.field, 'reference');
  const near = { ...row(0, 4), origin: [0.4, 0, 0] as const };
  assert.is((await evaluateSegmentation(row(0, 4), near)).dice, 1);
  const other = { ...row(0, 4), data: new Uint8Array(5), size: [5, 1, 1] as const };
  await rejection(evaluateSegmentation(row(0, 4), other), InvalidArgumentError, 'GEOMETRY_MISMATCH');
});

test('polygons give back the mask that they were traced from, as trainings draw them', async () => {
  const size = [41, 33, 6] as const;
  let state = 7;
  const random = () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
  for (const density of [0.05, 0.4, 0.6, 0.95]) {
    const data = Uint8Array.from({ length: 41 * 33 * 6 }, () => Number(random() < density));
    const grid = { size, spacing: [1, 1, 2], origin: [0, 0, 0], direction: kAxial } as const;
    const perimeters = await tracePerimeters({ ...grid, data });
    const polygons = perimeters.map(({ slice, hole, pixels }) => ({ slice, hole, points: pixels }));
    assert.equal((await maskOfPolygons(polygons.toReversed(), grid)).data, data, `density ${density}`);
  }
  const triangle = { slice: 0, hole: false, points: Float32Array.of(-5, -0.5, 9.5, 3, 2.25, 40) };
  const small = { size: [6, 5, 1], spacing: [1, 1, 2], origin: [0, 0, 0], direction: kAxial } as const;
  const { data: outside } = await maskOfPolygons([triangle], small);
  assert.equal([...outside.subarray(24)], [1, 1, 1, 1, 1, 1], 'cut where the slice ends');
});

/** A phantom as DICOM and NIfTI, with its organ in the forms that trainings read. */
async function writeLabelled(): Promise<Volume> {
  const phantom = makePhantom({ size: [48, 40, 6], organCentre: [16, 18, 3], organRadius: 7 });
  await writeVolume(at('image.nii.gz'), phantom);
  await writeSeries(at('image'), phantom, { patientId: 'P' });
  const series = await readSeries(at('image'));
  const label = { ...phantom, data: Uint8Array.from(phantom.data, (hu) => (hu === kOrganHu ? 2 : 0)) };
  await writeMask(at('label.nii.gz'), label);
  const { source } = series.report as NonNullable<Volume['report']>;
  mkdirSync(at('seg'));
  await writeSegmentation(at('seg', 'S1'), { ...label, data: label.data.map((value) => value / 2), source });
  const perimeters = await tracePerimeters(label);
  writeFileSync(at('perimeters.json'), JSON.stringify(perimetersDocument(series, { ...label, perimeters } as never)));
  const polygons = perimeters.map(({ slice, pixels }) => {
    const points = Array.from({ length: pixels.length / 2 }, (_, i) => [pixels[2 * i], pixels[2 * i + 1]] as number[]);
    return { slice, points: points.map(([x, y]) => [(x as number) + 0.5, (y as number) + 0.5]) };
  });
  mkdirSync(at('labelme'));
  for (const { slice, points } of polygons) {
    const shapes = [{ shape_type: 'polygon', label: 'liver', points }];
    writeFileSync(at('labelme', `slice_${slice}.json`), JSON.stringify({ shapes, imagePath: `slice_${slice}.png` }));
  }
  return series;
}

test('a dataset is evaluated with every label that a training reads', async () => {
  await writeLabelled();
  const model = writeThresholdModel(at('model.safetensors'));
  const cases = [
    { patient: 'mask', image: 'image.nii.gz', label: 'label.nii.gz', labelValues: [2] },
    { patient: 'perimeters', image: 'image.nii.gz', label: 'perimeters.json' },
    { patient: 'perimeters of a series', image: 'image', label: 'perimeters.json' },
    { patient: 'labelme', image: 'image.nii.gz', label: 'labelme' },
    { patient: 'seg', image: 'image', label: 'seg', labelSegments: ['SCT:10200004'] },
  ];
  writeFileSync(at('dataset.json'), JSON.stringify({ cases }));
  const evaluate = (name: string) =>
    runCli(['evaluate', '--dataset', at(name), '--model', model, '--json', '--accept-implausible']);
  const { stdout, stderr, exitCode } = await evaluate('dataset.json');
  assert.is(exitCode, 0, stderr);
  const dices = (JSON.parse(stdout) as { cases: { dice: number }[] }).cases.map(({ dice }) => dice);
  assert.ok((dices[0] as number) > 0.5);
  assert.equal(
    dices,
    cases.map(() => dices[0]),
  );

  const wrong = [
    [{ patient: 'series', image: 'image', label: 'image' }, 'UNSUPPORTED_FORMAT', 3],
    [{ patient: 'no-source', image: 'image.nii.gz', label: 'seg' }, 'NO_DICOM_SOURCE', 2],
    [{ patient: 'segments', image: 'image', label: 'label.nii.gz', labelSegments: [1] }, 'INVALID_ARGUMENT', 2],
    [{ patient: 'absent', image: 'image', label: 'absent.json' }, 'FILE_NOT_FOUND', 3],
  ] as const;
  for (const [one, code, expected] of wrong) {
    writeFileSync(at('wrong.json'), JSON.stringify({ cases: [cases[0], one] }));
    const refused = await evaluate('wrong.json');
    assert.is(refused.exitCode, expected, refused.stderr);
    assert.match(refused.stderr, code);
    assert.match(refused.stderr, `${one.patient}: `);
    assert.not.match(refused.stderr, 'Dice');
  }
});

test('lesions are evaluated with every label that a training reads', async () => {
  const series = await readSeries(at('image'));
  const findings = makeFindings(series, 2);
  await writeSegmentation(at('lesions.dcm'), findings);
  await writeMask(at('ids.nii.gz'), findings);
  const traced = await Promise.all(
    [1, 2].map((id) => tracePerimeters({ ...series, data: findings.mask.map((value) => Number(value === id)) })),
  );
  const slices = traced.flatMap((perimeters, index) =>
    perimeters.map(({ slice, hole, pixels }) => ({
      slice,
      polygons: [{ hole, type: index === 0 ? 'HCC' : 'CYS', points: [...pixels] }],
    })),
  );
  writeFileSync(at('lesions.json'), JSON.stringify({ format: 'hepatica-perimeters', version: 1, slices }));
  const cases = [
    { patient: 'mask', image: 'image', label: 'ids.nii.gz', labelTypes: { 1: 'HCC', 2: 'CYS' } },
    { patient: 'polygons', image: 'image.nii.gz', label: 'lesions.json' },
    {
      ...{ patient: 'seg', image: 'image', label: 'lesions.dcm', liverSegments: ['Liver'] },
      labelTypes: { 2: 'HCC', 'SCT:367643001': 'CYS' },
    },
    { patient: 'healthy', image: 'image', liver: 'seg', marked: true },
  ];
  writeFileSync(at('typed.json'), JSON.stringify({ cases }));
  const kinds = ['HCC', 'CYS'] as const;
  const lesions = findings.lesions.map(({ probabilities, detectionProbability }, index) => {
    return { id: index + 1, type: kinds[index], probabilities, detectionProbability };
  });
  for (const { patient } of cases) {
    mkdirSync(at('found', patient), { recursive: true });
    await writeMask(at('found', patient, 'lesions.nii.gz'), findings);
    writeFileSync(at('found', patient, 'lesions.json'), JSON.stringify({ lesions }));
  }
  const evaluate = (name: string) =>
    runCli([
      'evaluate',
      '--lesions',
      '--dataset',
      at(name),
      '--predictions',
      at('found'),
      '--json',
      '--resamples',
      '9',
    ]);
  const { stdout, stderr, exitCode } = await evaluate('typed.json');
  assert.is(exitCode, 0, stderr);
  const found = (JSON.parse(stdout) as { cases: { dice: number; references: { type: string }[] }[] }).cases;
  assert.equal(
    found.map(({ dice, references }) => [dice, references.map(({ type }) => type)]),
    [
      [1, ['CYS', 'HCC']],
      [1, ['CYS', 'HCC']],
      [1, ['CYS', 'HCC']],
      [0, []],
    ],
  );
  renameSync(at('lesions.dcm'), at('untyped.dcm'));
  for (const [one, field] of [
    [{ patient: 'untold', image: 'image', label: 'untyped.dcm' }, 'labelTypes'],
    [{ patient: 'partly', image: 'image', label: 'ids.nii.gz', marked: false }, 'marked'],
  ] as const) {
    writeFileSync(at('wrong.json'), JSON.stringify({ cases: [one] }));
    const refused = await evaluate('wrong.json');
    assert.is(refused.exitCode, 2, refused.stderr);
    assert.match(refused.stderr, field === 'marked' ? '--patients' : field);
    assert.match(refused.stderr, `${one.patient}: `);
  }
});

test('a mask that is DICOM is asked for its series', async () => {
  for (const source of [at('seg', 'S1'), readFileSync(at('seg', 'S1'))]) {
    const error = await rejection(readMask(source), InputFileError, 'NOT_NIFTI');
    assert.is(error.field, 'volume');
    assert.match(error.message, 'is DICOM');
    assert.match(error.remedy ?? '', /option volume/);
  }
  const other = await rejection(readMask(at('dataset.json')), InputFileError, 'NOT_NIFTI');
  assert.is.not(other.field, 'volume');
});

test.run();
