import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { InputFileError, unreadableFile } from '../errors.js';
import { refuseSpecialFile } from '../input/special-file.js';
import { invalidArgument } from '../schema/check.js';
import type { DiscoveredDataset, TrainingCase, TrainingDataset, Warning } from '../types.js';

/** Segments of a SEG or RTSTRUCT, by number, label or code. */
export const segmentChoice = z
  .array(z.union([z.int().min(0).max(65535), z.string().min(1).max(256)]))
  .min(1)
  .readonly();

const caseSchema = z
  .strictObject({
    patient: z.string().min(1).max(256),
    image: z.string().min(1),
    label: z.string().min(1),
    labelValues: z.array(z.int().min(0).max(255)).min(1).optional(),
    labelSegments: segmentChoice.optional(),
  })
  .refine(({ labelValues, labelSegments }) => !(labelValues && labelSegments), {
    message: 'expected labelValues or labelSegments',
    path: ['labelSegments'],
  });
/** The fields of every kind of dataset. */
export const datasetFields = <Case extends z.ZodType>(schema: Case) => ({
  cases: z.array(schema).min(1).max(100_000),
  warnings: z.array(z.strictObject({ code: z.string(), message: z.string() })).optional(),
});
const datasetSchema = z.strictObject(datasetFields(caseSchema));

/** Checks a dataset from a caller or a file; `file` is named where it came from one. */
export function checkDataset(dataset: unknown, file?: string): DiscoveredDataset {
  const result = datasetSchema.safeParse(dataset);
  if (result.success) return { warnings: [], ...result.data } as DiscoveredDataset;
  const issue = result.error.issues[0];
  const field = issue?.path.map(String).join('.') || 'dataset';
  const expectation =
    'cases with patient, image, label and optional labelValues (integers from 0 to 255) or labelSegments (numbers, labels or codes)';
  if (file === undefined) throw invalidArgument('dataset', expectation, dataset, field);
  throw new InputFileError('CORRUPT_DATASET', `Expected ${file} to hold ${expectation}: ${field}: ${issue?.message}`, {
    file,
    field,
    remedy: 'Correct the field; the README shows a dataset file',
  });
}

/** The parsed text of a JSON dataset file. */
export async function parseDatasetFile(path: string): Promise<unknown> {
  await refuseSpecialFile(path);
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

async function datasetOfFile(path: string): Promise<DiscoveredDataset> {
  const folder = dirname(resolve(path));
  const { cases, warnings } = checkDataset(await parseDatasetFile(path), path);
  return {
    warnings,
    cases: cases.map((entry) => ({
      ...entry,
      image: resolve(folder, entry.image),
      label: resolve(folder, entry.label),
    })),
  };
}

/** What a case's folder may hold; the first that exists counts. */
const kImageNames = ['image.nii.gz', 'image.nii', 'image.dcm', 'image'];
const kLabelNames = ['label.nii.gz', 'label.nii', 'label.dcm', 'perimeters.json', 'label'];

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((cause) => {
    throw unreadableFile(folder, cause);
  });
}

/** Names that somebody meant for an image or a label: "labels.nii.gz", "Image.nii". */
const kMeantNames = /^(image|img|label|perimeter)/i;

function incompleteCase(folder: string, names: readonly string[], image: string | undefined): InputFileError {
  const [what, wanted] = image === undefined ? ['no image', kImageNames] : ['no label', kLabelNames];
  const listed = names.slice(0, 8).join(', ') + (names.length > 8 ? `, … (${names.length} names)` : '');
  return new InputFileError('INCOMPLETE_CASE', `Case ${folder} has ${what}: it holds ${listed}`, {
    file: folder,
    field: image === undefined ? 'image' : 'label',
    remedy: `Name it ${wanted.join(' or ')}, take the folder out of the dataset, or name the cases in a JSON dataset file`,
  });
}

/** Null for a folder that holds neither an image nor a label. */
async function caseOfFolder(folder: string, patient: string): Promise<TrainingCase | null> {
  const names = (await namesIn(folder)).sort();
  const firstOf = (known: readonly string[]) => known.find((name) => names.includes(name));
  const [image, label] = [firstOf(kImageNames), firstOf(kLabelNames)];
  if (image && label) return { patient, image: join(folder, image), label: join(folder, label) };
  // Perimeters alone may be another program's.
  const meant = names.some((name) => kMeantNames.test(name) && name !== 'perimeters.json');
  if (!meant) return null;
  throw incompleteCase(folder, names, image);
}

function ignoredFolders(root: string, folders: readonly string[]): Warning[] {
  if (folders.length === 0) return [];
  const listed = folders.slice(0, 8).join(', ') + (folders.length > 8 ? ', …' : '');
  const message = `${folders.length} of the folders in ${root} hold neither image nor label and were left out: ${listed}`;
  return [{ code: 'IGNORED_FOLDERS', message }];
}

async function datasetOfFolder(root: string): Promise<DiscoveredDataset> {
  const cases: TrainingCase[] = [];
  const ignored: string[] = [];
  for (const patient of (await namesIn(root)).sort()) {
    const folder = join(root, patient);
    // Links to folders of patients are followed.
    const found = await stat(folder).catch(() => null);
    if (!found?.isDirectory()) continue;
    const labelled = await caseOfFolder(folder, patient);
    if (labelled) cases.push(labelled);
    else ignored.push(patient);
  }
  if (cases.length > 0) return { cases, warnings: ignoredFolders(root, ignored) };
  throw new InputFileError('EMPTY_DATASET', `No case was found in ${root}`, {
    file: root,
    remedy:
      'Each case is a folder NAME with image.nii.gz (or a DICOM folder "image") and label.nii.gz, label.dcm (SEG or RTSTRUCT) or perimeters.json',
  });
}

/**
 * Finds the cases of a dataset, or checks those that are given.
 *
 * @param source - a JSON file `{ "cases": [{ patient, image, label, labelValues?, labelSegments? }] }` with paths relative
 *   to it, a folder with a folder per patient that holds `image.nii.gz` and `label.nii.gz` (or `image/` with DICOM files,
 *   and `label.dcm`, a SEG or RTSTRUCT, or `perimeters.json`), or the cases themselves
 * @throws {@link InputFileError} `FILE_NOT_FOUND`, `UNREADABLE_FILE`, `CORRUPT_DATASET`, `EMPTY_DATASET`,
 *   `INCOMPLETE_CASE` for a patient's folder with an image and no label, a label and no image, or names like theirs
 */
export async function discoverDataset(source: TrainingDataset | string): Promise<DiscoveredDataset> {
  if (typeof source !== 'string') return checkDataset(source);
  const found = await stat(source).catch((cause) => {
    throw unreadableFile(source, cause);
  });
  return found.isDirectory() ? datasetOfFolder(source) : datasetOfFile(source);
}

/** The patients on each side; all scans of a patient lie on one. */
export interface PatientSplit {
  /** Who is learned from. */
  readonly training: readonly string[];
  /** Who is validated on. */
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
