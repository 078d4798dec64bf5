/**
 * hepatica's registration of two dates against itk-elastix, on known motions of real scans.
 *
 *   node bench/registration.mjs [--scan NAME…] [--motions N] [--threads N]
 *
 * Each of the motions (20; to 8° about each axis and 25 mm along each) carries one of the scans (in turns; of
 * ../shared/data/ct/train) to a second examination: on another grid, slices of 2.5 and of 5 mm, with noise of its own, in
 * the same contrast phase and in an earlier one, and every third without the liver's lowest quarter. What was found is
 * compared with the truth at the voxels of the liver's surface (target registration error). Both sides start from where
 * the livers' middles meet and look at the liver and 10 mm around it; both work from memory, on as many threads.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { compareStudies, readMask, readVolume, writeMask, writeVolume } from '../dist/index.js';
import { extentOf, placed, positionOf, randomMotion, randomOf, scanAfter, smoothed } from './known-motions.mjs';
import { installPython, kData, machine, median, python } from './peers.mjs';

const kTrain = join(kData, 'ct', 'train');
const kAroundMm = 30;
const kNoiseHu = 12;
const kAimMm = 2;
const kLeftOut = 0.25;

const { values } = parseArgs({
  options: {
    scan: { type: 'string', multiple: true, default: ['ircad_e05', 'ircad_e07', 'ircad_e11', 'ircad_e14'] },
    motions: { type: 'string', default: '20' },
    threads: { type: 'string', default: '1' },
  },
});
const threads = Number(values.threads);

/** Before the liver enhances: its veins are hardly brighter than it is, and what else enhances does so less. */
function earlierPhase(hu, liverPart) {
  const elsewhere = hu > 50 ? 50 + 0.45 * (hu - 50) : hu;
  const inLiver = 70 - 0.25 * (hu - 105);
  return elsewhere + liverPart * (Math.min(inLiver, hu + 15) - elsewhere);
}
const samePhase = (hu) => hu;

async function read(name) {
  const volume = await readVolume(join(kTrain, name, 'image.nii.gz'));
  const { size, spacing, origin, data } = await readMask(join(kTrain, name, 'label.nii.gz'));
  const { direction } = volume;
  if (direction.some((value, i) => Math.abs(value - Number(i % 4 === 0)) > 1e-6)) {
    throw new Error(`Expected ${name} to have the patient's axes`);
  }
  const liver = { size, spacing, origin, direction, data: Uint8Array.from(data, (value) => Number(value > 0)) };
  const hu = Int16Array.from(volume.data, (value) => Math.round(value));
  const scan = { size, spacing, origin, direction, data: hu };
  return { name, volume: scan, source: smoothed(scan), liver, extent: extentOf(liver) };
}

/** About the moved liver; `cut`: without its lowest quarter. */
function gridAbout({ low, high }, shiftMm, inPlaneMm, sliceMm, cut) {
  const from = low.map((mm, axis) => mm - shiftMm[axis] - kAroundMm);
  const to = high.map((mm, axis) => mm - shiftMm[axis] + kAroundMm);
  if (cut) from[2] += kAroundMm + kLeftOut * (high[2] - low[2]);
  const spacing = [inPlaneMm, inPlaneMm, sliceMm];
  return {
    size: spacing.map((mm, axis) => Math.round((to[axis] - from[axis]) / mm)),
    spacing,
    origin: from,
    direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  };
}

function makeCase(number, scan) {
  const random = randomOf(1000 + number);
  for (let i = 0; i < 10; i++) random();
  const motion = randomMotion(random, scan.extent.middle);
  const shift = placed(motion, scan.extent.middle).map((mm, axis) => mm - scan.extent.middle[axis]);
  const sliceMm = number % 2 === 0 ? 2.5 : 5;
  const enhanced = number % 4 < 2;
  const cut = number % 3 === 2;
  const grid = gridAbout(scan.extent, shift, 1.7, sliceMm, cut);
  const phase = enhanced ? samePhase : earlierPhase;
  const after = scanAfter(motion, { volume: scan.source, liver: scan.liver }, grid, {
    phase,
    noiseHu: kNoiseHu,
    random,
  });
  const what = `${sliceMm} mm, ${enhanced ? 'same' : 'earlier'} phase${cut ? ', cut' : ''}`;
  return { number, name: scan.name, motion, after, what };
}

