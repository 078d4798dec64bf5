/** Polygons to voxels, as native/ops/polygon.cpp draws them for trainings: the inverse of tracing. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Vector3 } from '../types.js';

/** A closed outline in one slice: x, y of its points, pixel centres at integers. */
export interface DrawnPolygon {
  readonly slice: number;
  readonly hole: boolean;
  readonly points: Float32Array;
}

interface Crossing {
  readonly row: number;
  readonly x: number;
}

const clamped = (value: number, most: number) => Math.min(Math.max(value, 0), most);

/** Where a polygon's edges cross the rows of pixel centres, and the pixels whose centres they pass through. */
class Scan {
  /** Places in the slice. */
  readonly border: number[] = [];
  readonly #crossings: Crossing[] = [];
  readonly #width: number;
  readonly #height: number;

  constructor(points: Float32Array, width: number, height: number) {
    this.#width = width;
    this.#height = height;
    for (let from = 0; from < points.length; from += 2) {
      const to = (from + 2) % points.length;
      this.#addEdge(
        [points[from] as number, points[from + 1] as number],
        [points[to] as number, points[to + 1] as number],
      );
    }
    this.#crossings.sort((a, b) => a.row - b.row || a.x - b.x);
  }

  /** Sets the pixels whose centres lie between an odd and the following even crossing. */
  fill(slice: Uint8Array, value: number): void {
    for (let i = 0; i + 1 < this.#crossings.length; i += 2) {
      const [{ row, x }, { x: end }] = [this.#crossings[i], this.#crossings[i + 1]] as [Crossing, Crossing];
      const first = clamped(Math.ceil(x), this.#width);
      const last = clamped(Math.floor(end) + 1, this.#width);
      if (first < last) slice.fill(value, row * this.#width + first, row * this.#width + last);
    }
  }

  #addEdge(a: readonly [number, number], b: readonly [number, number]): void {
    const [top, bottom] = a[1] <= b[1] ? [a, b] : [b, a];
    if (top[1] === bottom[1]) {
      this.#addLevelEdge(top, bottom);
      return;
    }
    const [dx, dy] = [bottom[0] - top[0], bottom[1] - top[1]];
    const end = clamped(Math.floor(bottom[1]) + 1, this.#height);
    for (let row = clamped(Math.ceil(top[1]), this.#height); row < end; row++) {
      const below = row - top[1];
      const x = top[0] + (below * dx) / dy;
      // A vertex belongs to the edge below it: each is counted once where the outline passes through its row.
      if (row < bottom[1]) this.#crossings.push({ row, x });
      const nearest = Math.round(x);
      if (nearest < 0 || nearest >= this.#width) continue;
      if (dx * below === dy * (nearest - top[0])) this.border.push(row * this.#width + nearest);
    }
  }

  #addLevelEdge(a: readonly [number, number], b: readonly [number, number]): void {
    const y = a[1];
    if (!Number.isInteger(y) || y < 0 || y >= this.#height) return;
    const end = clamped(Math.floor(Math.max(a[0], b[0])) + 1, this.#width);
    for (let x = clamped(Math.ceil(Math.min(a[0], b[0])), this.#width); x < end; x++) {
      this.border.push(y * this.#width + x);
    }
  }
}

/** What lies on the line of an outline is inside, what lies on that of a hole stays as it is. */
function draw({ hole, points }: DrawnPolygon, slice: Uint8Array, width: number, height: number): void {
  const scan = new Scan(points, width, height);
  const kept = scan.border.map((pixel) => (hole ? (slice[pixel] as number) : 1));
  scan.fill(slice, hole ? 0 : 1);
  for (const [i, pixel] of scan.border.entries()) slice[pixel] = kept[i] as number;
}

/** Twice the area, as the shoelace formula has it. */
function doubledArea({ points }: DrawnPolygon): number {
  let sum = 0;
  for (let from = 0; from < points.length; from += 2) {
    const to = (from + 2) % points.length;
    const [ax, ay, bx, by] = [points[from], points[from + 1], points[to], points[to + 1]] as [
      number,
      number,
      number,
      number,
    ];
    sum += ax * by - bx * ay;
  }
  return Math.abs(sum);
}

/** 1 inside; the larger areas first, so that an island in a hole survives. Slices are those of the volume. */
export async function maskOfPolygons(
  polygons: readonly DrawnPolygon[],
  [width, height, slices]: Vector3,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const mask = new Uint8Array(width * height * slices);
  const areas = new Map(polygons.map((polygon) => [polygon, doubledArea(polygon)]));
  const areaOf = (polygon: DrawnPolygon) => areas.get(polygon) as number;
  const bySlice = new Map<number, DrawnPolygon[]>();
  for (const polygon of polygons) bySlice.set(polygon.slice, [...(bySlice.get(polygon.slice) ?? []), polygon]);
  for (const [z, inSlice] of bySlice) {
    await nextTurn();
    signal?.throwIfAborted();
    // An outline of one pixel's width and the hole in it have the same area: the outline comes first.
    const order = inSlice.toSorted((a, b) => areaOf(b) - areaOf(a) || Number(a.hole) - Number(b.hole));
    const slice = mask.subarray(z * width * height, (z + 1) * width * height);
    for (const polygon of order) draw(polygon, slice, width, height);
  }
  return mask;
}
