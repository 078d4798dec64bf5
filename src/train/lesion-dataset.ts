import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { InputFileError } from '../errors.js';
import { kLesionTypes } from '../lesions/lesion-types.js';
import { invalidArgument } from '../schema/check.js';
import type { DiscoveredLesionDataset, LesionTrainingCase, LesionTrainingDataset } from '../types.js';
import { datasetFields, parseDatasetFile, segmentChoice } from './dataset.js';
import { isPolygonLabel, type LabelPolygon, readPolygons } from './labels.js';
import { nativePolygon } from './training-run.js';

const kTypeNames = [...kLesionTypes, 'unknown'] as const;
export type TypeName = (typeof kTypeNames)[number];

const path = z.string().min(1);
const maskValue = z.int().min(0).max(255);
/** Other names are of segments. */
export const isMaskValue = (name: string) => /^(0|[1-9]\d{0,2})$/.test(name);
const kNifti = /\.nii(\.gz)?$/i;

const caseSchema = z
  .strictObject({
    patient: z.string().min(1).max(256),
    image: path,
    liver: path.optional(),
    liverValues: z.array(maskValue).min(1).optional(),
    liverSegments: segmentChoice.optional(),
    label: path.optional(),
    labelTypes: z
      .record(z.string().min(1).max(256), z.enum(kTypeNames, { error: 'expected CYS, ANG, HCC, MET or unknown' }))
      .optional(),
    marked: z.boolean().optional(),
    ground: z.boolean().optional(),
  })
  .refine(({ liver, label }) => liver ?? label, { message: 'expected a liver mask, or a label', path: ['liver'] })
  .refine(({ liverValues, liverSegments }) => !(liverValues && liverSegments), {
    message: 'expected liverValues or liverSegments',
    path: ['liverSegments'],
  })
  .refine(({ label = '', labelTypes = {} }) => !kNifti.test(label) || Object.keys(labelTypes).every(isMaskValue), {
    message: 'expected mask values, as the label is no SEG or RTSTRUCT',
    path: ['labelTypes'],
  });
const datasetSchema = z.strictObject(datasetFields(caseSchema));

/** Checks a dataset from a caller or a file; `file` is named where it came from one. */
function checkLesionDataset(dataset: unknown, file?: string): DiscoveredLesionDataset {
  const result = datasetSchema.safeParse(dataset);
  if (result.success) return { warnings: [], ...result.data } as DiscoveredLesionDataset;
  const issue = result.error.issues[0];
  const field = issue?.path.map(String).join('.') || 'dataset';
  const expectation = `cases with patient, image, liver or label, labelTypes (${issue?.message})`;
  if (file === undefined) throw invalidArgument('dataset', expectation, dataset, field);
  throw new InputFileError('CORRUPT_DATASET', `Expected ${file} to hold ${expectation}: ${field}`, {
    file,
    field,
    remedy: 'Correct the field; see LesionTrainingCase',
  });
}

/**
 * Finds the cases of a dataset for {@link trainLesionClassifier}, or checks those that are given.
 *
 * @param source - a JSON file `{ "cases": [LesionTrainingCase, …] }`, whose paths are relative to it, or the cases
 *   themselves
 * @throws {@link InputFileError} `FILE_NOT_FOUND`, `UNREADABLE_FILE`, `CORRUPT_DATASET`
 */
export async function discoverLesionDataset(source: LesionTrainingDataset | string): Promise<DiscoveredLesionDataset> {
  if (typeof source !== 'string') return checkLesionDataset(source);
  const folder = dirname(resolve(source));
  const { cases, warnings } = checkLesionDataset(await parseDatasetFile(source), source);
  return {
    warnings,
    cases: cases.map((entry) => ({
      ...entry,
      image: resolve(folder, entry.image),
      ...(entry.liver !== undefined && { liver: resolve(folder, entry.liver) }),
      ...(entry.label !== undefined && { label: resolve(folder, entry.label) }),
    })),
  };
}

export function typeOfPolygon({ name }: LabelPolygon, file: string): TypeName | 'liver' {
  if (name === '' || name.toLowerCase() === 'liver') return 'liver';
  const type = kTypeNames.find((known) => known.toLowerCase() === name.toLowerCase());
  if (type !== undefined) return type;
  throw new InputFileError('CORRUPT_LABEL', `The polygons in ${file} name an unknown lesion type: "${name}"`, {
    file,
    field: 'type',
    remedy: 'Expected CYS, ANG, HCC, MET, unknown or liver',
  });
}

async function liverOf(liver: string | undefined): Promise<Record<string, unknown>> {
  if (liver === undefined) return {};
  if (!(await isPolygonLabel(liver))) return { liver };
  return { liver_polygons: (await readPolygons(liver)).map(nativePolygon) };
}

async function lesionsOf({ label, liver, labelTypes }: LesionTrainingCase): Promise<Record<string, unknown>> {
  if (label === undefined) return {};
  if (!(await isPolygonLabel(label))) {
    const named = Object.entries(labelTypes ?? {});
    const values = named.filter(([name]) => isMaskValue(name)).map(([name, type]) => ({ value: Number(name), type }));
    const segments = named.filter(([name]) => !isMaskValue(name)).map(([segment, type]) => ({ segment, type }));
    return { label, lesion_values: values, lesion_segments: segments };
  }
  const typed = (await readPolygons(label)).map((polygon) => ({ polygon, type: typeOfPolygon(polygon, label) }));
  const lesions = typed.filter(({ type }) => type !== 'liver');
  const outlines = typed.filter(({ type }) => type === 'liver').map(({ polygon }) => nativePolygon(polygon));
  return {
    lesion_polygons: lesions.map(({ polygon, type }) => ({ ...nativePolygon(polygon), type })),
    ...(liver === undefined && { liver_polygons: outlines }),
  };
}

/** A case as native/training/tasks/lesions/plan.h reads it. */
export async function nativeLesionCase(
  entry: LesionTrainingCase,
  validation: boolean,
): Promise<Record<string, unknown>> {
  const { patient, image, liverValues, liverSegments, marked = true, ground = false } = entry;
  return {
    patient,
    image,
    liver_values: liverValues ?? [],
    liver_segments: liverSegments?.map(String) ?? [],
    ...(await liverOf(entry.liver)),
    ...(await lesionsOf(entry)),
    marked,
    ground,
    validation,
  };
}
