/**
 * The whole way in a process of its own, which has loaded nothing: from files to the liver's mask, by the 3-D network and the paper's, as the
 * processor allows and held to AVX2; and on to the lesions. Seconds, and peak memory against the stated bounds. On a real scan of 60 slices,
 * and on that scan interpolated to 500.
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

const kSlices = 500;
const kMiB = 2 ** 20;
const kAvx2 = { ONEDNN_MAX_CPU_ISA: 'AVX2', ATEN_CPU_CAPABILITY: 'avx2' };
/** The most seconds from files to the mask. */
const kMaskAims = { fp32: 4, bf16: 2 };

const kProgram = `
import { classifyLesions, loadModel, readSeries, segmentLiver } from './dist/index.js';
const [folder, model, weights] = process.argv.slice(1);
const start = performance.now();
const volume = await readSeries(folder);
const read = performance.now();
const liver = await segmentLiver(volume, { device: 'cpu', ...(model && { model }) });
const segmented = performance.now();
const found = weights && (await classifyLesions(liver, { device: 'cpu', model: await loadModel(weights) }));
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
  voxels: volume.data.length, liverMl: liver.volumeMl, precision: liver.precision, lesions: found && found.lesions.length }));
`;

function measure(folder, { model = '', weights = '', env = {} }) {
  const child = spawnSync(process.execPath, ['--input-type=module', '-e', kProgram, folder, model, weights], {
    cwd: kRoot,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  if (child.status !== 0) throw new Error(child.stderr);
  return JSON.parse(child.stdout);
}

function bestOf(folder, repeats, what) {
  const runs = Array.from({ length: repeats }, () => measure(folder, what));
  const best = runs.reduce((a, b) => (b.seconds.whole < a.seconds.whole ? b : a));
  return { ...best, maxRssMiB: Math.max(...runs.map(({ maxRssMiB }) => maxRssMiB)) };
}

function benchMask(title, folder, repeats) {
  console.log(`\n${title}, read to the liver's mask, best of ${repeats}`);
  return [
    ['the 3-D network', {}],
    ['the 3-D network, held to AVX2', { env: kAvx2 }],
    ["the paper's network", { model: 'paper' }],
    ["the paper's network, held to AVX2", { model: 'paper', env: kAvx2 }],
  ].map(([name, what]) => {
    const best = bestOf(folder, repeats, what);
    const { whole, liver } = best.seconds;
    const boundMiB = best.bytes / kMiB + 1024;
    console.log(
      `  ${name}, ${best.precision}: ${whole.toFixed(2)} s (liver ${liver.toFixed(2)} s), ${best.liverMl.toFixed(0)} ml`,
    );
    console.log(`    peak memory ${best.maxRssMiB.toFixed(0)} MiB; input + 1 GiB: ${boundMiB.toFixed(0)} MiB`);
    if (what.model === undefined) {
      const most = kMaskAims[best.precision];
      aim(`${title}: ${most} s over the time to the mask in ${best.precision}`, most / whole, 1);
      aim(`${title}: input + 1 GiB over the peak`, boundMiB / best.maxRssMiB, 1);
    }
    return { name, ...best, boundMiB };
  });
}

function benchLesions(title, folder, weights, repeats) {
  const best = bestOf(folder, repeats, { weights });
  const boundMiB = (2 * best.bytes + 6 * best.voxels) / kMiB + 1024;
  const { read, liver, lesions, whole } = best.seconds;
  console.log(`\n${title}, read to lesions, best of ${repeats}`);
  console.log(`  ${whole.toFixed(1)} s, ${(whole / best.slices).toFixed(3)} s a slice`);
  console.log(`  reading ${read.toFixed(2)} s, liver ${liver.toFixed(1)} s, lesions ${lesions.toFixed(1)} s`);
  console.log(`  liver ${best.liverMl.toFixed(0)} ml, ${best.lesions} lesions`);
  console.log(
    `  peak memory ${best.maxRssMiB.toFixed(0)} MiB; 2 × input + 6 bytes a voxel + 1 GiB: ${boundMiB.toFixed(0)} MiB`,
  );
  aim('bound of memory over its peak', boundMiB / best.maxRssMiB, 1);
  return { ...best, boundMiB };
}

function benchSeries(title, folder, weights, repeats) {
  return { title, mask: benchMask(title, folder, repeats), lesions: benchLesions(title, folder, weights, repeats) };
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
