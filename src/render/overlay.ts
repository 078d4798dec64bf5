import type { SKRSContext2D } from '@napi-rs/canvas';
import { InvalidArgumentError } from '../errors.js';
import { allowedDistanceMm, checkSameGrid, positionMm } from '../geometry.js';
import { checkOptions, renderOptions } from '../options.js';
import type { Geometry, LesionClassification, Perimeter, VolumeInput } from '../types.js';
import { drawGreySlice, encodePng, makeCanvas, placeSlice, type SlicePlacement, windowSlice } from './canvas.js';
import { type BoxedLesion, drawLesionBoxes } from './lesion-boxes.js';

/** A picture of one slice, in the radiological view: the patient's right on the left, anterior above. */
export interface RenderedSlice {
  /** z index. */
  readonly slice: number;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** A PNG file. */
  readonly png: Uint8Array;
}

export interface RenderOptions {
  /** z indices; `structure` (default): the slices with the structure; `all`. */
  readonly slices?: readonly number[] | 'structure' | 'all';
  /** HU shown as black and white; default [−110, 190], a common abdominal window. */
  readonly window?: readonly [number, number];
  /** The longer side of the picture has at least this many pixels; default 512. */
  readonly minimumSize?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { stage: string; fraction: number }) => void;
}

/** The outlines that are drawn: of a `Segmentation`, or of any mask. */
export interface Outlines {
  readonly perimeters: readonly Perimeter[];
  /** Boxed, as the paper's figure 7 does. */
  readonly lesions?: readonly BoxedLesion[];
}

const kAbdominalWindow: readonly [number, number] = [-110, 190];
/** The paper's figure 5: "the yellow line seen around the liver is the predicted perimeter". */
const kPerimeterColour = '#ffe600';

function strokePerimeter(context: SKRSContext2D, perimeter: Perimeter, placement: SlicePlacement): void {
  const { pixels } = perimeter;
  context.beginPath();
  for (let i = 0; i + 1 < pixels.length; i += 2) {
    // Perimeters run through the centres of border pixels; the picture's origin is a pixel's corner.
    const x = placement.offsetX + ((pixels[i] as number) + 0.5) * placement.scaleX;
    const y = placement.offsetY + ((pixels[i + 1] as number) + 0.5) * placement.scaleY;
    if (i === 0) context.moveTo(x, y);
    else context.lineTo(x, y);
  }
  context.closePath();
  context.stroke();
}

function checkVolume({ data, size }: VolumeInput): void {
  const voxels = size[0] * size[1] * size[2];
  if (data.length === voxels) return;
  throw new InvalidArgumentError(
    'INVALID_ARGUMENT',
    `Expected volume.data to hold ${voxels} values, one a voxel of size, received ${data.length}`,
    { field: 'volume', remedy: 'Pass a volume as hepatica reads it, not one that was disposed of.' },
  );
}

/** Results lie on a grid, which is compared; perimeters alone tell by their points in mm. */
function checkOutlines(volume: VolumeInput, outlines: Outlines | LesionClassification): void {
  if ('size' in outlines) checkSameGrid('outlines', volume, outlines as Geometry);
  if ('liver' in outlines) checkSameGrid('outlines.liver', volume, outlines.liver);
  const { perimeters } = 'liver' in outlines ? outlines.liver : outlines;
  const allowed = allowedDistanceMm(volume);
  for (const { slice, pixels, mm } of perimeters) {
    const [x = 0, y = 0] = pixels;
    const [left, posterior, head] = positionMm(volume, [x, y, slice]);
    const away = mm.length === 0 ? 0 : Math.hypot(left - (mm[0] ?? 0), posterior - (mm[1] ?? 0), head - (mm[2] ?? 0));
    if (slice >= 0 && slice < volume.size[2] && away <= allowed) continue;
    throw new InvalidArgumentError(
      'GEOMETRY_MISMATCH',
      `Expected outlines to lie on the grid of the volume, received a perimeter in slice ${slice}, ${away.toFixed(1)} mm away`,
      { field: 'outlines', remedy: 'Draw what was outlined on this very scan.' },
    );
  }
}

function chooseSlices(volume: Geometry, perimeters: readonly Perimeter[], choice: RenderOptions['slices']): number[] {
  const count = volume.size[2];
  if (choice === 'all') return Array.from({ length: count }, (_, z) => z);
  if (choice === undefined || choice === 'structure') {
    return [...new Set(perimeters.map((perimeter) => perimeter.slice))].sort((a, b) => a - b);
  }
  for (const z of choice) {
    if (!Number.isInteger(z) || z < 0 || z >= count) {
      throw new InvalidArgumentError(
        'INVALID_ARGUMENT',
        `Expected slices to be integers from 0 to ${count - 1}, received ${z}`,
        { field: 'slices', remedy: 'Give z indices of the volume.' },
      );
    }
  }
  return [...choice];
}

/**
 * Draws the perimeter in yellow on the CT slices (the paper's figure 5), in the radiological view; lesions in boxes,
 * green where benign, red where malignant, with class and probability beside (figure 7).
 *
 * @param volume - the CT volume, HU, order (z, y, x)
 * @param outlines - a result of `segmentLiver` or `classifyLesions`, or perimeters on the volume's grid
 * @returns a picture a slice, in the order of `options.slices`
 * @throws {@link InvalidArgumentError} where a slice is not in the volume, `GEOMETRY_MISMATCH` where the outlines are of
 *   another grid; {@link NativeLoadError} `CANVAS_NOT_FOUND`;
 *   the signal's reason on abort
 */
export async function renderOverlay(
  volume: VolumeInput,
  outlines: Outlines | LesionClassification,
  options: RenderOptions = {},
): Promise<RenderedSlice[]> {
  checkVolume(volume);
  checkOptions(renderOptions, options);
  checkOutlines(volume, outlines);
  const { perimeters } = 'liver' in outlines ? outlines.liver : outlines;
  const slices = chooseSlices(volume, perimeters, options.slices);
  const window = options.window ?? kAbdominalWindow;
  const size = [volume.size[0], volume.size[1]] as const;
  const placement = placeSlice(volume, options.minimumSize ?? 512);
  const bySlice = groupBySlice(perimeters);
  const rendered: RenderedSlice[] = [];
  for (const [index, z] of slices.entries()) {
    options.signal?.throwIfAborted();
    const { canvas, context } = makeCanvas(placement.width, placement.height);
    drawGreySlice(context, windowSlice(volume.data, size, z, window), size, placement);
    context.strokeStyle = kPerimeterColour;
    context.lineWidth = Math.max(2, placement.width / 300);
    context.lineJoin = 'round';
    for (const perimeter of bySlice.get(z) ?? []) strokePerimeter(context, perimeter, placement);
    drawLesionBoxes(context, outlines.lesions ?? [], z, placement);
    rendered.push({ slice: z, width: placement.width, height: placement.height, png: await encodePng(canvas) });
    options.onProgress?.({ stage: 'rendering', fraction: (index + 1) / slices.length });
  }
  return rendered;
}

function groupBySlice(perimeters: readonly Perimeter[]): Map<number, Perimeter[]> {
  const groups = new Map<number, Perimeter[]>();
  for (const perimeter of perimeters) {
    const group = groups.get(perimeter.slice);
    if (group) group.push(perimeter);
    else groups.set(perimeter.slice, [perimeter]);
  }
  return groups;
}
