import { open } from 'node:fs/promises';
import { InputFileError, InvalidArgumentError } from '../errors.js';
import { ByteLimit } from '../input/byte-limit.js';
import { FileArgument } from '../input/file.js';
import { SeriesFiles } from '../input/series.js';
import type { CtVoxels, NativeBinding, NativeControl, NativeJob, VoxelHandle } from '../native/binding.js';
import type { CallArgument } from '../native/call-arguments.js';
import type { NativeWritten } from '../native/files.js';
import { runJobOn } from '../native/job.js';
import { checkTargetFile } from '../output/ownership.js';
import { rememberSources, sourcesOf } from '../output/sources.js';
import { checkOptions, checkPath, nativeOptions } from '../schema/check.js';
import {
  listSeriesOptions,
  packNiftiOptions,
  readLabelsOptions,
  readOptions,
  readSeriesOptions,
  writeNiftiOptions,
} from '../schema/files.js';
import { segmentedMaskArgument } from '../segment/segmentation.js';
import type {
  FileInput,
  LabelMask,
  LesionClassification,
  ListSeriesOptions,
  Mask,
  MaskInput,
  PackNiftiOptions,
  ReadLabelsOptions,
  ReadOptions,
  ReadSeriesOptions,
  Segmentation,
  SeriesInput,
  SeriesListing,
  StructureSegmentation,
  Volume,
  VolumeInput,
  WriteNiftiOptions,
  WrittenBytes,
  WrittenFile,
} from '../types.js';
import { checkGeometry, geometryOf } from '../volume/geometry.js';
import { NativeLabelMask, NativeMask, NativeVolume, volumeArgument } from '../volume/volume.js';

/**
 * Reads a CT series: files are found by content, ordered by position, checked, and decoded to Hounsfield units. Of files
 * in memory, and of those that an iterable gives, no more is kept than their pixels: what is read of a study of several
 * series is named with the option `series`.
 *
 * @param source - a folder (with its sub-folders), a file, a DICOMDIR, a zip archive of a study, or several of them; or
 *   the bytes of the files
 * @returns `size` (x, y, z) voxels; `data` in order (z, y, x), HU, an Int16Array, or a Float32Array where the rescale
 *   slope is fractional; `report` says what was excluded, interpolated and mended
 * @throws {@link InputFileError} `FILE_NOT_FOUND`, `UNREADABLE_FILE`, `EMPTY_FOLDER`, `NO_DICOM`, `NOT_DICOM`,
 *   `CORRUPT_FILE`, `WRONG_MODALITY`, `AMBIGUOUS_SERIES`, `MISSING_SLICE`, `INPUT_TOO_LARGE`, `UNSAFE_ARCHIVE`, `ENCRYPTED_ARCHIVE`, … each naming the file (of
 *   one in memory `source[3]`, which is its number in the list) and what to do
 */
export async function readSeries(source: SeriesInput, options: ReadSeriesOptions = {}): Promise<Volume> {
  const checked = checkOptions(readSeriesOptions, options);
  const files = new SeriesFiles(source, options);
  const settings = nativeOptions(readSeriesOptions, checked);
  const result = await files.run((native, intake, control) => native.readSeries(intake, settings, control));
  const report = { ...result.series, excluded: [...result.series.excluded, ...files.excluded] };
  const volume = new NativeVolume({ ...result, warnings: [...files.warnings, ...result.warnings] }, report);
  // A mask with the source of a series is of that series, whatever it came from itself.
  rememberSources(report.source, ...files.origins);
  return rememberSources(volume, ...files.origins);
}

/**
 * Lists the series of a source, whether or not they can be read as CT volumes.
 *
 * @param source - as for {@link readSeries}
 * @returns `series`: one entry a series, with its sub-volumes (phases) and, where it cannot be read, the reason
 * @throws {@link InputFileError} `FILE_NOT_FOUND`, `UNREADABLE_FILE`, `EMPTY_FOLDER`, `TOO_MANY_FILES`, `INPUT_TOO_LARGE`
 */
export async function listSeries(source: SeriesInput, options: ListSeriesOptions = {}): Promise<SeriesListing> {
  checkOptions(listSeriesOptions, options);
  const files = new SeriesFiles(source, options);
  const found = await files.run((native, intake, control) => native.listSeries(intake, control));
  return { ...found, warnings: [...files.warnings, ...found.warnings] };
}

