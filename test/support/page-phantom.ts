// A result of classifyLesions made by hand: boxes, whose edges can be measured to the pixel of a picture.
import type { Geometry, Lesion, LesionClassification, Matrix3, Vector3 } from '../../src/index.js';
import { forEachVoxel, kAirHu, kAxial, kBodyHu } from './volumes.js';

export interface Box {
  /** First and last voxel (x, y, z). */
  readonly min: Vector3;
  readonly max: Vector3;
}

export const kBody: Box = { min: [10, 8, 4], max: [85, 71, 35] };
export const kLiver: Box = { min: [16, 20, 14], max: [47, 52, 32] };
export const kLesionBoxes: readonly Box[] = [
  { min: [20, 30, 24], max: [32, 37, 29] },
  { min: [38, 42, 17], max: [43, 49, 20] },
];

const isIn = ({ min, max }: Box, at: Vector3) =>
  at.every((index, axis) => index >= (min[axis] as number) && index <= (max[axis] as number));

const middleOf = ({ min, max }: Box) => min.map((low, axis) => (low + (max[axis] as number)) / 2) as unknown as Vector3;

function lesionOf(box: Box, index: number): Lesion {
  const malignant = index === 0;
  const probabilities = malignant
    ? { CYS: 0.02, ANG: 0.08, HCC: 0.7, MET: 0.2 }
    : { CYS: 0.9, ANG: 0.05, HCC: 0.03, MET: 0.02 };
  return {
    id: index + 1,
    type: malignant ? 'HCC' : 'CYS',
    probability: malignant ? 0.7 : 0.9,
    probabilities,
    indeterminate: false,
    malignant,
    malignancyProbability: probabilities.HCC + probabilities.MET,
    detectionProbability: 0.8,
    boundingBox: box,
    slices: [],
    perimeters: [],
    volumeMl: 1.25,
    diameterMm: 21.37,
    perpendicularMm: 11.2,
    diameterSlice: box.min[2],
    recistMeasurable: true,
    surfaceDistanceMm: 3.5,
    sphericity: 0.9,
    marginSharpness: 0.2,
    octant: { side: 'right', sector: 'anterior', level: 'upper', couinaud: 'VIII' },
    meanHu: 62.4,
    sdHu: 11.6,
    centre: middleOf(box),
    centreMm: [1, 2, 3],
  };
}

export interface PagePhantomOptions {
  readonly direction?: Matrix3;
  /** The mask lies beside what the document says by so many voxels. */
  readonly shift?: Vector3;
  readonly texts?: { readonly description: string; readonly patient: string; readonly warning: string };
}

export function makePagePhantom({ direction = kAxial, shift = [0, 0, 0], texts }: PagePhantomOptions = {}) {
  const size: Vector3 = [96, 80, 40];
  const grid: Geometry = { size, spacing: [1.5, 1.5, 3], origin: [-70, 40, -310], direction };
  const data = new Int16Array(size[0] * size[1] * size[2]);
  const [liver, lesions] = [new Uint8Array(data.length), new Uint8Array(data.length)];
  forEachVoxel(size, (index, x, y, z) => {
    const shifted: Vector3 = [x - shift[0], y - shift[1], z - shift[2]];
    data[index] = isIn(kBody, [x, y, z]) ? kBodyHu : kAirHu;
    liver[index] = isIn(kLiver, shifted) ? 1 : 0;
    lesions[index] = kLesionBoxes.findIndex((box) => isIn(box, shifted)) + 1;
  });
  const report = texts && {
    patientId: texts.patient,
    seriesDescription: texts.description,
    contrastAgent: '',
    manufacturer: '',
  };
  const warnings = texts ? [{ code: 'SEVERAL_TYPES', message: texts.warning }] : [];
  const found = {
    ...grid,
    volume: { ...grid, data, report: report ?? null, warnings: [] },
    liver: { ...grid, structure: 'liver', mask: liver, boundingBox: kLiver, volumeMl: 130 },
    mask: lesions,
    lesions: kLesionBoxes.map(lesionOf),
    warnings,
    plausibility: texts ? 'doubtful' : 'plausible',
    plausibilityReasons: warnings,
    threshold: 0.7,
    device: 'cpu',
  };
  return found as unknown as LesionClassification;
}
