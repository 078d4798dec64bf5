/**
 * What the liver network makes of the validation patients' scans when they are changed, and of parts without a liver:
 * Dice against the reference changed alike, or ml where nothing is to be found. At most 1 ml is nothing.
 *
 *   node bench/liver-robustness.mjs [--model WEIGHTS] [--only TEXT] [--all]
 *
 * --only: the changes whose name holds the text; --all: the parts without a liver of every training patient.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { evaluateSegmentation, loadModel, readMask, readVolume, segmentLiver, splitPatients } from '../dist/index.js';
import { normal } from './noise.mjs';
import { kData } from './peers.mjs';
import { withoutContrast } from './without-contrast.mjs';

const kTrain = join(kData, 'ct', 'train');
const kSeed = 0;
const kBeyondLiverMm = 20;
const kAir = -1000;

const planeOf = ({ size }) => size[0] * size[1];

function withData(scan, data) {
  const { size, spacing, origin, direction } = scan;
  return { size, spacing, origin, direction, data };
}

/** Slices from..to−1, where they lie. */
function part(scan, from, to) {
  const { size, spacing, origin, direction } = scan;
  return {
    size: [size[0], size[1], to - from],
    spacing,
    origin: origin.map((value, row) => value + direction[3 * row + 2] * spacing[2] * from),
    direction,
    data: scan.data.slice(from * planeOf(scan), to * planeOf(scan)),
  };
}

function mapped(scan, change) {
  return withData(scan, scan.data.map(change));
}

/** Every pixel of a slice is asked for: change(hu, x, y). */
function bySlice(scan, change) {
  const [width, height] = scan.size;
  return mapped(scan, (hu, i) => change(hu, i % width, Math.floor(i / width) % height));
}

/** Means of slices over `mm`; a mask holds where half of them do. */
function thick(scan, mm, isMask) {
  const every = Math.max(1, Math.round(mm / scan.spacing[2]));
  const count = Math.floor(scan.size[2] / every);
  const plane = planeOf(scan);
  const data = new scan.data.constructor(count * plane);
  for (let z = 0; z < count; z++) {
    for (let i = 0; i < plane; i++) {
      let sum = 0;
      for (let k = 0; k < every; k++) sum += scan.data[(z * every + k) * plane + i];
      data[z * plane + i] = isMask ? Number(2 * sum >= every) : Math.round(sum / every);
    }
  }
  const { size, spacing, direction } = scan;
  const shift = (spacing[2] * (every - 1)) / 2;
  return {
    size: [size[0], size[1], count],
    spacing: [spacing[0], spacing[1], spacing[2] * every],
    origin: scan.origin.map((value, row) => value + direction[3 * row + 2] * shift),
    direction,
    data,
  };
}

/** Slices of `mm`, linear between those there; a mask's are the nearest. */
function thin(scan, mm, isMask) {
  const ratio = mm / scan.spacing[2];
  const count = Math.floor(scan.size[2] / ratio);
  const plane = planeOf(scan);
  const data = new scan.data.constructor(count * plane);
  for (let z = 0; z < count; z++) {
    const at = Math.min(Math.max((z + 0.5) * ratio - 0.5, 0), scan.size[2] - 1);
    const [below, above] = [Math.floor(at), Math.min(Math.floor(at) + 1, scan.size[2] - 1)];
    const share = isMask ? Math.round(at - below) : at - below;
    for (let i = 0; i < plane; i++) {
      const [a, b] = [scan.data[below * plane + i], scan.data[above * plane + i]];
      data[z * plane + i] = Math.round(a + share * (b - a));
    }
  }
  const { size, spacing, direction } = scan;
  const shift = (mm - spacing[2]) / 2;
  return {
    size: [size[0], size[1], count],
    spacing: [spacing[0], spacing[1], mm],
    origin: scan.origin.map((value, row) => value + direction[3 * row + 2] * shift),
    direction,
    data,
  };
}

/** The voxels' order turned along `axes`, and the geometry with it: each voxel stays where it was in the patient. */
function turned(scan, axes) {
  const [width, height, count] = scan.size;
  const data = new scan.data.constructor(scan.data.length);
  let index = 0;
  for (let z = 0; z < count; z++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const [i, j, k] = [x, y, z].map((at, axis) => (axes.includes(axis) ? scan.size[axis] - 1 - at : at));
        data[index++] = scan.data[(k * height + j) * width + i];
      }
    }
  }
  const column = (axis) => [0, 1, 2].map((row) => scan.direction[3 * row + axis]);
  const origin = scan.origin.map((value, row) =>
    axes.reduce((sum, axis) => sum + column(axis)[row] * scan.spacing[axis] * (scan.size[axis] - 1), value),
  );
  const direction = scan.direction.map((value, i) => (axes.includes(i % 3) ? -value : value));
  return { ...withData(scan, data), origin, direction };
}

