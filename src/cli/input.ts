import { InvalidArgumentError, readMask, readSeries, readVolume, type Volume } from '../index.js';
import { readOptions, readSeriesOptions } from '../schema/files.js';
import type { Mask, ReadLabelsOptions, ReadSeriesOptions } from '../types.js';
import { givenFlags } from './flags.js';
import type { Session } from './session.js';

export interface InputOptions extends Omit<ReadSeriesOptions, 'signal' | 'onProgress'> {}

export function isNifti(path: string): boolean {
  return /\.nii(\.gz)?$/i.test(path);
}

/** What speaks of series is no use of a NIfTI file: it holds one volume of numbers. */
function refuseSeriesOptions(path: string, options: InputOptions): void {
  for (const name of Object.keys(givenFlags(readSeriesOptions, options))) {
    if (name in readOptions.shape) continue;
    throw new InvalidArgumentError('INVALID_ARGUMENT', `Expected --${name} with a DICOM input, received ${path}`, {
      file: path,
      field: name,
      remedy: `Leave out --${name}, or name the DICOM series`,
    });
  }
}

/** Reads INPUT: NIfTI by its extension, anything else as DICOM. `of`: whose scan, where a command reads many. */
export async function readInput(path: string, options: InputOptions, session: Session, of = ''): Promise<Volume> {
  const { signal, onProgress } = session;
  const run = { signal, onProgress };
  if (isNifti(path)) refuseSeriesOptions(path, options);
  const volume = isNifti(path)
    ? await readVolume(path, { ...run, ...givenFlags(readOptions, options) })
    : await readSeries(path, { ...run, ...givenFlags(readSeriesOptions, options) });
  session.warn(volume.warnings, of);
  session.leftOut(volume.report?.excluded ?? []);
  return volume;
}

/** Reads a mask, and says what was noticed on the way. `labelled`: of a SEG or RTSTRUCT, its series and its segments. */
export async function readMaskInput(
  path: string,
  { maxVoxels }: { readonly maxVoxels?: number },
  session: Session,
  labelled?: Pick<ReadLabelsOptions, 'volume' | 'segments'>,
): Promise<Mask> {
  const { signal } = session;
  const mask =
    labelled && !isNifti(path)
      ? await readMask(path, { signal, ...labelled })
      : await readMask(path, { signal, ...(maxVoxels !== undefined && { maxVoxels }) });
  session.warn(mask.warnings, path);
  return mask;
}
