import { tracePerimeters } from '../segment/segmentation.js';
import type { Geometry, Lesion, Perimeter, Vector3 } from '../types.js';
import type { AxialView, ViewBox } from './axial-view.js';

/** Outlines by slice, each x, y of its points in pixels of the view, flattened. */
export type SliceOutlines = ReadonlyMap<number, readonly Float32Array[]>;

function add(outlines: Map<number, Float32Array[]>, slice: number, points: Float32Array): void {
  const there = outlines.get(slice);
  if (there) there.push(points);
  else outlines.set(slice, [points]);
}

function pointsInView({ slice, pixels }: Perimeter, view: AxialView): Float32Array {
  const points = new Float32Array(pixels.length);
  for (let i = 0; i + 1 < pixels.length; i += 2) {
    points.set(view.pixelOf([pixels[i] as number, pixels[i + 1] as number, slice]), i);
  }
  return points;
}

type Edge = readonly [x0: number, y0: number, x1: number, y1: number];

function edgesOf({ pixels }: Perimeter): Edge[] {
  return Array.from({ length: pixels.length / 2 }, (_, point) => {
    const next = (2 * point + 2) % pixels.length;
    return [pixels[2 * point], pixels[2 * point + 1], pixels[next], pixels[next + 1]] as unknown as Edge;
  });
}

/** The pixels that an edge runs through; edges of traced outlines run from one pixel to its neighbour. */
function setEdge([x0, y0, x1, y1]: Edge, columns: number, slice: Uint8Array): void {
  const steps = Math.max(1, Math.ceil(Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0))));
  for (let step = 0; step < steps; step++) {
    const x = Math.round(x0 + ((x1 - x0) * step) / steps);
    const y = Math.round(y0 + ((y1 - y0) * step) / steps);
    if (x >= 0 && x < columns) slice[y * columns + x] = 1;
  }
}

/** Sets what lies on the outlines of one slice or inside them; a hole's inside is outside. */
function fillSlice(perimeters: readonly Perimeter[], columns: number, slice: Uint8Array): void {
  const edges = perimeters.flatMap(edgesOf);
  const crossings = Array.from({ length: slice.length / columns }, (): number[] => []);
  for (const [x0, y0, x1, y1] of edges) {
    for (let y = Math.ceil(Math.min(y0, y1)); y < Math.max(y0, y1); y++) {
      crossings[y]?.push(x0 + ((x1 - x0) * (y - y0)) / (y1 - y0));
    }
  }
  for (const [y, row] of crossings.entries()) {
    row.sort((left, right) => left - right);
    for (let i = 0; i + 1 < row.length; i += 2) {
      slice.fill(1, y * columns + Math.ceil(row[i] as number), y * columns + Math.floor(row[i + 1] as number) + 1);
    }
  }
  for (const edge of edges) setEdge(edge, columns, slice);
}

function bySlice(perimeters: readonly Perimeter[]): Map<number, Perimeter[]> {
  const groups = new Map<number, Perimeter[]>();
  for (const perimeter of perimeters) {
    const group = groups.get(perimeter.slice);
    if (group) group.push(perimeter);
    else groups.set(perimeter.slice, [perimeter]);
  }
  return groups;
}

/** Outlines in sagittal or coronal slices are filled, and what they hold is outlined anew in axial ones. */
async function retrace(
  geometry: Geometry,
  perimeters: readonly Perimeter[],
  view: AxialView,
  signal: AbortSignal | undefined,
): Promise<SliceOutlines> {
  const [columns, rows, slices] = geometry.size;
  const filled = new Uint8Array(columns * rows * slices);
  for (const [slice, group] of bySlice(perimeters)) {
    fillSlice(group, columns, filled.subarray(slice * columns * rows, (slice + 1) * columns * rows));
  }
  const axial = new Uint8Array(filled.length);
  const pixels = view.columns * view.rows;
  for (let slice = 0; slice < view.slices; slice++) axial.set(view.cut(filled, slice), slice * pixels);
  const outlines = new Map<number, Float32Array[]>();
  const traced = await tracePerimeters(
    {
      data: axial,
      size: [view.columns, view.rows, view.slices],
      spacing: [1, 1, 1],
      origin: [0, 0, 0],
      direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    },
    signal ? { signal } : {},
  );
  for (const { slice, pixels: points } of traced) add(outlines, slice, points);
  return outlines;
}

/** A volume's perimeters, which lie in its own slices, in the slices of the view. */
export async function outlinesInView(
  geometry: Geometry,
  perimeters: readonly Perimeter[],
  view: AxialView,
  signal?: AbortSignal,
): Promise<SliceOutlines> {
  if (!view.isAxial) return retrace(geometry, perimeters, view, signal);
  const outlines = new Map<number, Float32Array[]>();
  for (const perimeter of perimeters) add(outlines, perimeter.slice, pointsInView(perimeter, view));
  return outlines;
}

/** The box around a lesion in a slice of the view, from its boxes in the volume's own slices; none where it is not there. */
export function lesionBoxInView(lesion: Pick<Lesion, 'slices'>, slice: number, view: AxialView): ViewBox | undefined {
  const axis = view.sliceAxis;
  const parts = lesion.slices
    .map(({ slice: z, box }): [Vector3, Vector3] => [
      [...box.min, z],
      [...box.max, z],
    ])
    .filter(([first, last]) => (first[axis] as number) <= slice && slice <= (last[axis] as number))
    .map(([first, last]) => view.boxOf(first, last));
  return parts.reduce<ViewBox | undefined>(
    (whole, { min, max }) => ({
      min: [Math.min(whole?.min[0] ?? min[0], min[0]), Math.min(whole?.min[1] ?? min[1], min[1])],
      max: [Math.max(whole?.max[0] ?? max[0], max[0]), Math.max(whole?.max[1] ?? max[1], max[1])],
    }),
    undefined,
  );
}
