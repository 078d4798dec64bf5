import type { SKRSContext2D } from '@napi-rs/canvas';
import { InvalidArgumentError } from '../errors.js';
import { invalidArgument } from '../schema/check.js';
import { kAbdominalWindow } from '../schema/render.js';
import type { LesionClassification, Perimeter, VolumeInput } from '../types.js';
import { allowedDistanceMm, checkGeometry, checkSameGrid, positionMm } from '../volume/geometry.js';
import { outlinesInView, type SliceOutlines } from './axial-outlines.js';
import { AxialView } from './axial-view.js';
import { drawGreySlice, type SlicePlacement, windowed } from './canvas.js';
import type { Rectangle } from './label-places.js';
import { type BoxedLesion, drawLesionBoxes } from './lesion-boxes.js';

/** The outlines that are drawn: of a `Segmentation`, or of any mask. */
export interface Outlines {
  /** As of `Segmentation`, or of `tracePerimeters`. */
  readonly perimeters: readonly Perimeter[];
  /** Boxed, as the paper's figure 7 does. */
  readonly lesions?: readonly BoxedLesion[];
}

/** z indices; `structure`: the slices with the structure; `all`. */
export type SliceChoice = readonly number[] | 'structure' | 'all';

const kOutlines = 'the perimeters of a segmentation or of tracePerimeters';
/** The paper's figure 5: "the yellow line seen around the liver is the predicted perimeter". */
const kPerimeterColour = '#ffe600';

function checkVolume(volume: VolumeInput): void {
  checkGeometry('volume', volume);
  const { data, size } = volume;
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
  if (typeof outlines !== 'object' || outlines === null) throw invalidArgument('outlines', kOutlines, outlines);
  if ('size' in outlines) checkSameGrid('outlines', volume, checkGeometry('outlines', outlines));
  if ('liver' in outlines) checkSameGrid('outlines.liver', volume, checkGeometry('outlines.liver', outlines.liver));
  const { perimeters } = 'liver' in outlines ? outlines.liver : outlines;
  if (!Array.isArray(perimeters)) throw invalidArgument('outlines.perimeters', kOutlines, perimeters, 'outlines');
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

interface SceneOptions {
  /** HU from black to white. */
  readonly window?: readonly [number, number] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A scan with what was found in it, to be drawn slice by slice. */
export class Scene {
  readonly view: AxialView;
  readonly #volume: VolumeInput;
  readonly #window: readonly [number, number];
  readonly #outlines: SliceOutlines;
  readonly #lesions: readonly BoxedLesion[];

  private constructor(
    volume: VolumeInput,
    view: AxialView,
    window: readonly [number, number],
    outlines: SliceOutlines,
    lesions: readonly BoxedLesion[],
  ) {
    this.#volume = volume;
    this.view = view;
    this.#window = window;
    this.#outlines = outlines;
    this.#lesions = lesions;
  }

  /** @throws InvalidArgumentError `INVALID_ARGUMENT`, `GEOMETRY_MISMATCH` */
  static async of(
    volume: VolumeInput,
    outlines: Outlines | LesionClassification,
    { window = kAbdominalWindow, signal }: SceneOptions = {},
  ): Promise<Scene> {
    checkVolume(volume);
    checkOutlines(volume, outlines);
    const view = new AxialView(volume);
    const { perimeters } = 'liver' in outlines ? outlines.liver : outlines;
    const drawn = await outlinesInView(volume, perimeters, view, signal);
    return new Scene(volume, view, window, drawn, outlines.lesions ?? []);
  }

  /** @throws InvalidArgumentError for a slice outside the volume */
  choose(choice: SliceChoice): number[] {
    const count = this.view.slices;
    if (choice === 'all') return Array.from({ length: count }, (_, slice) => slice);
    if (choice === 'structure') return [...this.#outlines.keys()].sort((a, b) => a - b);
    const outside = choice.find((slice) => !Number.isInteger(slice) || slice < 0 || slice >= count);
    if (outside === undefined) return [...choice];
    throw new InvalidArgumentError(
      'INVALID_ARGUMENT',
      `Expected slices to be integers from 0 to ${count - 1}, received ${outside}`,
      { field: 'slices', remedy: 'Give z indices of the volume.' },
    );
  }

  /** Draws a slice at the context's origin; labels keep clear of `avoid`. */
  draw(context: SKRSContext2D, slice: number, placement: SlicePlacement, avoid: readonly Rectangle[] = []): void {
    const { columns, rows } = this.view;
    drawGreySlice(context, windowed(this.view.cut(this.#volume.data, slice), this.#window), [columns, rows], placement);
    context.strokeStyle = kPerimeterColour;
    context.lineWidth = Math.max(2, placement.width / 300);
    context.lineJoin = 'round';
    for (const outline of this.#outlines.get(slice) ?? []) strokeOutline(context, outline, placement);
    drawLesionBoxes(context, this.#lesions, { view: this.view, slice }, placement, avoid);
  }
}

/** Outlines run through the centres of border pixels; the picture's origin is a pixel's corner. */
function strokeOutline(context: SKRSContext2D, points: Float32Array, { scaleX, scaleY }: SlicePlacement): void {
  context.beginPath();
  for (let i = 0; i + 1 < points.length; i += 2) {
    const x = ((points[i] as number) + 0.5) * scaleX;
    const y = ((points[i + 1] as number) + 0.5) * scaleY;
    if (i === 0) context.moveTo(x, y);
    else context.lineTo(x, y);
  }
  context.closePath();
  context.stroke();
}
