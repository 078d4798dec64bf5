/**
 * Structures that are added to the 3-D network: the phantom's spleen and kidneys, beside what it knows, which is marked as it found it. Trains on the
 * phantom and tells Dice on it: that one network tells all of them apart in one pass, not how well it would in a patient.
 *
 *   node bench/more-structures.mjs OUT.safetensors [--crops 160]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadModel, readMask, readSeries, segmentStructures, trainStructures, writeMask } from '../dist/index.js';
import { ensurePhantom, kPhantomFolder } from '../scripts/phantom.mjs';
import { setUp } from '../scripts/setup.mjs';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { crops: { type: 'string', default: '160' } },
});
const [output] = positionals;
if (output === undefined) {
  console.error('node bench/more-structures.mjs OUT.safetensors [--crops N]');
  process.exit(2);
}
ensurePhantom(await setUp());
const series = join(kPhantomFolder, 'dicom');
const organs = await readMask(join(kPhantomFolder, 'organs.nii.gz'));
const volume = await readSeries(series);
const before = await segmentStructures(volume);
const { structures: known } = (await loadModel()).info.architecture;
const names = [...known.slice(1), 'spleen', 'kidneys'];
const marked = before.mask.map((label, i) => (organs.data[i] > 0 ? known.length - 1 + organs.data[i] : label));

const folder = mkdtempSync(join(tmpdir(), 'hepatica-structures-'));
try {
  const label = join(folder, 'label.nii.gz');
  await writeMask(label, { ...organs, data: marked });
  const { model, history } = await trainStructures(
    { cases: [{ patient: 'phantom', image: series, label }] },
    {
      output,
      architecture: { structures: [known[0], ...names] },
      structures: Object.fromEntries(names.map((name, i) => [name, [i + 1]])),
      validationFraction: 0,
      epochs: 4,
      cropsPerEpoch: Math.round(Number(values.crops) / 4),
      cropCells: [32, 128, 192],
      batchSize: 1,
      learningRate: 1e-3,
      frozenEpochs: 4,
      emaDecay: 0.9,
      precision: 'fp32',
      cache: false,
    },
  );
  console.log(
    `training loss by epoch: ${history.epochs.map(({ trainingLoss }) => trainingLoss.toFixed(3)).join(', ')}`,
  );
  const { mask, structures } = await segmentStructures(volume, { model });
  for (const { name, label: value, volumeMl } of structures) {
    let [both, sum] = [0, 0];
    for (let i = 0; i < mask.length; i++) {
      const [found, wanted] = [mask[i] === value, marked[i] === value];
      both += found && wanted;
      sum += found + wanted;
    }
    console.log(`${name}: ${volumeMl.toFixed(0)} ml, Dice ${((2 * both) / sum).toFixed(3)}`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