function metalStreaks(scan) {
  const [cx, cy] = [scan.size[0] * 0.55, scan.size[1] * 0.7];
  return bySlice(scan, (hu, x, y) => {
    const streak = 60 * Math.sin(18 * Math.atan2(y - cy, x - cx)) * Math.exp(-Math.hypot(x - cx, y - cy) / 50);
    return Math.max(-160, Math.round(hu + streak));
  });
}

/** A round field of view of `share` of the picture's width. */
function cutField(scan, share, outside) {
  const [width, height] = scan.size;
  const radius = (share * width) / 2;
  return bySlice(scan, (value, x, y) => (Math.hypot(x - width / 2, y - height / 2) > radius ? outside : value));
}

function liverSlices(mask) {
  const plane = planeOf(mask);
  const inside = (z) => mask.data.subarray(z * plane, (z + 1) * plane).some((value) => value !== 0);
  const slices = Array.from({ length: mask.size[2] }, (_, z) => z).filter(inside);
  return [slices[0], slices.at(-1) + 1];
}

function* changesOf(scan, mask) {
  const [from, to] = liverSlices(mask);
  const quarter = Math.ceil((to - from) / 4);
  yield ['as it is', scan, mask];
  yield ['lowest quarter of the liver alone', part(scan, from, from + quarter), part(mask, from, from + quarter)];
  yield ['highest quarter of the liver alone', part(scan, to - quarter, to), part(mask, to - quarter, to)];
  yield ['lower half of the liver alone', part(scan, from, from + 2 * quarter), part(mask, from, from + 2 * quarter)];
  yield ['slices of 0.5 mm', thin(scan, 0.5, false), thin(mask, 0.5, true)];
  for (const mm of [5, 8]) yield [`slices of ${mm} mm`, thick(scan, mm, false), thick(mask, mm, true)];
  yield ['contrast medium taken out', mapped(scan, withoutContrast), mask];
  yield ['noise, SD 30 HU', mapped(scan, (hu) => Math.round(hu + 30 * normal())), mask];
  yield ['metal streaks', metalStreaks(scan), mask];
  yield ['stored as of a prone patient', turned(scan, [0, 1]), turned(mask, [0, 1])];
  yield ['stored feet last', turned(scan, [2]), turned(mask, [2])];
  yield ['field of view cut to 70 %', cutField(scan, 0.7, kAir), cutField(mask, 0.7, 0)];
}

/** Parts of at least 30 mm that begin 20 mm beyond the liver. */
function* partsWithoutLiver(scan, mask) {
  const [from, to] = liverSlices(mask);
  const [beyond, least] = [kBeyondLiverMm, 30].map((mm) => Math.ceil(mm / scan.spacing[2]));
  if (from - beyond >= least) yield ['below the liver', part(scan, 0, from - beyond)];
  if (scan.size[2] - (to + beyond) >= least) yield ['above the liver', part(scan, to + beyond, scan.size[2])];
}

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    only: { type: 'string', default: '' },
    all: { type: 'boolean', default: false },
  },
});
const model = await loadModel(values.model);

async function scanOf(patient) {
  const volume = await readVolume(join(kTrain, patient, 'image.nii.gz'));
  const labels = await readMask(join(kTrain, patient, 'label.nii.gz'));
  return [
    mapped(volume, Math.round),
    withData(
      labels,
      labels.data.map((label) => (label > 0 ? 1 : 0)),
    ),
  ];
}

const names = readdirSync(kTrain);
const { validation } = splitPatients(names, kSeed);
const dices = new Map();
for (const patient of validation) {
  const [scan, mask] = await scanOf(patient);
  for (const [what, changed, reference] of changesOf(scan, mask)) {
    if (!what.includes(values.only)) continue;
    const liver = await segmentLiver(changed, { model });
    const { dice } = await evaluateSegmentation(liver, reference);
    liver.dispose();
    dices.set(what, [...(dices.get(what) ?? []), dice]);
  }
}
console.log(`Dice: ${validation.join(', ')}`);
for (const [what, list] of dices) {
  const mean = list.reduce((sum, dice) => sum + dice, 0) / list.length;
  console.log(`${what.padEnd(36)} mean ${mean.toFixed(3)}  ${list.map((dice) => dice.toFixed(3)).join(' ')}`);
}
for (const patient of (values.all ? names : validation).sort()) {
  for (const [what, scan] of partsWithoutLiver(...(await scanOf(patient)))) {
    const liver = await segmentLiver(scan, { model });
    console.log(`${patient} ${what}, ${scan.size[2]} slices: ${liver.volumeMl.toFixed(1)} ml`);
    liver.dispose();
  }
}
