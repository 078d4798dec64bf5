import { readMask, readSeries, readVolume, type Volume } from '../index.js';
import type { Mask } from '../types.js';
import type { Session } from './session.js';

export interface InputOptions {
  readonly series?: string;
  readonly phase?: number;
  readonly gaps?: 'reject' | 'interpolate';
  readonly raw?: boolean;
  readonly threads?: number;
}

export function isNifti(path: string): boolean {
  return /\.nii(\.gz)?$/i.test(path);
}

/** Reads INPUT: NIfTI by its extension, anything else as DICOM. `of`: whose scan, where a command reads many. */
export async function readInput(path: string, options: InputOptions, session: Session, of = ''): Promise<Volume> {
  const { signal, onProgress } = session;
  const { threads, series, phase, gaps, raw } = options;
  const run = { signal, onProgress, ...(threads !== undefined && { threads }) };
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
export async function readMaskInput(path: string, session: Session): Promise<Mask> {
  const mask = await readMask(path, { signal: session.signal });
  session.warn(mask.warnings, path);
  return mask;
}
