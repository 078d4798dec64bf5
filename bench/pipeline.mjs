/**
 * The whole way, readSeries, segmentLiver and classifyLesions, in a process of its own: seconds a slice, and peak memory
 * against the stated bound. On a real scan of 60 slices, and on that scan interpolated to 400.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSeries, writeSeries } from '../dist/index.js';
import { ensurePhantom, kPhantomFolder } from '../scripts/phantom.mjs';
import { setUp } from '../scripts/setup.mjs';
import { aim } from './aims.mjs';
import { lesionWeights } from './lesion-weights.mjs';
import { kRoot, kShared } from './peers.mjs';
import { withSlices } from './volume.mjs';

const kSlices = 400;
const kProgram = `
import { classifyLesions, loadModel, readSeries, segmentLiver } from './dist/index.js';
const [folder, weights] = process.argv.slice(1);
const start = performance.now();
const volume = await readSeries(folder);
const read = performance.now();
const liver = await segmentLiver(volume, { device: 'cpu' });
const segmented = performance.now();
const found = await classifyLesions(liver, { device: 'cpu', model: await loadModel(weights) });
const classified = performance.now();
const seconds = {
  read: (read - start) / 1e3,
  liver: (segmented - read) / 1e3,
  lesions: (classified - segmented) / 1e3,
  whole: (classified - start) / 1e3,
};
const { maxRSS } = process.resourceUsage();
const bytes = volume.data.byteLength;
console.log(JSON.stringify({ seconds, maxRssMiB: maxRSS / 1024, bytes, slices: volume.size[2],
  voxels: volume.data.length, liverMl: liver.volumeMl, lesions: found.lesions.length }));
`;

function measure(folder, weights) {
  const child = spawnSync(process.execPath, ['--input-type=module', '-e', kProgram, folder, weights], {
    cwd: kRoot,
    encoding: 'utf8',
  });
  if (child.status !== 0) throw new Error(child.stderr);
  return JSON.parse(child.stdout);
}

function benchSeries(title, folder, weights, repeats) {
  const runs = Array.from({ length: repeats }, () => measure(folder, weights));
  const best = runs.reduce((a, b) => (b.seconds.whole < a.seconds.whole ? b : a));
  const peakMiB = Math.max(...runs.map(({ maxRssMiB }) => maxRssMiB));
  const boundMiB = (2 * best.bytes + 6 * best.voxels) / 2 ** 20 + 1024;
  const { read, liver, lesions, whole } = best.seconds;
  console.log(`\n${title}, read to lesions, best of ${repeats}`);
  console.log(`  ${whole.toFixed(1)} s, ${(whole / best.slices).toFixed(3)} s a slice`);
  console.log(`  reading ${read.toFixed(2)} s, liver ${liver.toFixed(1)} s, lesions ${lesions.toFixed(1)} s`);
  console.log(`  liver ${best.liverMl.toFixed(0)} ml, ${best.lesions} lesions`);
  console.log(
    `  peak memory ${peakMiB.toFixed(0)} MiB; 2 × input + 6 bytes a voxel + 1 GiB: ${boundMiB.toFixed(0)} MiB`,
  );
  aim('bound of memory over its peak', boundMiB / peakMiB, 1);
  return { title, ...best, maxRssMiB: peakMiB, boundMiB };
}

export async function benchPipeline(options) {
  const folder = mkdtempSync(join(tmpdir(), 'hepatica-pipeline-'));
  try {
    const weights = await lesionWeights(options);
    const results = [];
    ensurePhantom(await setUp());
    const real = join(kShared, 'data', 'dicom', 'hcc-a10w');
    const [name, source] = existsSync(real) ? ['hcc-a10w', real] : ['the phantom', join(kPhantomFolder, 'dicom')];
    results.push(benchSeries(name, source, weights, 3));
    const series = join(folder, 'series');
    await writeSeries(series, withSlices(await readSeries(source), kSlices));
    results.push(benchSeries(`${name} as ${kSlices} slices`, series, weights, 3));
    return results;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
