/** The label of a case on the grid of its image, as trainings read it, for an evaluation. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { HepaticaError, InputFileError, InvalidArgumentError, unreadableFile } from '../errors.js';
import { listSeries, readMask } from '../io/files.js';
import { isPolygonLabel, type LabelPolygon, readPolygons } from '../train/labels.js';
import { requireReadable } from '../train/training-input.js';
import type { Geometry, MaskInput, TrainingCase, Volume, Warning } from '../types.js';
import { geometryOf } from '../volume/geometry.js';
import { type DrawnPolygon, maskOfPolygons } from '../volume/polygon-mask.js';

interface ReadingOptions {
  readonly signal?: AbortSignal | undefined;
  readonly maxVoxels?: number | undefined;
}

/** A label whose file is known, and what is in it; polygons are read again, so that only one case's are in memory. */
export interface KnownLabel {
  readonly kind: 'nifti' | 'object' | 'polygons';
  readonly path: string;
}

/** A mask that was read, and what reading it said. */
export interface CaseMask extends MaskInput {
  readonly warnings: readonly Warning[];
  /** Of voxels in native memory. */
  dispose(): void;
}

/** A mask whose voxels are JavaScript's. */
export function caseMask(grid: Geometry, data: Uint8Array, warnings: readonly Warning[] = []): CaseMask {
  return { ...geometryOf(grid), data, warnings, dispose: () => {} };
}

/** Other values instead of those of a mask, which is disposed of. */
export function mapMask(mask: CaseMask, valueFor: (value: number) => number): CaseMask {
  const values = Uint8Array.from({ length: 256 }, (_, value) => valueFor(value));
  const data = mask.data.map((value) => values[value] as number);
  mask.dispose();
  return caseMask(mask, data, mask.warnings);
}

const isNifti = (path: string) => /\.nii(\.gz)?$/i.test(path);

/** One case after the other: datasets have thousands. */
export async function eachOf<Case, Opened>(
  cases: readonly Case[],
  open: (one: Case) => Promise<Opened>,
): Promise<Opened[]> {
  const opened: Opened[] = [];
  for (const one of cases) opened.push(await open(one));
  return opened;
}

/** Runs what is done for a patient; its errors say whose case they are of. */
export async function forPatient<Result>(patient: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof HepaticaError && !error.message.startsWith(`${patient}: `)) {
      error.message = `${patient}: ${error.message}`;
    }
    throw error;
  }
}

/** The one file of a label that is given as a folder. */
async function onlyFile(path: string): Promise<string> {
  if (!(await stat(path)).isDirectory()) return path;
  const names = (await readdir(path, { recursive: true })).map((name) => join(path, name));
  for (const name of names) if ((await stat(name)).isFile()) return name;
  return path;
}

/** A SEG or RTSTRUCT. @throws InputFileError */
async function labelObject(path: string, image: string, signal: AbortSignal | undefined): Promise<string> {
  if (isNifti(image)) {
    throw new InvalidArgumentError('NO_DICOM_SOURCE', `${path} labels a DICOM series, and the image ${image} is none`, {
      file: path,
      field: 'image',
      remedy: 'Name the folder of the series that was labelled as the image',
    });
  }
  const { series } = await listSeries(path, { ...(signal && { signal }) });
  const objects = series.filter(({ modality }) => modality === 'SEG' || modality === 'RTSTRUCT');
  const files = series.reduce((sum, one) => sum + one.files, 0);
  if (objects.length > 0 && files === 1) return onlyFile(path);
  if (objects.length > 0) {
    throw new InputFileError('AMBIGUOUS_SERIES', `${path} holds ${files} files, one of them labels`, {
      file: path,
      field: 'label',
      remedy: 'Name the one SEG or RTSTRUCT that labels the scan',
    });
  }
  throw new InputFileError(
    'UNSUPPORTED_FORMAT',
    `${path} is a mask kept as a DICOM series, which only trainings read`,
    {
      file: path,
      field: 'label',
      remedy: 'Name a NIfTI mask, a SEG or RTSTRUCT, or polygons; or choose other patients',
    },
  );
}

