/**
 * Liver Dice, VOE, RVD, HD95 and surface Dice per patient on labelled scans: as NIfTI as they are, and as 512×512 DICOM that the project
 * writes from them (upsampled from 256×256 by two, so finer in pixels, not in content).
 *
 *   node bench/liver-dice.mjs validation     the validation patients of the seeded split of ct/train
 *   node bench/liver-dice.mjs open-test      the held-out patients: to report, never to choose
 *   node bench/liver-dice.mjs folds --model FOLD.safetensors --model …
 *                                            by each network those that it was trained without, as its metadata says, as NIfTI
 *                                            alone: together out of fold
 *
 * Means of all, and by slice thickness, set and tumour.
 *   --model FILE                             (default: the package's), --precision fp32|bf16
 *   --data FOLDER                            with train/ and open-test/, of PATIENT/image.nii.gz and label.nii.gz (default: the
 *                                            scans in ../shared); --out FILE (default: bench/results/liver-dice-….json)
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { foldsOf, kLabelLesion, marksLesions } from './marked-scans.mjs';
import { kData, kRoot } from './peers.mjs';
import { resultsFile, writeResults } from './results-file.mjs';

const kSeed = 0;

function wrongUse(message) {
  console.error(`node bench/liver-dice.mjs validation|open-test|folds [--model FILE…] [--precision P]: ${message}`);
  process.exit(2);
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: 'string', multiple: true, default: [] },
    precision: { type: 'string', default: 'auto' },
    data: { type: 'string', default: join(kData, 'ct') },
    out: { type: 'string' },
    // The built façade; the tests name its source.
    library: { type: 'string', default: join(kRoot, 'dist', 'index.js') },
  },
});
const hepatica = await import(values.library);
const { evaluateSegmentation, loadModel, readMask, readSeries, readVolume, segmentLiver, splitPatients, writeSeries } =
  hepatica;

/** Every slice with twice the pixels a side; `sample(z, x, y)` is asked at source coordinates of the new centres. */
function doubled({ size, spacing, origin, direction }, data, sample) {
  const [width, height, slices] = size;
  const finer = new data.constructor(data.length * 4);
  let index = 0;
  for (let z = 0; z < slices; z++) {
    for (let y = 0; y < 2 * height; y++) {
      for (let x = 0; x < 2 * width; x++) finer[index++] = sample(data, size, z, (x - 0.5) / 2, (y - 0.5) / 2);
    }
  }
  const step = (axis) => [0, 1, 2].map((row) => (direction[3 * row + axis] * spacing[axis]) / -4);
  const [dx, dy] = [step(0), step(1)];
  return {
    data: finer,
    size: [2 * width, 2 * height, slices],
    spacing: [spacing[0] / 2, spacing[1] / 2, spacing[2]],
    origin: origin.map((value, row) => value + dx[row] + dy[row]),
    direction,
  };
}

function nearest(data, [width, height], z, x, y) {
  return data[(z * height + Math.round(y)) * width + Math.round(x)];
}

function linear(data, [width, height], z, x, y) {
  const clamp = (value, limit) => Math.min(Math.max(value, 0), limit - 1);
  const [x0, y0] = [Math.floor(x), Math.floor(y)];
  const at = (column, row) => data[(z * height + clamp(row, height)) * width + clamp(column, width)];
  const along = (row) => at(x0, row) * (1 - (x - x0)) + at(x0 + 1, row) * (x - x0);
  return Math.round(along(y0) * (1 - (y - y0)) + along(y0 + 1) * (y - y0));
}

async function metricsOf(volume, reference, options) {
  const liver = await segmentLiver(volume, options);
  const metrics = await evaluateSegmentation(liver, reference);
  liver.dispose();
  return metrics;
}

