/** Reading a series to HU against dcm2niix, pydicom and SimpleITK. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSeries, writeSeries } from '../dist/index.js';
import { aim } from './aims.mjs';
import { kShared, printTable, python, time } from './peers.mjs';
import { makeVolume } from './volume.mjs';

/** Turns of each reader, one after the other: a busy moment of the machine then hits all. */
const kRounds = 3;

/** dcm2niix is a program: its time holds its start and the writing of an uncompressed NIfTI. */
function timeDcm2niix(folder, repeats) {
  const out = mkdtempSync(join(tmpdir(), 'hepatica-bench-'));
  const work = () =>
    execFileSync('dcm2niix', ['-z', 'n', '-b', 'n', '-w', '1', '-o', out, folder], { stdio: 'ignore' });
  return time(work, repeats).finally(() => rmSync(out, { recursive: true }));
}

async function benchFolder(title, folder, { repeats, threads }) {
  const read = async () => (await readSeries(folder, { threads })).dispose();
  const python3 = (library) => () => python('read_series.py', library, folder, repeats, threads).ms;
  const readers = {
    hepatica: () => time(read, repeats),
    'dcm2niix (process)': () => timeDcm2niix(folder, repeats),
    pydicom: python3('pydicom'),
    simpleitk: python3('simpleitk'),
  };
  const rows = Object.keys(readers).map((name) => ({ name, ms: Number.POSITIVE_INFINITY }));
  for (let round = 0; round < kRounds; round++) {
    for (const row of rows) row.ms = Math.min(row.ms, ...(await readers[row.name]()));
  }
  const [ours, ...peers] = rows;
  printTable(
    `reading ${title} (${readdirSync(folder).length} files), ${threads} threads, best of ${kRounds * repeats}`,
    rows,
    ours,
  );
  aim("the fastest peer's time over hepatica's", Math.min(...peers.map(({ ms }) => ms)) / ours.ms, 2);
  return { title, threads, rows };
}

export async function benchReading(options) {
  const results = [];
  const real = join(kShared, 'data', 'dicom', 'hcc-a10w');
  if (existsSync(real)) results.push(await benchFolder('hcc-a10w, 512×512', real, options));
  else console.log('reading hcc-a10w: skipped, the data is absent');
  const synthetic = mkdtempSync(join(tmpdir(), 'hepatica-series-'));
  try {
    await writeSeries(synthetic, makeVolume(400));
    results.push(await benchFolder('a synthetic series, 400 slices of 512×512', synthetic, options));
  } finally {
    rmSync(synthetic, { recursive: true });
  }
  return results;
}