/**
 * Reads a NIfTI volume (`.nii`, `.nii.gz`) in Hounsfield units; RAS becomes LPS, the order of the voxels is kept.
 *
 * @returns `size` (x, y, z) voxels; `data` in order (z, y, x), HU; `report` is null
 *   NaN and infinite voxels become air (−1024), and a warning `NAN_VOXELS` counts them; `FORMS_DISAGREE` where sform and
 *   qform, both set, put the voxels elsewhere (the sform is used)
 * @throws {@link InputFileError} `FILE_NOT_FOUND`, `UNREADABLE_FILE`, `NOT_NIFTI`, `CORRUPT_FILE`, `UNSUPPORTED_FORMAT`,
 *   `VOLUME_TOO_LARGE`, `UNSUPPORTED_GEOMETRY`, `INPUT_TOO_LARGE`
 */
export async function readVolume(source: FileInput, options: ReadOptions = {}): Promise<Volume> {
  const { maxVoxels = null, maxBytes } = checkOptions(readOptions, options);
  const file = new FileArgument('source', source, new ByteLimit(maxBytes));
  const result = await runJobOn([file], options, (native, control, loaded) =>
    native.readVolume(loaded, maxVoxels, control),
  );
  return rememberSources(new NativeVolume(result, null), file.origin);
}

async function readLabels(input: FileInput, options: ReadLabelsOptions): Promise<LabelMask> {
  const { segments = [], maxBytes } = checkOptions(readLabelsOptions, options);
  const { volume } = options;
  const grid = checkGeometry('volume', volume);
  const source = (volume as Volume).report?.source;
  if (!source) {
    throw new InvalidArgumentError('NO_DICOM_SOURCE', 'Expected volume to be a DICOM series, received another one', {
      field: 'volume',
      remedy: 'Read the series that was labelled with readSeries',
    });
  }
  const file = new FileArgument('source', input, new ByteLimit(maxBytes));
  const result = await runJobOn([file], options, (native, control, loaded) =>
    native.readDicomLabels(loaded, source, geometryOf(grid), segments.map(String), control),
  );
  return rememberSources(new NativeLabelMask(result, source, result.labels), file.origin);
}

/** The first bytes of a regular file, as far as it can be read. */
async function headOf(path: string): Promise<Uint8Array> {
  const file = await open(path).catch(() => undefined);
  try {
    const { bytesRead, buffer } = (await file?.read(Buffer.alloc(132), 0, 132, 0)) ?? {};
    return buffer?.subarray(0, bytesRead) ?? Buffer.alloc(0);
  } catch {
    return Buffer.alloc(0);
  } finally {
    await file?.close();
  }
}

/** Of a mask that is DICOM: whose labels they are has to be said. Other errors as they are. */
async function withoutSeries(error: unknown, file: FileArgument): Promise<unknown> {
  if (!(error instanceof InputFileError) || error.code !== 'NOT_NIFTI') return error;
  const head = Buffer.from(file.path === undefined ? file.head : await headOf(file.path));
  if (head.toString('latin1', 128, 132) !== 'DICM') return error;
  return new InputFileError('NOT_NIFTI', `${file.name} is DICOM, and the series that it labels was not given`, {
    file: file.name,
    field: 'volume',
    remedy:
      'A SEG or RTSTRUCT is read with the option volume, its series from readSeries; a mask kept as a series is not read',
    cause: error,
  });
}

/**
 * Reads a mask (labels 0 to 255): NIfTI, or, where `options.volume` is the series that was labelled, a DICOM Segmentation
 * (binary, fractional from half of its maximum on, label map) or RT Structure Set, on the grid of that series.
 *
 * @returns `size` (x, y, z) voxels; `data` in order (z, y, x), one byte a voxel
 * @throws {@link InputFileError} as {@link readVolume}, and `INVALID_VALUE` where it holds other than whole labels or a
 *   contour outside of the images; of DICOM `LABEL_OF_OTHER_SERIES`, `LABEL_GEOMETRY_MISMATCH`, `SEGMENT_NOT_FOUND`,
 *   `NOT_DICOM`, `CORRUPT_FILE`; of DICOM without `options.volume` `NOT_NIFTI`; {@link InvalidArgumentError} `NO_DICOM_SOURCE` for a volume that is no series
 */
export function readMask(source: FileInput, options: ReadLabelsOptions): Promise<LabelMask>;
/** The same of a NIfTI mask. */
export function readMask(source: FileInput, options?: ReadOptions): Promise<Mask>;
export async function readMask(source: FileInput, options: ReadOptions | ReadLabelsOptions = {}): Promise<Mask> {
  if ('volume' in options && options.volume !== undefined) return readLabels(source, options);
  const { maxVoxels = null, maxBytes } = checkOptions(readOptions, options);
  const file = new FileArgument('source', source, new ByteLimit(maxBytes));
  const result = await runJobOn([file], options, (native, control, loaded) =>
    native.readMask(loaded, maxVoxels, control),
  ).catch(async (error: unknown) => {
    throw await withoutSeries(error, file);
  });
  return rememberSources(new NativeMask(result), file.origin);
}

