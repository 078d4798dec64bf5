import { InputFileError } from '../errors.js';
import type { Geometry } from '../types.js';
import { isSameGrid } from '../volume/geometry.js';

/** @throws InputFileError `LABEL_GEOMETRY_MISMATCH`, naming the mask's file */
export function checkSameGrid(volume: Geometry, mask: Geometry, file: string): void {
  if (isSameGrid(volume, mask)) return;
  throw new InputFileError('LABEL_GEOMETRY_MISMATCH', `The mask ${file} lies on another grid than the scan`, {
    file,
    // By default those of tilted series are written on another grid.
    remedy: 'Give a mask made on this very scan; of a tilted series (RESAMPLED_GRID), one written with --grid source.',
  });
}
