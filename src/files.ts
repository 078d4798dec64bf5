import { InvalidArgumentError } from './errors.js';
import { checkGeometry, geometryOf } from './geometry.js';
import { runJob, runJobOn } from './job.js';
import {
  checkOptions,
  checkPath,
  readLabelsOptions,
  readOptions,
  readSeriesOptions,
  runOptions,
  writeNiftiOptions,
} from './options.js';
import { checkTargetFile } from './output/ownership.js';
import { rememberSources, sourcesOf } from './output/sources.js';
import { segmentedMaskArgument } from './segmentation.js';
import type {
  LabelMask,
  LesionClassification,
  Mask,
  MaskInput,
  ReadLabelsOptions,
  ReadOptions,
  ReadSeriesOptions,
  RunOptions,
  Segmentation,
  SeriesListing,
  StructureSegmentation,
  Volume,
  VolumeInput,
  WriteNiftiOptions,
  WrittenFile,
} from './types.js';
import { NativeLabelMask, NativeMask, NativeVolume, volumeArgument } from './volume.js';

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
 * @throws {@link InputFileError} `FILE_NOT_FOUND`, `UNREADABLE_FILE`, `EMPTY_FOLDER`, `NO_DICOM`, `NOT_DICOM`,
 *   `CORRUPT_FILE`, `WRONG_MODALITY`, `AMBIGUOUS_SERIES`, `MISSING_SLICE`, … each naming the file and what to do
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
        maxVoxels: checked.maxVoxels ?? null,
      },
      control,
    ),
  );
  return rememberSources(new NativeVolume(result, result.series), ...paths);
}

/**
 * Lists the series below a folder, whether or not they can be read as CT volumes.
 *
 * @param source - as for {@link readSeries}
 * @returns `series`: one entry a series, with its sub-volumes (phases) and, where it cannot be read, the reason
 * @throws {@link InputFileError} `FILE_NOT_FOUND`, `UNREADABLE_FILE`, `EMPTY_FOLDER`, `TOO_MANY_FILES`
 */
export async function listSeries(source: string | readonly string[], options: RunOptions = {}): Promise<SeriesListing> {
  const paths = pathsOf(source);
  checkOptions(runOptions, options);
  return runJob(options, (native, control) => native.listSeries(paths, control));
}

/**
 * Reads a NIfTI volume (`.nii`, `.nii.gz`) in Hounsfield units; RAS becomes LPS, the order of the voxels is kept.
 *
 * @returns `size` (x, y, z) voxels; `data` in order (z, y, x), HU; `report` is null
 *   NaN and infinite voxels become air (−1024), and a warning `NAN_VOXELS` counts them; `FORMS_DISAGREE` where sform and
 *   qform, both set, put the voxels elsewhere (the sform is used)
 * @throws {@link InputFileError} `FILE_NOT_FOUND`, `UNREADABLE_FILE`, `NOT_NIFTI`, `CORRUPT_FILE`, `UNSUPPORTED_FORMAT`,
 *   `VOLUME_TOO_LARGE`, `UNSUPPORTED_GEOMETRY`
 */
export async function readVolume(path: string, options: ReadOptions = {}): Promise<Volume> {
  checkPath('path', path);
  const { maxVoxels = null } = checkOptions(readOptions, options);
  const result = await runJob(options, (native, control) => native.readVolume(path, maxVoxels, control));
  return rememberSources(new NativeVolume(result, null), path);
}

async function readLabels(path: string, options: ReadLabelsOptions): Promise<LabelMask> {
  const { segments = [] } = checkOptions(readLabelsOptions, options);
  const { volume } = options;
  const grid = checkGeometry('volume', volume);
  const source = (volume as Volume).report?.source;
  if (!source) {
    throw new InvalidArgumentError('NO_DICOM_SOURCE', 'Expected volume to be a DICOM series, received another one', {
      field: 'volume',
      remedy: 'Read the series that was labelled with readSeries',
    });
  }
  const result = await runJob(options, (native, control) =>
    native.readDicomLabels(path, source, geometryOf(grid), segments.map(String), control),
  );
  return rememberSources(new NativeLabelMask(result, source, result.labels), path);
}

/**
 * Reads a mask (labels 0 to 255): NIfTI, or, where `options.volume` is the series that was labelled, a DICOM Segmentation
 * (binary, fractional from half of its maximum on, label map) or RT Structure Set, on the grid of that series.
 *
 * @returns `size` (x, y, z) voxels; `data` in order (z, y, x), one byte a voxel
 * @throws {@link InputFileError} as {@link readVolume}, and `INVALID_VALUE` where it holds other than whole labels or a
 *   contour outside of the images; of DICOM `LABEL_OF_OTHER_SERIES`, `LABEL_GEOMETRY_MISMATCH`, `SEGMENT_NOT_FOUND`,
 *   `NOT_DICOM`, `CORRUPT_FILE`; {@link InvalidArgumentError} `NO_DICOM_SOURCE` for a volume that is no series
 */
export function readMask(path: string, options: ReadLabelsOptions): Promise<LabelMask>;
export function readMask(path: string, options?: ReadOptions): Promise<Mask>;
export async function readMask(path: string, options: ReadOptions | ReadLabelsOptions = {}): Promise<Mask> {
  checkPath('path', path);
  if ('volume' in options && options.volume !== undefined) return readLabels(path, options);
  const { maxVoxels = null } = checkOptions(readOptions, options);
  const result = await runJob(options, (native, control) => native.readMask(path, maxVoxels, control));
  return rememberSources(new NativeMask(result), path);
}

/**
 * Writes a volume as NIfTI (`.nii`, `.nii.gz`): under a temporary name in the same folder, then renamed. What it was
 * read from is never replaced, and a file that hepatica did not write only with `overwrite`.
 *
 * @throws {@link OutputError} `OUTPUT_UNWRITABLE`, `OUTPUT_IS_INPUT`, `OUTPUT_EXISTS`
 */
export async function writeVolume(
  path: string,
  volume: VolumeInput,
  options: WriteNiftiOptions = {},
): Promise<WrittenFile> {
  checkPath('path', path);
  const { overwrite, grid = 'orthonormal' } = checkOptions(writeNiftiOptions, options);
  const voxels = volumeArgument(volume);
  const warnings = await runJobOn(
    [voxels],
    options,
    (native, control, handle) => native.writeVolume(path, handle, { grid }, control),
    () => checkTargetFile(path, sourcesOf(volume), overwrite),
  );
  return { file: path, warnings };
}

/**
 * Writes a mask, or a segmentation's mask, as NIfTI (`.nii`, `.nii.gz`) on its own grid, unless that is tilted (option
 * `grid`): under a temporary name in the same folder, then renamed. The scan or mask that it comes from is never replaced, and a file that hepatica did not
 * write only with `overwrite`.
 *
 * @throws {@link OutputError} `OUTPUT_UNWRITABLE`, `OUTPUT_IS_INPUT`, `OUTPUT_EXISTS`
 */
export async function writeMask(
  path: string,
  mask: MaskInput | Segmentation | StructureSegmentation | LesionClassification,
  options: WriteNiftiOptions = {},
): Promise<WrittenFile> {
  checkPath('path', path);
  const { overwrite, grid = 'orthonormal' } = checkOptions(writeNiftiOptions, options);
  const voxels = segmentedMaskArgument('mask', mask);
  const warnings = await runJobOn(
    [voxels],
    options,
    (native, control, handle) => native.writeMask(path, handle, { grid }, control),
    () => checkTargetFile(path, sourcesOf(mask), overwrite),
  );
  return { file: path, warnings };
}
