import type { Segmentation, Volume } from '../types.js';

function geometryOf({ size, spacing, origin, direction }: Volume | Segmentation) {
  return { size, spacing, origin, direction };
}

/** `report.json`: what was found, on what, how, and everything that was noticed on the way. */
export function segmentationReport(input: string, volume: Volume, segmentation: Segmentation) {
  return {
    format: 'hepatica-report',
    version: 1,
    notice: 'For research use only. Not a medical device.',
    input,
    structure: segmentation.structure,
    volumeMl: segmentation.volumeMl,
    boundingBox: segmentation.boundingBox,
    slices: segmentation.slices,
    roi: segmentation.roi,
    device: segmentation.device,
    precision: segmentation.precision,
    timingsMs: segmentation.timings,
    warnings: segmentation.warnings,
    geometry: geometryOf(volume),
    series: volume.report,
  };
}

/** Null for NIfTI, interpolated slices and the frames of multi-frame objects, which share one UID. */
function sopInstanceUidOf(volume: Volume, slice: number): string | null {
  const source = volume.report?.slices[slice];
  return source && source.frame === null && source.sopInstanceUid !== '' ? source.sopInstanceUid : null;
}

/**
 * `perimeters.json`: the paper's perimeter coordinates, a document a scan. Also what `train` takes as labels.
 * Points are centres of border pixels: `points` x, y in pixels, `mm` x, y, z in LPS.
 */
export function perimetersDocument(volume: Volume, segmentation: Segmentation) {
  const slices = new Map<number, { hole: boolean; points: number[]; mm: number[] }[]>();
  for (const { slice, hole, pixels, mm } of segmentation.perimeters) {
    const polygons = slices.get(slice) ?? [];
    polygons.push({ hole, points: Array.from(pixels), mm: Array.from(mm, (value) => Math.round(value * 1e3) / 1e3) });
    slices.set(slice, polygons);
  }
  return {
    format: 'hepatica-perimeters',
    version: 1,
    structure: segmentation.structure,
    size: segmentation.size,
    slices: [...slices].map(([slice, polygons]) => ({
      slice,
      sopInstanceUid: sopInstanceUidOf(volume, slice),
      polygons,
    })),
  };
}