/** Voxels of the mask with a neighbour that is none, mm. */
function surfaceOf(mask) {
  const [width, height, slices] = mask.size;
  const steps = [1, width, width * height];
  const places = [];
  mask.data.forEach((value, i) => {
    if (!value) return;
    const index = [i % width, Math.floor(i / width) % height, Math.floor(i / (width * height))];
    const atEdge = index.some((at, axis) => at === 0 || at === [width, height, slices][axis] - 1);
    if (atEdge || steps.some((step) => !mask.data[i - step] || !mask.data[i + step]))
      places.push(positionOf(mask, index));
  });
  return places;
}

function errorOf(found, truth, places) {
  const errors = places.map((place) => {
    const [a, b] = [placed(found, place), placed(truth, place)];
    return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
  });
  return { mean: errors.reduce((sum, mm) => sum + mm, 0) / errors.length, worst: Math.max(...errors) };
}

async function byHepatica(before, after) {
  const study = ({ volume, liver }) => {
    const { data, ...grid } = volume;
    return { ...grid, volume, liver, mask: new Uint8Array(data.length), lesions: [] };
  };
  const start = performance.now();
  const { registration } = await compareStudies(study(before), study(after), { threads });
  return { ms: performance.now() - start, motion: registration };
}

async function byElastix(before, after, folder) {
  const file = (name) => join(folder, `${name}.nii.gz`);
  const options = { overwrite: true };
  await writeVolume(file('before'), before.volume, options);
  await writeMask(file('before-liver'), before.liver, options);
  await writeVolume(file('after'), after.volume, options);
  await writeMask(file('after-liver'), after.liver, options);
  const { ms, rotation, offsetMm } = python('register_rigidly.py', folder, threads);
  return { ms, motion: { rotation, offsetMm } };
}

function summary(name, found) {
  const of = (key) => found.map((one) => one[name][key]);
  const mean = of('mean').reduce((sum, mm) => sum + mm, 0) / found.length;
  const within = of('worst').filter((mm) => mm <= kAimMm).length;
  console.log(
    `${name.padEnd(9)} ${within} of ${found.length} to ${kAimMm} mm everywhere on the liver's surface; error ` +
      `${mean.toFixed(2)} mm in the mean, ${Math.max(...of('worst')).toFixed(2)} at worst; ${median(of('ms')).toFixed(0)} ms`,
  );
}

installPython();
const { cpu, node } = machine();
console.log(`${cpu}, ${threads} thread(s), Node ${node}`);
const folder = mkdtempSync(join(tmpdir(), 'hepatica-registration-'));
const scans = [];
for (const name of values.scan) scans.push(await read(name));
const found = [];
try {
  for (let number = 0; number < Number(values.motions); number++) {
    const scan = scans[number % scans.length];
    const { motion, after, what } = makeCase(number, scan);
    const places = surfaceOf(after.liver);
    const row = {};
    for (const [name, way] of [
      ['hepatica', byHepatica],
      ['elastix', byElastix],
    ]) {
      const { ms, motion: result } = await way(scan, after, folder);
      row[name] = { ms, ...errorOf(result, motion, places) };
    }
    found.push(row);
    const cells = Object.entries(row).map(
      ([name, { mean, worst, ms }]) =>
        `${name} ${mean.toFixed(2)} / ${worst.toFixed(2)} mm ${ms.toFixed(0).padStart(6)} ms`,
    );
    console.log(`${String(number + 1).padStart(2)} ${scan.name} ${what.padEnd(28)} ${cells.join('   ')}`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
for (const name of ['hepatica', 'elastix']) summary(name, found);
const ratios = found.map(({ hepatica, elastix }) => elastix.ms / hepatica.ms);
console.log(`elastix takes ${median(ratios).toFixed(1)} times hepatica's time (median of the motions)`);
