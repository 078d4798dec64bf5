/**
 * What docs/deploy.md says of sizes: seconds of a processor core, and memory, for one scan from its DICOM objects to SEG and
 * SR, the networks loaded before: node bench/scans-an-hour.mjs [--repeats N] [--threads N]. On a real scan of 60 slices, and
 * on that scan interpolated to 120 and 400. Processor time, not the clock's, as other programs may run beside.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readSeries, writeSeries } from '../dist/index.js';
import { kRoot } from './peers.mjs';
import { withSlices } from './volume.mjs';

const kScan = join(process.env.HEPATICA_SHARED ?? join(kRoot, '../shared'), 'data/dicom/hcc-a10w');
const kSlices = [60, 120, 400];

const kProgram = `
import { readdirSync, readFileSync } from 'node:fs';
import { classifyLesions, preload, readSeries, segmentLiver, writeReport, writeSegmentation } from './dist/index.js';
const [folder, repeats, threads] = process.argv.slice(1);
const files = readdirSync(folder).map((name) => readFileSync(folder + '/' + name));
const common = { device: 'cpu', threads: Number(threads) };
await preload({ device: 'cpu' });
async function scan() {
  const before = { cpu: process.cpuUsage(), clock: performance.now() };
  const volume = await readSeries(files, { threads: common.threads });
  const liver = await segmentLiver(volume, common);
  const found = await classifyLesions(liver, common);
  const objects = [await writeSegmentation(null, found), await writeReport(null, found)];
  const { user, system } = process.cpuUsage(before.cpu);
  const bytes = objects.reduce((sum, { data }) => sum + data.length, 0);
  const slices = volume.size[2];
  for (const each of [found, liver, volume]) each.dispose();
  return { core: (user + system) / 1e6, clock: (performance.now() - before.clock) / 1e3, slices, bytes };
}
await scan();
const runs = [];
for (let run = 0; run < repeats; run++) runs.push(await scan());
const best = runs.reduce((a, b) => (b.core < a.core ? b : a));
console.log(JSON.stringify({ ...best, peakMiB: process.resourceUsage().maxRSS / 1024,
  inputBytes: files.reduce((sum, { length }) => sum + length, 0) }));
`;

function measure(folder, repeats, threads) {
  const args = ['--input-type=module', '-e', kProgram, folder, String(repeats), String(threads)];
  const child = spawnSync(process.execPath, args, { cwd: kRoot, encoding: 'utf8' });
  if (child.status !== 0) throw new Error(child.stderr);
  return JSON.parse(child.stdout);
}

async function interpolated(folder, slices) {
  const { size, data, spacing, origin, direction } = await readSeries(kScan);
  if (size[2] === slices) return kScan;
  const path = join(folder, String(slices));
  await writeSeries(path, withSlices({ size, data, spacing, origin, direction }, slices));
  return path;
}

const { values } = parseArgs({ options: { repeats: { type: 'string' }, threads: { type: 'string' } } });
const [repeats, threads] = [Number(values.repeats ?? 3), Number(values.threads ?? 1)];
if (!existsSync(kScan)) {
  console.log(`skipped: no ${kScan}`);
} else {
  const folder = mkdtempSync(join(tmpdir(), 'hepatica-scans-'));
  try {
    console.log(`${threads} threads, best of ${repeats}`);
    for (const slices of kSlices) {
      const { core, clock, peakMiB, bytes, inputBytes } = measure(await interpolated(folder, slices), repeats, threads);
      const figures = [
        `${core.toFixed(2)} s of a core`,
        `${clock.toFixed(2)} s by the clock`,
        `${Math.floor(3600 / core)} scans an hour a core`,
        `peak ${peakMiB.toFixed(0)} MiB`,
        `${(inputBytes / 1e6).toFixed(0)} MB in, ${(bytes / 1e6).toFixed(2)} MB out`,
      ];
      console.log(`${slices} slices: ${figures.join(', ')}`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}
