import { runJob } from './job.js';
import { checkOptions, checkPath, readSeriesOptions, runOptions } from './options.js';
import { segmentedMaskArgument } from './segmentation.js';
import type {
  LesionClassification,
  Mask,
  MaskInput,
  ReadSeriesOptions,
  RunOptions,
  Segmentation,
  SeriesSummary,
  Volume,
  VolumeInput,
} from './types.js';
import { NativeMask, NativeVolume, volumeArgument } from './volume.js';

function pathsOf(source: string | readonly string[]): string[] {
  const paths = Array.isArray(source) ? source : [source];
  for (const path of paths) checkPath('source', path);
  return paths;
}

/**
 * Reads a CT series: files are found by content, ordered by position, checked, and decoded to Hounsfield units.
 *
 * @param source - a folder (with its sub-folders), a file, a DICOMDIR, or several of them
 * @returns `size` (x, y, z) voxels; `data` in order (z, y, x), HU, an Int16Array, or a Float32Array where the rescale
 *   slope is fractional; `report` says what was excluded, interpolated and mended
 * @throws {@link InputFileError} `FILE_NOT_FOUND`, `EMPTY_FOLDER`, `NO_DICOM`, `NOT_DICOM`, `CORRUPT_FILE`,
 *   `WRONG_MODALITY`, `AMBIGUOUS_SERIES`, `MISSING_SLICE`, … each naming the file and what to do
 */
export async function readSeries(source: string | readonly string[], options: ReadSeriesOptions = {}): Promise<Volume> {
  const paths = pathsOf(source);
  const checked = checkOptions(readSeriesOptions, options);
  const result = await runJob(options, (native, control) =>
    native.readSeries(
      paths,
      {
        series: checked.series ?? '',
        phase: checked.phase ?? -1,
        interpolateGaps: checked.gaps === 'interpolate',
        raw: checked.raw ?? false,
      },
      control,
    ),
  );
  return new NativeVolume(result, result.series);
}

/**
 * Lists the series below a folder, whether or not they can be read as CT volumes.
 *
 * @param source - as for {@link readSeries}
 * @returns one entry a series, with its sub-volumes (phases) and, where it cannot be read, the reason
 */
export async function listSeries(
  source: string | readonly string[],
  options: RunOptions = {},
): Promise<readonly SeriesSummary[]> {
  const paths = pathsOf(source);
  checkOptions(runOptions, options);
  return runJob(options, (native, control) => native.listSeries(paths, control));
}

/**
 * Reads a NIfTI volume (`.nii`, `.nii.gz`) in Hounsfield units; RAS becomes LPS, the order of the voxels is kept.
 *
 * @returns `size` (x, y, z) voxels; `data` in order (z, y, x), HU; `report` is null
 * @throws {@link InputFileError} `FILE_NOT_FOUND`, `NOT_NIFTI`, `CORRUPT_FILE`, `UNSUPPORTED_FORMAT`, …
 */
export async function readVolume(path: string, options: RunOptions = {}): Promise<Volume> {
  checkPath('path', path);
  checkOptions(runOptions, options);
  return new NativeVolume(await runJob(options, (native, control) => native.readVolume(path, control)), null);
}

/**
 * Reads a NIfTI mask (labels 0 to 255), to be passed to `evaluateSegmentation`.
 *
 * @returns `size` (x, y, z) voxels; `data` in order (z, y, x), one byte a voxel
 * @throws {@link InputFileError} as {@link readVolume}
 */
export async function readMask(path: string, options: RunOptions = {}): Promise<Mask> {
  checkPath('path', path);
  checkOptions(runOptions, options);
  return new NativeMask(await runJob(options, (native, control) => native.readMask(path, control)));
}

/**
 * Writes a volume as NIfTI (`.nii`, `.nii.gz`): under a temporary name in the same folder, then renamed.
 *
 * @throws {@link OutputError} `OUTPUT_UNWRITABLE`
 */
export async function writeVolume(path: string, volume: VolumeInput, options: RunOptions = {}): Promise<void> {
  checkPath('path', path);
  checkOptions(runOptions, options);
  const voxels = volumeArgument(volume);
  await runJob(options, (native, control) => native.writeVolume(path, voxels, control));
}

/**
 * Writes a mask, or a segmentation's mask, as NIfTI (`.nii`, `.nii.gz`) on its own grid: under a temporary name in the
 * same folder, then renamed.
 *
 * @throws {@link OutputError} `OUTPUT_UNWRITABLE`
 */
export async function writeMask(
  path: string,
  mask: MaskInput | Segmentation | LesionClassification,
  options: RunOptions = {},
): Promise<void> {
  checkPath('path', path);
  checkOptions(runOptions, options);
  const voxels = segmentedMaskArgument('mask', mask);
  await runJob(options, (native, control) => native.writeMask(path, voxels, control));
}
