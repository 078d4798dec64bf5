import { InvalidArgumentError, readMask, readSeries, readVolume, type Volume } from '../index.js';
import type { Mask } from '../types.js';
import type { Session } from './session.js';

export interface InputOptions {
  readonly series?: string;
  readonly phase?: number;
  readonly gaps?: 'reject' | 'interpolate';
  readonly raw?: boolean;
  readonly maxVoxels?: number;
  readonly threads?: number;
}

export function isNifti(path: string): boolean {
  return /\.nii(\.gz)?$/i.test(path);
}

/** What speaks of series is no use of a NIfTI file: it holds one volume of numbers. */
function refuseSeriesOptions(path: string, options: InputOptions): void {
  for (const name of ['series', 'phase', 'gaps', 'raw'] as const) {
    if (options[name] === undefined) continue;
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
  const { threads, maxVoxels, series, phase, gaps, raw } = options;
  const run = {
    signal,
    onProgress,
    ...(threads !== undefined && { threads }),
    ...(maxVoxels !== undefined && { maxVoxels }),
  };
  if (isNifti(path)) refuseSeriesOptions(path, options);
  const volume = isNifti(path)
    ? await readVolume(path, run)
    : await readSeries(path, {
        ...run,
        ...(series !== undefined && { series }),
        ...(phase !== undefined && { phase }),
        ...(gaps !== undefined && { gaps }),
        ...(raw !== undefined && { raw }),
      });
  session.warn(volume.warnings, of);
  session.leftOut(volume.report?.excluded ?? []);
  return volume;
}

/** Reads a mask, and says what was noticed on the way. */
export async function readMaskInput(
  path: string,
  { maxVoxels }: { readonly maxVoxels?: number },
  session: Session,
): Promise<Mask> {
  const mask = await readMask(path, { signal: session.signal, ...(maxVoxels !== undefined && { maxVoxels }) });
  session.warn(mask.warnings, path);
  return mask;
}
