/** The documents of a result, made from it alone: in a browser too. */
import type {
  Geometry,
  LesionClassification,
  Perimeter,
  Segmentation,
  StudyComparison,
  Vector3,
  Volume,
} from '../types.js';
import type { ComparisonDocument } from './comparison.js';
import type { LesionsDocument } from './lesions.js';
import type { PerimetersDocument } from './perimeters.js';
import type { ReportDocument } from './report.js';

function geometryOf({ size, spacing, origin, direction }: Geometry) {
  return { size, spacing, origin, direction };
}

type PolygonDocument = PerimetersDocument['slices'][number]['polygons'][number];

/** How a result came about, besides what it says itself; `hepatica` is `version` of `deviceInfo()`. */
export type Provenance = Pick<
  ReportDocument,
  'hepatica' | 'command' | 'options' | 'input' | 'inputs' | 'arterialInputs'
>;

/** The report of reading, without what names the patient. */
function seriesOf({ report }: Volume) {
  if (!report) return null;
  const { source: _, ...series } = report;
  return series;
}

/** `report.json`: what was found, on what, how, and everything that was noticed on the way. */
export function reportDocument(
  { hepatica, command, options, input, inputs, arterialInputs }: Provenance,
  segmentation: Segmentation,
  lesions: LesionClassification | undefined,
): ReportDocument {
  const { volume } = segmentation;
  return {
    format: 'hepatica-report',
    version: 2,
    notice: 'For research use only. Not a medical device.',
    hepatica,
    command,
    options,
    models: {
      ...(segmentation.model && { segmentation: segmentation.model }),
      ...(lesions?.model && { lesions: lesions.model }),
    },
    input,
    inputs,
    ...(arterialInputs && { arterialInputs }),
    structure: segmentation.structure,
    plausibility: segmentation.plausibility,
    plausibilityReasons: segmentation.plausibilityReasons,
    ...(segmentation.contrast && { contrast: segmentation.contrast }),
    volumeMl: segmentation.volumeMl,
    boundingBox: segmentation.boundingBox,
    slices: segmentation.slices,
    roi: segmentation.roi,
    device: segmentation.device,
    precision: segmentation.precision,
    timingsMs: segmentation.timings,
    warnings: segmentation.warnings,
    geometry: geometryOf(volume),
    series: seriesOf(volume),
  };
}

/** Null for NIfTI, interpolated slices and the frames of multi-frame objects, which share one UID. */
function sopInstanceUidOf(volume: Volume, slice: number): string | null {
  const source = volume.report?.slices[slice];
  return source && source.frame === null && source.sopInstanceUid !== '' ? source.sopInstanceUid : null;
}

/** The reader asks for three points: outlines of one or two pixels run through them again. */
function atLeastThreePoints(coordinates: readonly number[], dimensions: number): number[] {
  const points = [...coordinates];
  while (points.length < 3 * dimensions) points.push(...coordinates.slice(0, dimensions));
  return points;
}

/**
 * `perimeters.json`: the paper's perimeter coordinates, a document a scan. Also what `train` takes as labels.
 * Points are centres of border pixels: `points` x, y in pixels, `mm` x, y, z in LPS. What `labelOf` gives is added to
 * each polygon.
 */
export function perimetersDocument(
  volume: Volume,
  outlined: { readonly structure: string; readonly size: Vector3; readonly perimeters: readonly Perimeter[] },
  labelOf: (perimeter: Perimeter) => Pick<PolygonDocument, 'id' | 'type'> = () => ({}),
): PerimetersDocument {
  const slices = new Map<number, PolygonDocument[]>();
  for (const perimeter of outlined.perimeters) {
    const { slice, hole, pixels, mm } = perimeter;
    const polygons = slices.get(slice) ?? [];
    polygons.push({
      ...labelOf(perimeter),
      hole,
      points: atLeastThreePoints(Array.from(pixels), 2),
      mm: atLeastThreePoints(
        Array.from(mm, (value) => Math.round(value * 1e3) / 1e3),
        3,
      ),
    });
    slices.set(slice, polygons);
  }
  return {
    format: 'hepatica-perimeters',
    version: 1,
    structure: outlined.structure,
    size: outlined.size,
    slices: [...slices].map(([slice, polygons]) => ({
      slice,
      sopInstanceUid: sopInstanceUidOf(volume, slice),
      polygons,
    })),
  };
}

/** `lesions.json`: every lesion of `lesions.nii.gz` by its number there; perimeters as in `perimeters.json`. */
export function lesionsDocument(input: string, found: LesionClassification): LesionsDocument {
  const rounded = (value: number) => Math.round(value * 1e3) / 1e3;
  return {
    format: 'hepatica-lesions',
    version: 1,
    notice: 'For research use only. Not a medical device.',
    input,
    plausibility: found.plausibility,
    plausibilityReasons: found.plausibilityReasons,
    ...(found.contrast && { contrast: found.contrast }),
    threshold: found.threshold,
    extentThreshold: found.extentThreshold,
    minimumMl: found.minimumMl,
    indeterminateBelow: found.indeterminateBelow,
    lesions: found.lesions.map((lesion) => ({
      ...lesion,
      perimeters: lesion.perimeters.map(({ slice, hole, pixels, mm }) => ({
        slice,
        hole,
        points: Array.from(pixels),
        mm: Array.from(mm, rounded),
      })),
    })),
    ...(found.arterial && { arterial: found.arterial }),
    device: found.device,
    precision: found.precision,
    timingsMs: found.timings,
    warnings: found.warnings,
    geometry: geometryOf(found),
  };
}

/** `comparison.json`: every lesion of both dates, by their numbers in the masks beside it. */
export function comparisonDocument(
  inputs: ComparisonDocument['inputs'],
  compared: StudyComparison,
): ComparisonDocument {
  const { timings, registration, ...found } = compared;
  return {
    format: 'hepatica-comparison',
    version: 1,
    notice: 'For research use only. Not a medical device.',
    inputs,
    ...found,
    registration: { ...registration, rotation: [...registration.rotation] },
    timingsMs: timings,
  };
}
