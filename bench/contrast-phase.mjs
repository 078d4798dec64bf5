/**
 * Which contrast phase is told of scans that are all portal venous, and of the same ones with the contrast medium taken
 * out: of NIfTI scans and DICOM series of the shared data, or those that are named.
 *
 *   node bench/contrast-phase.mjs [SCAN…]
 */
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { readSeries, readVolume, segmentLiver } from '../dist/index.js';
import { kData } from './peers.mjs';
import { withoutContrast } from './without-contrast.mjs';

function sharedScans() {
  const patients = ['train', 'open-test'].flatMap((set) =>
    readdirSync(join(kData, 'ct', set)).map((name) => join(kData, 'ct', set, name, 'image.nii.gz')),
  );
  const series = ['hcc-a10w', 'hcc-a10x', 'healthy-chaos3'].map((name) => join(kData, 'dicom', name));
  return [...patients, ...series];
}

const read = (path) => (path.endsWith('.gz') ? readVolume(path) : readSeries(path, { gaps: 'interpolate' }));
const nameOf = (path) => basename(path.endsWith('.gz') ? join(path, '..') : path);

const { positionals } = parseArgs({ allowPositionals: true });
const counts = { as: {}, out: {} };
for (const path of positionals.length > 0 ? positionals : sharedScans()) {
  const volume = await read(path);
  const { size, spacing, origin, direction } = volume;
  const forms = { as: volume, out: { size, spacing, origin, direction, data: volume.data.map(withoutContrast) } };
  const told = [];
  for (const [form, scan] of Object.entries(forms)) {
    const { contrast, timings } = await segmentLiver(scan);
    const hu = [contrast.aortaHu, contrast.liverHu].map((value) => value?.toFixed(0) ?? '—').join('/');
    told.push(`${contrast.phase} (${hu}, ${timings.contrast.toFixed(0)} ms)`);
    counts[form][contrast.phase] = (counts[form][contrast.phase] ?? 0) + 1;
  }
  console.log(`${nameOf(path).padEnd(16)} ${told[0].padEnd(38)} taken out: ${told[1]}`);
}
console.log('as scanned:', counts.as, 'taken out:', counts.out);