async function asDicom(volume, reference, options) {
  const folder = mkdtempSync(join(tmpdir(), 'hepatica-dice-'));
  try {
    const toInt16 = { ...volume, data: Int16Array.from(volume.data, Math.round) };
    await writeSeries(folder, doubled(toInt16, toInt16.data, linear));
    const series = await readSeries(folder);
    const finer = doubled(reference, reference.data, nearest);
    // Positions pass through decimal strings: the same grid to less than a micrometre.
    const { size, spacing, origin, direction } = series;
    return await metricsOf(series, { data: finer.data, size, spacing, origin, direction }, options);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function row(name, { dice, voe, rvd, hd95Mm, surfaceDice }) {
  const overlap = `Dice ${dice.toFixed(4)}  VOE ${voe.toFixed(2).padStart(6)}  RVD ${rvd.toFixed(2).padStart(7)}`;
  return `${name.padEnd(24)} ${overlap}  HD95 ${(hd95Mm?.toFixed(2) ?? '–').padStart(6)}  surface Dice ${surfaceDice.toFixed(4)}`;
}

function meanOf(list) {
  // A liver that was not found has no surface.
  const mean = (key, of = (value) => value) => {
    const values = list.map((item) => item[key]).filter((value) => value !== null);
    return values.length > 0 ? values.reduce((sum, value) => sum + of(value), 0) / values.length : null;
  };
  return {
    dice: mean('dice'),
    voe: mean('voe'),
    rvd: mean('rvd'),
    absoluteRvd: mean('rvd', Math.abs),
    hd95Mm: mean('hd95Mm'),
    surfaceDice: mean('surfaceDice'),
  };
}

/** The share of the liver that is marked as tumour; undefined where none would be. */
const tumourOf = (patient, { data }) =>
  marksLesions(patient)
    ? data.filter((label) => label === kLabelLesion).length / data.filter((label) => label > 0).length
    : undefined;

const kGroups = {
  'slices up to 1.3 mm': ({ slicesMm }) => slicesMm <= 1.3,
  'slices of 1.3 to 3 mm': ({ slicesMm }) => slicesMm > 1.3 && slicesMm <= 3,
  'slices over 3 mm': ({ slicesMm }) => slicesMm > 3,
  '3D-IRCADb-01': ({ patient }) => patient.startsWith('ircad'),
  LiTS: ({ patient }) => patient.startsWith('lits'),
  'tumour below 2 %': ({ tumour }) => tumour < 0.02,
  'tumour 2 % and more': ({ tumour }) => tumour >= 0.02,
};

const [which = 'validation'] = positionals;
const folds = which === 'folds';
if (!folds && !['validation', 'open-test'].includes(which)) wrongUse(`unknown patients, ${which}`);
if (folds && values.model.length < 2) wrongUse('name the networks of two folds or more');
if (!folds && values.model.length > 1) wrongUse('several networks are for folds');
const out = resultsFile(`liver-dice-${which}`, values.out);
const folder = join(values.data, which === 'open-test' ? 'open-test' : 'train');

/** @returns a network and the patients that it is tried on */
async function trial([file]) {
  const names = readdirSync(folder).sort();
  const patients = which === 'open-test' ? names : splitPatients(names, kSeed).validation;
  return { model: await loadModel(file), patients };
}

const trials = folds ? await foldsOf(hepatica, values.model) : [await trial(values.model)];
const results = { which, seed: kSeed, models: trials.map(({ model }) => model.info.sha256), nifti: [], dicom: [] };
for (const { model, patients } of trials) {
  const options = { model, precision: values.precision, device: 'cpu' };
  for (const patient of patients) {
    const volume = await readVolume(join(folder, patient, 'image.nii.gz'));
    const labels = await readMask(join(folder, patient, 'label.nii.gz'));
    const reference = { ...labels, data: labels.data.map((label) => (label > 0 ? 1 : 0)) };
    const known = { patient, model: model.info.sha256, slicesMm: volume.spacing[2], tumour: tumourOf(patient, labels) };
    results.nifti.push({ ...known, ...(await metricsOf(volume, reference, options)) });
    console.log(row(`${patient} NIfTI`, results.nifti.at(-1)));
    if (folds) continue;
    results.dicom.push({ patient, ...(await asDicom(volume, reference, options)) });
    console.log(row(`${patient} DICOM 512`, results.dicom.at(-1)));
  }
}
for (const kind of ['nifti', 'dicom']) {
  if (results[kind].length === 0) continue;
  results[`${kind}Mean`] = meanOf(results[kind]);
  console.log(row(`mean, ${kind}`, results[`${kind}Mean`]), ` |RVD| ${results[`${kind}Mean`].absoluteRvd.toFixed(2)}`);
}
results.groups = {};
for (const [name, isIn] of Object.entries(kGroups)) {
  const group = results.nifti.filter(isIn);
  if (group.length === 0) continue;
  results.groups[name] = { patients: group.length, ...meanOf(group) };
  console.log(row(`${name} (${group.length})`, results.groups[name]));
}
writeResults(out, results);