/** What is written comes first where there is no path. */
function isObject<Written extends object>(first: string | Written): first is Written {
  return typeof first === 'object' && first !== null;
}

type WriteCall<Data> = (
  native: NativeBinding,
) => (
  path: string | null,
  voxels: VoxelHandle<Data>,
  options: { grid: string; gzip: boolean },
  control: NativeControl,
) => NativeJob<NativeWritten>;

async function writeFile<Data>(
  call: WriteCall<Data>,
  path: string,
  voxels: CallArgument<VoxelHandle<Data>>,
  sources: readonly string[],
  options: WriteNiftiOptions,
): Promise<WrittenFile> {
  const { overwrite, grid } = checkOptions(writeNiftiOptions, options);
  const { warnings } = await runJobOn(
    [voxels],
    options,
    (native, control, handle) => call(native)(path, handle, { grid, gzip: false }, control),
    () => checkTargetFile(path, sources, overwrite),
  );
  return { file: path, warnings };
}

async function writeBytes<Data>(
  call: WriteCall<Data>,
  voxels: CallArgument<VoxelHandle<Data>>,
  options: PackNiftiOptions,
): Promise<WrittenBytes> {
  const { grid, gzip } = checkOptions(packNiftiOptions, options);
  const { warnings, bytes } = await runJobOn([voxels], options, (native, control, handle) =>
    call(native)(null, handle, { grid, gzip }, control),
  );
  const { buffer, byteOffset, byteLength } = bytes?.data() ?? new Uint8Array(0);
  return { data: Buffer.from(buffer, byteOffset, byteLength), warnings };
}

/**
 * Writes a volume as NIfTI (`.nii`, `.nii.gz`): under a temporary name in the same folder, then renamed. What it was
 * read from is never replaced, and a file that hepatica did not write only with `overwrite`. Without a path, the file
 * is returned.
 *
 * @throws {@link OutputError} `OUTPUT_UNWRITABLE`, `OUTPUT_IS_INPUT`, `OUTPUT_EXISTS`
 */
export async function writeVolume(path: string, volume: VolumeInput, options?: WriteNiftiOptions): Promise<WrittenFile>;
/** The same file in memory. */
export async function writeVolume(volume: VolumeInput, options?: PackNiftiOptions): Promise<WrittenBytes>;
export async function writeVolume(
  first: string | VolumeInput,
  second?: VolumeInput | PackNiftiOptions,
  options: WriteNiftiOptions = {},
): Promise<WrittenFile | WrittenBytes> {
  const call: WriteCall<CtVoxels> = (native) => native.writeVolume;
  if (isObject(first)) return writeBytes(call, volumeArgument(first), (second ?? {}) as PackNiftiOptions);
  checkPath('path', first);
  return writeFile(call, first, volumeArgument(second), sourcesOf(second), options);
}

type MaskSource = MaskInput | Segmentation | StructureSegmentation | LesionClassification;

/**
 * Writes a mask, or a segmentation's mask, as NIfTI (`.nii`, `.nii.gz`) on its own grid, unless that is tilted (option
 * `grid`): under a temporary name in the same folder, then renamed. The scan or mask that it comes from is never replaced, and a file that hepatica did not
 * write only with `overwrite`. Without a path, the file is returned.
 *
 * @throws {@link OutputError} `OUTPUT_UNWRITABLE`, `OUTPUT_IS_INPUT`, `OUTPUT_EXISTS`
 */
export async function writeMask(path: string, mask: MaskSource, options?: WriteNiftiOptions): Promise<WrittenFile>;
/** The same file in memory. */
export async function writeMask(mask: MaskSource, options?: PackNiftiOptions): Promise<WrittenBytes>;
export async function writeMask(
  first: string | MaskSource,
  second?: MaskSource | PackNiftiOptions,
  options: WriteNiftiOptions = {},
): Promise<WrittenFile | WrittenBytes> {
  const call: WriteCall<Uint8Array> = (native) => native.writeMask;
  if (isObject(first))
    return writeBytes(call, segmentedMaskArgument('mask', first), (second ?? {}) as PackNiftiOptions);
  checkPath('path', first);
  return writeFile(call, first, segmentedMaskArgument('mask', second), sourcesOf(second), options);
}