/**
 * What a label is: all that can be said before a scan is computed on.
 *
 * @throws InputFileError; InvalidArgumentError `NO_DICOM_SOURCE`, `INVALID_ARGUMENT`
 */
export async function knowLabel(
  path: string,
  { image, segments, signal }: { image: string; segments?: readonly unknown[] | undefined; signal?: AbortSignal },
): Promise<KnownLabel> {
  await stat(path).catch((cause) => {
    throw unreadableFile(path, cause);
  });
  if (await isPolygonLabel(path)) {
    await readPolygons(path);
    return { kind: 'polygons', path };
  }
  if (!isNifti(path)) return { kind: 'object', path: await labelObject(path, image, signal) };
  if (segments) {
    throw new InvalidArgumentError(
      'INVALID_ARGUMENT',
      `Expected ${path}, whose segments are chosen, to be a SEG or RTSTRUCT`,
      {
        file: path,
        field: 'labelSegments',
        remedy: 'Choose the values of a mask instead, or name the SEG or RTSTRUCT',
      },
    );
  }
  return { kind: 'nifti', path };
}

/** The slices of a series by their UIDs; the frames of a multi-frame object share theirs. */
function slicesByUid({ report }: Volume): ReadonlyMap<string, number> {
  const named = report?.slices.map(
    ({ sopInstanceUid, frame }, z) => [frame === null ? sopInstanceUid : '', z] as const,
  );
  return new Map(named?.filter(([uid]) => uid !== ''));
}

/** 1 inside the polygons, on the volume's grid. */
export async function drawPolygons(
  path: string,
  polygons: readonly LabelPolygon[],
  volume: Volume,
  signal?: AbortSignal,
): Promise<CaseMask> {
  const slices = slicesByUid(volume);
  const placed = polygons.map(({ slice: index, sopInstanceUid, hole, points }): DrawnPolygon => {
    const slice = slices.get(sopInstanceUid) ?? index;
    if (slice >= 0 && slice < volume.size[2]) return { slice, hole, points: Float32Array.from(points) };
    const named = sopInstanceUid === '' ? String(index) : `${index} "${sopInstanceUid}"`;
    throw new InputFileError('LABEL_GEOMETRY_MISMATCH', `${path} names slice ${named}, which the image does not hold`, {
      file: path,
      field: 'sopInstanceUid',
      remedy: 'Give the polygons of this very series, or slice indices',
    });
  });
  return maskOfPolygons(placed, volume, signal);
}

/** Its values on the volume's grid: of a SEG or RTSTRUCT the places of its segments from 1, or 1 in those that are chosen. */
export async function readKnownLabel(
  label: KnownLabel,
  volume: Volume,
  { segments, signal, maxVoxels }: ReadingOptions & { readonly segments?: readonly (number | string)[] | undefined },
): Promise<CaseMask> {
  const run = { ...(signal && { signal }) };
  if (label.kind === 'polygons') return drawPolygons(label.path, await readPolygons(label.path), volume, signal);
  if (label.kind === 'nifti') return readMask(label.path, { ...run, ...(maxVoxels !== undefined && { maxVoxels }) });
  return readMask(label.path, { ...run, volume, ...(segments && { segments: [...segments] }) });
}

/** A case's structure, before its scan is there. */
export interface StructureLabel {
  read(image: Volume): Promise<CaseMask>;
}

/**
 * All that can be said of a case's label before a scan is computed on.
 *
 * @throws InputFileError, InvalidArgumentError; of whose case it says
 */
export function openStructureLabel(one: TrainingCase, options: ReadingOptions): Promise<StructureLabel> {
  const { patient, image, label, labelValues, labelSegments: segments } = one;
  const { signal } = options;
  return forPatient(patient, async () => {
    const known = await knowLabel(label, { image, segments, ...(signal && { signal }) });
    await requireReadable([image]);
    const read = async (volume: Volume): Promise<CaseMask> => {
      const mask = await readKnownLabel(known, volume, { ...options, segments });
      if (!labelValues || known.kind === 'polygons') return mask;
      return mapMask(mask, (value) => Number(labelValues.includes(value)));
    };
    return { read: (volume) => forPatient(patient, () => read(volume)) };
  });
}
