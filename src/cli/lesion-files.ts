import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InputFileError, InvalidArgumentError } from '../errors.js';
import type { LesionDescription, LesionMask } from '../index.js';
import { kLesionTypeValues } from '../lesions/lesion-types.js';
import { refuseIncomplete } from '../output/commit.js';
import type { MaskInput } from '../types.js';
import { readMaskInput } from './input.js';
import type { Session } from './session.js';

/** A file from outside: beyond this it is refused before it fills the memory. */
const kMaxDocumentBytes = 64 * 1024 * 1024;

function malformed(file: string, reason: string, cause?: unknown): InputFileError {
  return new InputFileError('CORRUPT_FILE', `${file} ${reason}`, {
    file,
    remedy: 'Expected lesions.json as hepatica classify writes it: an object with the array "lesions"',
    cause,
  });
}

/** The lesions of a `lesions.json`; what they hold is checked where they are used. */
async function readLesions(path: string): Promise<readonly LesionDescription[]> {
  await refuseIncomplete(path);
  const found = await stat(path).catch((cause) => {
    const details = { file: path, remedy: 'Check the path', cause };
    throw new InputFileError('FILE_NOT_FOUND', `${path} cannot be read`, details);
  });
  if (found.size > kMaxDocumentBytes) throw malformed(path, 'is larger than 64 MiB');
  let document: unknown;
  try {
    document = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw malformed(path, 'is not JSON', cause);
  }
  const lesions = (document as { lesions?: unknown } | null)?.lesions;
  if (!Array.isArray(lesions)) throw malformed(path, 'holds no array "lesions"');
  return lesions;
}

/** What was opened for a case, and what is to be disposed of after it. */
export type Opened<T> = readonly [value: T, opened: readonly { dispose(): void }[]];

/** The numbers of lesions, and what is known of them where there is a JSON file. */
export async function openPrediction(
  mask: string,
  json: string | undefined,
  limits: { readonly maxVoxels?: number },
  session: Session,
): Promise<Opened<LesionMask>> {
  const [ids, lesions] = await Promise.all([
    readMaskInput(mask, limits, session),
    json === undefined ? undefined : readLesions(json),
  ]);
  return [{ mask: ids, values: 'ids', ...(lesions && { lesions }) }, [ids]];
}

export function classifiedFiles(folder: string, patient: string): [mask: string, json: string] {
  return [join(folder, patient, 'lesions.nii.gz'), join(folder, patient, 'lesions.json')];
}

/** What `hepatica classify --out FOLDER/PATIENT` wrote. */
export function openClassified(
  folder: string,
  patient: string,
  limits: { readonly maxVoxels?: number },
  session: Session,
): Promise<Opened<LesionMask>> {
  const [mask, json] = classifiedFiles(folder, patient);
  return openPrediction(mask, json, limits, session);
}

/** Values of a lesion-type mask. */
const kTypeValues: Readonly<Record<string, number>> = { ...kLesionTypeValues, unknown: 5 };

/** `2=unknown,3=HCC`: which values of a mask are lesions, and of what type; all others are none. */
export function parseLesionValues(text: string): ReadonlyMap<number, number> {
  const values = new Map<number, number>();
  for (const part of text.split(',')) {
    const [value, type] = part.split('=').map((side) => side.trim());
    const number = Number(value);
    const typeValue = Object.hasOwn(kTypeValues, type ?? '') ? kTypeValues[type as string] : undefined;
    if (!value || !Number.isInteger(number) || number < 1 || number > 255 || typeValue === undefined) {
      throw new InvalidArgumentError(
        'INVALID_ARGUMENT',
        `Expected --lesion-values to be pairs as in 2=unknown,3=HCC, received ${text}`,
        { field: 'lesion-values', remedy: `Types are ${Object.keys(kTypeValues).join(', ')}` },
      );
    }
    values.set(number, typeValue);
  }
  return values;
}

export async function openReference(
  path: string,
  values: ReadonlyMap<number, number> | undefined,
  limits: { readonly maxVoxels?: number },
  session: Session,
): Promise<Opened<MaskInput>> {
  const mask = await readMaskInput(path, limits, session);
  if (!values) return [mask, [mask]];
  const types = Uint8Array.from({ length: 256 }, (_, value) => values.get(value) ?? 0);
  const { size, spacing, origin, direction } = mask;
  return [{ size, spacing, origin, direction, data: mask.data.map((value) => types[value] as number) }, [mask]];
}
