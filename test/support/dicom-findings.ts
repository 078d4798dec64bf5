// A classification as `classifyLesions` gives it, with masks that no symmetry maps onto themselves.
import type { Lesion, LesionClassification, Segmentation, Volume } from '../../src/index.js';
import { forEachVoxel } from './volumes.js';

const kModel = { kind: 'mdl_cnn', structure: 'lesions', version: '1', sha256: 'a'.repeat(64) };

function lesion(id: number, volume: Volume, mask: Uint8Array): Lesion {
  const slices = new Map<number, { min: [number, number]; max: [number, number] }>();
  forEachVoxel(volume.size, (index, x, y, z) => {
    if (mask[index] !== id) return;
    const box = slices.get(z) ?? { min: [x, y], max: [x, y] };
    slices.set(z, {
      min: [Math.min(box.min[0], x), Math.min(box.min[1], y)],
      max: [Math.max(box.max[0], x), Math.max(box.max[1], y)],
    });
  });
  const isMalignant = id === 1;
  return {
    id,
    type: isMalignant ? 'HCC' : 'CYS',
    probability: 0.7,
    probabilities: isMalignant
      ? { CYS: 0.1, ANG: 0.1, HCC: 0.7, MET: 0.1 }
      : { CYS: 0.7, ANG: 0.1, HCC: 0.1, MET: 0.1 },
    indeterminate: false,
    malignant: isMalignant,
    malignancyProbability: isMalignant ? 0.8 : 0.2,
    detectionProbability: 0.9,
    boundingBox: { min: [0, 0, 0], max: [1, 1, 1] },
    slices: [...slices].map(([slice, box]) => ({ slice, box, areaMm2: 1 })),
    perimeters: [],
    volumeMl: 1.25,
    diameterMm: 14.5,
    perpendicularMm: 9.25,
    diameterSlice: 4,
    recistMeasurable: true,
    surfaceDistanceMm: 3.5,
    sphericity: 0.9,
    marginSharpness: 0.2,
    octant: { side: 'right', sector: 'anterior', level: 'upper', couinaud: 'VIII' },
    meanHu: 61.5,
    sdHu: 12.25,
    centre: [1, 1, 1],
    centreMm: [1, 1, 1],
  };
}

/** A liver with a hole and a piece apart, and up to two lesions in it. */
export function makeFindings(volume: Volume, lesionCount: number): LesionClassification {
  const { size, spacing, origin, direction } = volume;
  const count = size[0] * size[1] * size[2];
  const liver = new Uint8Array(count);
  const ids = new Uint8Array(count);
  forEachVoxel(size, (index, x, y, z) => {
    const body = x >= 4 && x < 20 + z && y >= 5 && y < 22 && z >= 1 && z < 8 && !(x < 9 && y > 15);
    const hole = x >= 14 && x < 17 && y >= 9 && y < 12 && z >= 3 && z < 6;
    const apart = x === 33 && y === 25 && z === 2;
    liver[index] = Number((body && !hole) || apart);
    if (lesionCount > 0 && x >= 6 && x < 10 && y >= 7 && y < 10 && z >= 3 && z < 6) ids[index] = 1;
    if (lesionCount > 1 && x >= 12 && x < 14 && y >= 14 && y < 19 && z === 5) ids[index] = 2;
  });
  const computed = {
    device: 'cpu',
    precision: 'fp32' as const,
    timings: {},
    plausibility: 'doubtful' as const,
    contrast: { phase: 'portal-venous' as const, aortaHu: 148, liverHu: 108 },
    plausibilityReasons: [{ code: 'THICK_SLICES', message: 'The slices are thick' }],
    warnings: [],
    dispose() {},
    [Symbol.dispose]() {},
  };
  const segmentation: Segmentation = {
    ...{ size, spacing, origin, direction, volume },
    ...computed,
    structure: 'liver',
    mask: liver,
    perimeters: [],
    volumeMl: 4.5,
    boundingBox: { min: [4, 5, 1], max: [33, 25, 7] },
    slices: [1, 2, 3, 4, 5, 6, 7],
    roi: null,
    model: { ...kModel, kind: 'encoder3d', structure: 'liver' },
  };
  return {
    ...{ size, spacing, origin, direction, volume },
    ...computed,
    lesions: Array.from({ length: lesionCount }, (_, index) => lesion(index + 1, volume, ids)),
    mask: ids,
    liver: segmentation,
    model: kModel,
    threshold: 0.5,
    extentThreshold: 0.5,
    minimumMl: 0,
    indeterminateBelow: 0.5,
  };
}
