import { readSeries, readVolume, type Volume } from '../index.js';
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

/** Reads INPUT: NIfTI by its extension, anything else as DICOM. */
export async function readInput(path: string, options: InputOptions, session: Session): Promise<Volume> {
  const { signal, onProgress } = session;
  const threads = options.threads === undefined ? {} : { threads: options.threads };
  if (isNifti(path)) return readVolume(path, { signal, onProgress, ...threads });
  const volume = await readSeries(path, {
    signal,
    onProgress,
    ...threads,
    ...(options.series === undefined ? {} : { series: options.series }),
    ...(options.phase === undefined ? {} : { phase: options.phase }),
    ...(options.gaps === undefined ? {} : { gaps: options.gaps }),
    ...(options.raw === undefined ? {} : { raw: options.raw }),
  });
  session.warn(volume.warnings);
  for (const { file, reason } of volume.report?.excluded ?? []) session.note(`left out ${file}: ${reason}`);
  return volume;
}
