/**
 * How well a classifier tells real lesions from synthetic ones: 0.5 is not at all.
 *
 *   node bench/lesion-realism.mjs [--seeds N] [--patients NAME…] [--out FILE]
 *
 * Real ones are what LiTS outlines in `lits_00` to `lits_07`, of 0.1 to 20 ml. Synthetic ones are metastases and hepatocellular
 * carcinomas, which most lesions of LiTS are (which one is which is not known), put into the same patients' livers beside the
 * real ones; for each real one, of each type the three nearest in volume in the same patient (within a factor of 1.6), so that
 * size tells nothing; --seeds: the most livers filled for each type and patient (one for each real lesion, at least 3). peers/lesion_realism.py is the classifier: it is asked of
 * patients that it has not learned from.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readMask, readVolume, synthesizeLesions } from '../dist/index.js';
import { boxesOf, componentsOf, cropOf, liverTexture, lookOf } from './lesion-features.mjs';
import { shapeOf } from './lesion-shape.mjs';
import { installPython, kData, python } from './peers.mjs';
import { resultsFile, writeResults } from './results-file.mjs';

const kTrain = join(kData, 'ct', 'train');
const kPatients = Array.from({ length: 8 }, (_, i) => `lits_0${i}`);
const kLabelLesion = 2;
const kTypes = ['MET', 'HCC'];
/** Seeds that no training's variants have. */
const kFirstSeed = 60_000;
/** Where there are fewer real lesions, so many livers are filled. */
const kLeastSeeds = 3;
/** Ids of real lesions begin above those of synthetic ones. */
const kFirstRealId = 1000;
const kCount = [10, 14];
/** Larger ones than any that are compared are not made. */
const kMaxSliceFraction = 0.12;
const kSizesMl = [0.1, 20];
const kPerReal = 3;
const kNearest = Math.log(1.6);

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '10' },
    patients: { type: 'string', multiple: true, default: kPatients },
    out: { type: 'string' },
  },
});
if (new Set(values.patients).size < 2) {
  console.error('--patients: name two or more: lesions of one are told by what the others teach');
  process.exit(2);
}
const out = resultsFile('lesion-realism', values.out);

async function read(name) {
  const volume = await readVolume(join(kTrain, name, 'image.nii.gz'));
  const { data: labels } = await readMask(join(kTrain, name, 'label.nii.gz'));
  const { size, spacing, origin, direction } = volume;
  const grid = { size, spacing, origin, direction };
  const liver = Uint8Array.from(labels, (value) => Number(value > 0));
  const real = Uint8Array.from(labels, (value) => Number(value === kLabelLesion));
  const ids = componentsOf(real, size, { firstId: kFirstRealId, corners: true });
  const ml = (spacing[0] * spacing[1] * spacing[2]) / 1000;
  return { name, grid, ml, volume: { ...grid, data: Float32Array.from(volume.data) }, liver, real, ids };
}

/** A row for each lesion of the wanted size. */
function rowsOf(patient, scan, lesions, reference, chosen, what) {
  const rows = [];
  for (const [id, box] of boxesOf(lesions, patient.grid.size)) {
    const ml = box.voxels * patient.ml;
    if (!chosen(id) || ml < kSizesMl[0] || ml > kSizesMl[1]) continue;
    const crop = cropOf({ scan, liver: patient.liver, lesions }, id, box);
    const features = { ...lookOf(crop, reference), ...shapeOf(crop) };
    rows.push({ patient: patient.name, ...what, ml, features });
  }
  return rows;
}

async function syntheticRows(patient, reference, wanted) {
  const rows = [];
  const seeds = Math.min(Number(values.seeds), Math.max(kLeastSeeds, wanted));
  for (const type of kTypes) {
    for (let seed = 0; seed < seeds; seed++) {
      const made = await synthesizeLesions(
        patient.volume,
        { ...patient.grid, data: patient.liver },
        {
          seed: kFirstSeed + seed,
          types: [type],
          count: kCount,
          maxSliceFraction: kMaxSliceFraction,
          realLesions: { ...patient.grid, data: patient.real },
        },
      );
      const lesions = patient.ids.map((id, i) => made.ids.data[i] || id);
      const scan = { ...patient.grid, data: made.volume.data };
      rows.push(...rowsOf(patient, scan, lesions, reference, (id) => id < kFirstRealId, { real: 0, type }));
      made.dispose();
    }
  }
  return rows;
}

/** Marks, for each real lesion, the synthetic ones nearest in volume; those without are left out. */
function match(real, synthetic) {
  for (const one of synthetic) one.matched = 0;
  for (const lesion of real) {
    lesion.matched = 0;
    for (const type of kTypes) {
      const near = synthetic
        .filter((one) => one.type === type && !one.matched && Math.abs(Math.log(one.ml / lesion.ml)) < kNearest)
        .sort((a, b) => Math.abs(Math.log(a.ml / lesion.ml)) - Math.abs(Math.log(b.ml / lesion.ml)))
        .slice(0, kPerReal);
      for (const one of near) one.matched = 1;
      lesion.matched ||= Number(near.length > 0);
    }
  }
}

const rows = [];
for (const name of values.patients) {
  const patient = await read(name);
  const reference = liverTexture(patient);
  const scan = { ...patient.grid, data: patient.volume.data };
  const real = rowsOf(patient, scan, patient.ids, reference, () => true, { real: 1, type: 'real' });
  const synthetic = await syntheticRows(patient, reference, real.length);
  match(real, synthetic);
  rows.push(...real, ...synthetic);
  const matched = synthetic.filter((one) => one.matched).length;
  console.log(
    `${name}: ${real.length} real lesions, ${real.filter((one) => !one.matched).length} without one as large; ` +
      `${synthetic.length} synthetic, ${matched} matched; noise of the liver ${Math.sqrt(reference.variance).toFixed(1)} HU`,
  );
}
writeResults(out, rows);
installPython();
const { lines } = python('lesion_realism.py', out);
console.log(lines.join('\n'));
