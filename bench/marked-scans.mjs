/** Scans whose lesions are marked, as the benches of the lesion networks hold them. */
import { join } from 'node:path';
import { kData } from './peers.mjs';

/** LiTS's label of lesions. */
export const kLabelLesion = 2;
/** The value of a lesion of unknown type in a lesion-type mask. */
const kUnknownType = 5;

export const kScans = join(kData, 'ct', 'train');

/** LiTS alone does. */
export const marksLesions = (patient) => patient.startsWith('lits');

const gridOf = ({ size, spacing, origin, direction }) => ({ size, spacing, origin, direction });

/** Whom a network was trained without, or the end of the program with what to do. */
function heldBackPatients({ info }, file) {
  const names = info.metadata.validation_patients;
  if (names !== undefined) return JSON.parse(names);
  console.error(
    `${file}: no validation_patients in its metadata: train with --patient-names, or assemble what scripts/ trained on a fold`,
  );
  process.exit(2);
}

/** Networks of folds, each with whom it was trained without; before anything is measured the end of the program where a fault is. */
export async function foldsOf({ loadModel }, files) {
  const folds = [];
  for (const file of files) {
    const model = await loadModel(file);
    folds.push({ file, model, patients: heldBackPatients(model, file) });
  }
  const all = folds.flatMap(({ patients }) => patients);
  const twice = all.find((patient, index) => all.indexOf(patient) < index);
  if (twice === undefined) return folds;
  console.error(`${twice}: held back by two of the networks; name one network of each fold`);
  process.exit(2);
}

export const maskOn = (grid, data) => ({ ...gridOf(grid), data });
/** What classifyLesions takes, of a mask that is known. */
export const inLiver = (volume, mask) => ({ ...gridOf(volume), volume, mask, warnings: [] });

/** The two regions that lesions are looked for in. */
export const kRegions = { reference: "the reference's liver", predicted: 'a predicted liver' };

/** Of a scan; `options` as segmentLiver takes them. */
export async function regionsOf({ segmentLiver }, { volume, liver }, options) {
  return { reference: inLiver(volume, liver), predicted: await segmentLiver(volume, { device: 'cpu', ...options }) };
}

/** FOLDER/PATIENT/image.nii.gz and label.nii.gz: the volume, the liver with its lesions, and the lesions, of unknown type. */
export async function markedScan({ readVolume, readMask }, folder, patient) {
  const volume = await readVolume(join(folder, patient, 'image.nii.gz'));
  const labels = await readMask(join(folder, patient, 'label.nii.gz'));
  const liver = labels.data.map((label) => (label > 0 ? 1 : 0));
  const real = labels.data.map((label) => (marksLesions(patient) && label === kLabelLesion ? kUnknownType : 0));
  return { volume, liver, real };
}
