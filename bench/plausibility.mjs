/**
 * What the judgement of results catches, and how often it is wrong: every scan of the shared data as it is (false
 * alarms), and inputs that are no abdomen, made up or cut from real scans. Prints the table of docs/plausibility.md.
 *
 *   node bench/plausibility.mjs [WEIGHTS]
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadModel, readSeries, readVolume, segmentLiver } from '../dist/index.js';
import { normal } from './noise.mjs';
import { kData } from './peers.mjs';

const kAxial = [1, 0, 0, 0, 1, 0, 0, 0, 1];

function made(valueAt, size = [256, 256, 60], spacing = [1.5, 1.5, 3]) {
  const data = new Int16Array(size[0] * size[1] * size[2]);
  let index = 0;
  for (let z = 0; z < size[2]; z++) {
    for (let y = 0; y < size[1]; y++) {
      for (let x = 0; x < size[0]; x++) data[index++] = Math.round(valueAt(x, y, z));
    }
  }
  return { data, size, spacing, origin: [0, 0, 0], direction: kAxial };
}

/** Skull and brain. */
function head(x, y, z) {
  const r = Math.hypot((x - 128) / 75, (y - 128) / 95, Math.max(0, (z - 20) * 2.5) / 85);
  if (r > 1) return -1000;
  return (r > 0.95 ? 30 : r > 0.88 ? 900 : 35) + 8 * normal();
}

/** A cylinder of it, in air. */
function water(x, y) {
  return Math.hypot(x - 128, y - 128) > 100 ? -1000 : 5 * normal();
}

function geometryOf({ size, spacing, origin, direction }) {
  return { size, spacing, origin, direction };
}

function mapped(volume, change) {
  return { ...geometryOf(volume), data: Int16Array.from(volume.data, change) };
}

/** The slices of `order`, in that order. */
function slicesOf(volume, order) {
  const pixels = volume.size[0] * volume.size[1];
  const data = new Int16Array(pixels * order.length);
  for (const [z, from] of order.entries()) {
    data.set(Int16Array.from(volume.data.subarray(from * pixels, (from + 1) * pixels), Math.round), z * pixels);
  }
  return { ...geometryOf(volume), size: [volume.size[0], volume.size[1], order.length], data };
}

function range(from, to) {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

/** The same whatever the run: every slice once, steps of a number without a common factor. */
function shuffled(count) {
  return range(0, count).map((z) => (z * 17 + 5) % count);
}

function mirrored(volume, axis) {
  const [width, height, slices] = volume.size;
  return {
    ...geometryOf(volume),
    data: made((x, y, z) => {
      const [i, j] = [axis === 0 ? width - 1 - x : x, axis === 1 ? height - 1 - y : y];
      return volume.data[((axis === 2 ? slices - 1 - z : z) * height + j) * width + i];
    }, volume.size).data,
  };
}

function blanked(volume, from, to) {
  const copy = mapped(volume, (hu) => hu);
  copy.data.fill(-1000, from * volume.size[0] * volume.size[1], to * volume.size[0] * volume.size[1]);
  return copy;
}

function* madeUp() {
  yield ['zeros', made(() => 0)];
  yield ['water', made(water)];
  for (const sd of [30, 100, 500]) yield [`noise, SD ${sd} HU`, made(() => 40 + sd * normal())];
  yield ['head (skull and brain)', made(head, [256, 256, 60], [1, 1, 2.5])];
}

function* changed(name, volume) {
  const count = volume.size[2];
  yield [`${name}, HU + 1024`, mapped(volume, (hu) => hu + 1024)];
  yield [`${name}, a mask of it as scan`, mapped(volume, (hu) => (hu > 100 ? 1 : 0))];
  yield [`${name}, clipped to [-100, 240]`, mapped(volume, (hu) => Math.min(Math.max(hu, -100), 240))];
  yield [`${name}, clipped to [0, 255]`, mapped(volume, (hu) => Math.min(Math.max(hu, 0), 255))];
  yield [`${name}, slices shuffled`, slicesOf(volume, shuffled(count))];
  yield [`${name}, spacing 1 × 1 × 1`, { ...mapped(volume, (hu) => hu), spacing: [1, 1, 1] }];
  yield [`${name}, spacing a tenth`, { ...mapped(volume, (hu) => hu), spacing: volume.spacing.map((mm) => mm / 10) }];
  for (const [axis, way] of ['left to right', 'front to back', 'head to feet'].entries()) {
    yield [`${name}, mirrored ${way}`, mirrored(volume, axis)];
  }
  yield [`${name}, two slices blank`, blanked(volume, Math.floor(count / 2), Math.floor(count / 2) + 2)];
  const every = Math.ceil(11 / volume.spacing[2]);
  const thinned = slicesOf(
    volume,
    range(0, Math.floor(count / every)).map((z) => z * every),
  );
  yield [
    `${name}, slices ${every * volume.spacing[2]} mm apart`,
    { ...thinned, spacing: [volume.spacing[0], volume.spacing[1], every * volume.spacing[2]] },
  ];
  for (let part = 0; part < 5; part++) {
    const [from, to] = [Math.floor((count * part) / 5), Math.floor((count * (part + 1)) / 5)];
    yield [`${name}, slices ${from} to ${to - 1}`, slicesOf(volume, range(from, to))];
  }
}

const model = await loadModel(process.argv[2]);

async function judge(name, volume) {
  const liver = await segmentLiver(volume, { model });
  const { plausibility, plausibilityReasons, volumeMl, timings } = liver;
  liver.dispose();
  const codes = plausibilityReasons.map(({ code }) => code);
  console.log(`| ${name} | ${Math.round(volumeMl)} | ${plausibility} | ${codes.join(', ')} |`);
  const total = Object.values(timings).reduce((sum, ms) => sum + ms, 0);
  return { plausibility, share: timings.plausibility / total };
}

console.log('| input | ml | verdict | reasons |\n|---|---|---|---|');
const judged = [];
const series = ['hcc-a10w', 'hcc-a10x', 'healthy-chaos3'];
for (const name of series) {
  judged.push(await judge(name, await readSeries(join(kData, 'dicom', name), { gaps: 'interpolate' })));
}
for (const folder of ['ct/train', 'unlabelled']) {
  for (const name of readdirSync(join(kData, folder)).sort()) {
    judged.push(await judge(name, await readVolume(join(kData, folder, name, 'image.nii.gz'))));
  }
}
const alarms = judged.filter(({ plausibility }) => plausibility === 'implausible').length;
const share = judged.reduce((sum, one) => sum + one.share, 0) / judged.length;
console.log(
  `\n${judged.length} scans as they are: ${alarms} implausible; the judgement takes ${(100 * share).toFixed(1)} % of the time\n`,
);
console.log('| input | ml | verdict | reasons |\n|---|---|---|---|');
for (const [name, volume] of madeUp()) await judge(name, volume);
for (const name of ['hcc-a10w', 'healthy-chaos3']) {
  for (const [what, volume] of changed(name, await readSeries(join(kData, 'dicom', name)))) await judge(what, volume);
}
const whole = await readVolume(join(kData, 'ct/train/ircad_e12/image.nii.gz'));
for (const [what, volume] of changed('ircad_e12', whole)) {
  if (what.includes('slices')) await judge(what, volume);
}
if (alarms > 0) process.exitCode = 1;
