import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { InputFileError, unreadableFile } from './errors.js';
import { invalidArgument } from './options.js';
import type { TrainingCase, TrainingDataset } from './types.js';

const caseSchema = z.strictObject({
  patient: z.string().min(1).max(256),
  image: z.string().min(1),
  label: z.string().min(1),
  labelValues: z.array(z.int().min(0).max(255)).min(1).optional(),
});
const datasetSchema = z.strictObject({ cases: z.array(caseSchema).min(1).max(100_000) });

/** Checks a dataset from a caller or a file; `file` is named where it came from one. */
export function checkDataset(dataset: unknown, file?: string): TrainingDataset {
  const result = datasetSchema.safeParse(dataset);
  if (result.success) return result.data as TrainingDataset;
  const issue = result.error.issues[0];
  const field = issue?.path.map(String).join('.') || 'dataset';
  const expectation = 'cases with patient, image, label and optional labelValues (integers from 0 to 255)';
  if (file === undefined) throw invalidArgument('dataset', expectation, dataset, field);
  throw new InputFileError('CORRUPT_DATASET', `Expected ${file} to hold ${expectation}: ${field}: ${issue?.message}`, {
    file,
    field,
    remedy: 'Correct the field; the README shows a dataset file',
  });
}

/** The parsed text of a JSON dataset file. */
export async function parseDatasetFile(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw unreadableFile(path, cause);
  });
  try {
    return JSON.parse(text);
  } catch (cause) {
    const details = { file: path, remedy: 'Name a JSON dataset file, or a folder of cases', cause };
    throw new InputFileError('CORRUPT_DATASET', `${path} is not a JSON dataset file`, details);
  }
}

async function datasetOfFile(path: string): Promise<TrainingDataset> {
  const folder = dirname(resolve(path));
  const { cases } = checkDataset(await parseDatasetFile(path), path);
  return {
    cases: cases.map((entry) => ({
      ...entry,
      image: resolve(folder, entry.image),
      label: resolve(folder, entry.label),
    })),
  };
}

/** What a case's folder may hold; the first that exists counts. */
const kImageNames = ['image.nii.gz', 'image.nii', 'image'];
const kLabelNames = ['label.nii.gz', 'label.nii', 'perimeters.json', 'label'];

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((cause) => {
    throw unreadableFile(folder, cause);
  });
}

async function firstOf(folder: string, names: readonly string[]): Promise<string | undefined> {
  const present = new Set(await namesIn(folder));
  const name = names.find((candidate) => present.has(candidate));
  return name && join(folder, name);
}

async function datasetOfFolder(root: string): Promise<TrainingDataset> {
  const names = await namesIn(root);
  const cases = await Promise.all(
    names.sort().map(async (patient): Promise<TrainingCase[]> => {
      const folder = join(root, patient);
      // Links to folders of patients are followed.
      const found = await stat(folder).catch(() => null);
      if (!found?.isDirectory()) return [];
      const [image, label] = await Promise.all([firstOf(folder, kImageNames), firstOf(folder, kLabelNames)]);
      return image && label ? [{ patient, image, label }] : [];
    }),
  );
  const found = cases.flat();
  if (found.length > 0) return { cases: found };
  throw new InputFileError('EMPTY_DATASET', `No case was found in ${root}`, {
    file: root,
    remedy:
      'Each case is a folder NAME with image.nii.gz (or a DICOM folder "image") and label.nii.gz or perimeters.json',
  });
}

/**
 * Finds the cases of a dataset.
 *
 * @param source - a JSON file `{ "cases": [{ patient, image, label, labelValues? }] }` with paths relative to it, or a
 *   folder with a folder per patient that holds `image.nii.gz` and `label.nii.gz` (or `image/` with DICOM files, and
 *   `perimeters.json`)
 * @throws {@link InputFileError} `FILE_NOT_FOUND`, `UNREADABLE_FILE`, `CORRUPT_DATASET`, `EMPTY_DATASET`
 */
export async function discoverDataset(source: string): Promise<TrainingDataset> {
  const found = await stat(source).catch((cause) => {
    throw unreadableFile(source, cause);
  });
  return found.isDirectory() ? datasetOfFolder(source) : datasetOfFile(source);
}

/** The patients on each side; all scans of a patient lie on one. */
export interface PatientSplit {
  readonly training: readonly string[];
  readonly validation: readonly string[];
}

/**
 * Splits patients by a hash of seed and name: the same whatever the order of the cases, and close to stable when patients
 * are added. Validation are the first `round(fraction · n)` patients by hex SHA-256 of `seed:patient`.
 */
export function splitPatients(patients: Iterable<string>, seed = 0, validationFraction = 0.3): PatientSplit {
  const rank = (patient: string) => createHash('sha256').update(`${seed}:${patient}`).digest('hex');
  const ranked = [...new Set(patients)]
    .map((patient) => ({ patient, rank: rank(patient) }))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1))
    .map(({ patient }) => patient);
  const count = Math.round(validationFraction * ranked.length);
  return { training: ranked.slice(count), validation: ranked.slice(0, count) };
}
