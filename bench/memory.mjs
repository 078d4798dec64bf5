/** Peak memory of reading and segmenting 400 slices of 512×512 in a process of its own, against the stated bound. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeSeries } from '../dist/index.js';
import { kRoot } from './peers.mjs';
import { makeVolume } from './volume.mjs';

const kSlices = 400;
const kProgram = `
import { readSeries, segmentLiver } from './dist/index.js';
const start = Date.now();
const volume = await readSeries(process.argv[1]);
const liver = await segmentLiver(volume, { device: 'cpu' });
const { maxRSS } = process.resourceUsage();
console.log(JSON.stringify({ maxRssMiB: maxRSS / 1024, seconds: (Date.now() - start) / 1000, ml: liver.volumeMl }));
`;

export async function benchMemory() {
  const folder = mkdtempSync(join(tmpdir(), 'hepatica-memory-'));
  try {
    const volume = makeVolume(kSlices);
    await writeSeries(folder, volume);
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', kProgram, folder], {
      cwd: kRoot,
      encoding: 'utf8',
    });
    if (child.status !== 0) throw new Error(child.stderr);
    const measured = JSON.parse(child.stdout);
    const boundMiB = (2 * volume.data.byteLength + 6 * volume.data.length) / 2 ** 20 + 1024;
    console.log(`\nmemory, ${kSlices} slices of 512×512 read and segmented`);
    console.log(
      `  peak ${measured.maxRssMiB.toFixed(0)} MiB, bound 2 × input + 6 bytes a voxel + 1 GiB = ${boundMiB.toFixed(0)} MiB`,
    );
    console.log(`  ${measured.seconds.toFixed(1)} s`);
    return { ...measured, boundMiB };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
