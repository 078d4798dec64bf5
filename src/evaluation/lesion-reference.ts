/** The lesions that a case of a dataset marks, as a mask of types, read as trainings read them. */
import { stat } from 'node:fs/promises';
import { InvalidArgumentError } from '../errors.js';
import { kLesionTypeValues } from '../lesions/lesion-types.js';
import { discoverDataset } from '../train/dataset.js';
import { readPolygons } from '../train/labels.js';
import { discoverLesionDataset, isMaskValue, type TypeName, typeOfPolygon } from '../train/lesion-dataset.js';
import type { LesionTrainingCase, Volume } from '../types.js';
import {
  type CaseMask,
  caseMask,
  drawPolygons,
  forPatient,
  type KnownLabel,
  knowLabel,
  mapMask,
  readKnownLabel,
} from './case-label.js';

/** Values of a mask of types. */
const kTypeValues: Readonly<Record<TypeName, number>> = { ...kLesionTypeValues, unknown: 5 } as Record<
  TypeName,
  number
>;

/** A case whose label may be a mask of types itself. */
export interface LesionReferenceCase extends LesionTrainingCase {
  /** Of a dataset of the lesion network: what `labelTypes` does not name is no lesion. */
  readonly isTyped: boolean;
}

const kLesionFields = ['liver', 'liverValues', 'liverSegments', 'labelTypes', 'marked', 'ground'];

/**
 * The cases of a dataset of lesions: a JSON file as `trainLesionClassifier` takes it, or a folder or file whose labels are
 * masks of types.
 */
export async function discoverLesionReferences(source: string): Promise<{ cases: readonly LesionReferenceCase[] }> {
  const isFolder = (await stat(source).catch(() => undefined))?.isDirectory();
  if (!isFolder) {
    const { cases } = await discoverLesionDataset(source).catch(async (error: unknown) => {
      // Of a segmenter's dataset labelValues, which a mask of types has no use for, are passed over.
      const other = await discoverDataset(source).catch(() => undefined);
      if (other) return other;
      throw error;
    });
    const isTyped = cases.some((one) => kLesionFields.some((field) => field in one));
    return { cases: cases.map((one) => ({ ...one, isTyped })) };
  }
  const { cases } = await discoverDataset(source);
  return { cases: cases.map((one) => ({ ...one, isTyped: false })) };
}

/** A case's lesions, before and after the scan is there. */
export interface LesionReference {
  readonly files: readonly string[];
  /** Only on the image's grid can the label be read. */
  readonly needsImage: boolean;
  /** 1 to 4 by type, 5 where it is not known; with `image`, on its grid. */
  read(image: Volume | undefined): Promise<CaseMask>;
}

interface ReferenceOptions {
  /** What the values of masks without `labelTypes` mean. */
  readonly values?: ReadonlyMap<number, number> | undefined;
  readonly signal?: AbortSignal;
  readonly maxVoxels?: number | undefined;
}

function refuse(message: string, field: string, remedy: string, file?: string): never {
  throw new InvalidArgumentError('INVALID_ARGUMENT', message, { field, remedy, ...(file !== undefined && { file }) });
}

/** By the values and the segments that `labelTypes` names. */
async function typedMask(
  label: KnownLabel,
  labelTypes: NonNullable<LesionTrainingCase['labelTypes']>,
  image: Volume | undefined,
  options: ReferenceOptions,
): Promise<CaseMask> {
  const volume = image as Volume;
  const named = Object.entries(labelTypes);
  const byValue = new Map(named.filter(([name]) => isMaskValue(name)).map(([name, type]) => [Number(name), type]));
  const whole = await readKnownLabel(label, volume, options);
  const types = mapMask(whole, (value) => {
    const type = byValue.get(value);
    return type === undefined ? 0 : kTypeValues[type];
  });
  for (const [segment, type] of named.filter(([name]) => !isMaskValue(name))) {
    const inside = await readKnownLabel(label, volume, { ...options, segments: [segment] });
    const { data } = inside;
    for (let i = 0; i < data.length; i++) if (data[i] !== 0) types.data[i] = kTypeValues[type];
    inside.dispose();
  }
  return types;
}

async function polygonTypes(path: string, image: Volume, signal: AbortSignal | undefined): Promise<CaseMask> {
  const polygons = await readPolygons(path);
  const data = new Uint8Array(image.size[0] * image.size[1] * image.size[2]);
  for (const [type, value] of Object.entries(kTypeValues)) {
    const ofType = polygons.filter((polygon) => typeOfPolygon(polygon, path) === type);
    if (ofType.length === 0) continue;
    const inside = await drawPolygons(path, ofType, image, signal);
    const { data: drawn } = inside;
    for (let i = 0; i < data.length; i++) if (drawn[i] !== 0) data[i] = value;
    inside.dispose();
  }
  return caseMask(image, data);
}

/**
 * All that can be said of a case before a scan is computed on.
 *
 * @throws InputFileError, InvalidArgumentError; of whose case it says
 */
export function openLesionReference(one: LesionReferenceCase, options: ReferenceOptions): Promise<LesionReference> {
  return forPatient(one.patient, async () => {
    const { patient, image, label, labelTypes, marked = true, isTyped } = one;
    if (!marked) {
      refuse('Not all of its lesions are marked', 'marked', 'Choose patients whose lesions are all marked: --patients');
    }
    const readFor = (read: LesionReference['read']): LesionReference['read'] => {
      return (volume) => forPatient(patient, () => read(volume));
    };
    const none: LesionReference['read'] = async (volume) => {
      const grid = volume as Volume;
      const count = grid.size[0] * grid.size[1] * grid.size[2];
      return caseMask(grid, new Uint8Array(count));
    };
    if (label === undefined) return { files: [], needsImage: true, read: none };
    const { signal, values } = options;
    const known = await knowLabel(label, { image, ...(signal && { signal }) });
    const files = [label, ...(one.liver === undefined ? [] : [one.liver])];
    if (known.kind === 'polygons') {
      for (const polygon of await readPolygons(label)) typeOfPolygon(polygon, label);
      return { files, needsImage: true, read: readFor((volume) => polygonTypes(label, volume as Volume, signal)) };
    }
    const needsImage = known.kind === 'object';
    if (labelTypes)
      return { files, needsImage, read: readFor((volume) => typedMask(known, labelTypes, volume, options)) };
    if (values) {
      const read = async (volume: Volume | undefined) =>
        mapMask(await readKnownLabel(known, volume as Volume, options), (value) => values.get(value) ?? 0);
      return { files, needsImage, read: readFor(read) };
    }
    if (isTyped) return { files, needsImage: true, read: none };
    if (known.kind === 'object') {
      refuse(
        `Nothing says which segments of ${label} are lesions`,
        'labelTypes',
        'Name them by labelTypes in a JSON dataset file, or by --lesion-values',
        label,
      );
    }
    return { files, needsImage, read: readFor((volume) => readKnownLabel(known, volume as Volume, options)) };
  });
}
