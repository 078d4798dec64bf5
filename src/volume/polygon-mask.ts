import { runJobOn } from '../native/job.js';
import type { NativePolygons } from '../native/perimeter-types.js';
import type { Geometry } from '../types.js';
import { geometryOf } from './geometry.js';
import { NativeMask } from './volume.js';

/** A closed outline in one slice: x, y of its points, pixel centres at integers. */
export interface DrawnPolygon {
  readonly slice: number;
  readonly hole: boolean;
  readonly points: Float32Array;
}

function packed(polygons: readonly DrawnPolygon[]): NativePolygons {
  const starts = new Uint32Array(polygons.length + 1);
  for (const [i, { points }] of polygons.entries()) starts[i + 1] = (starts[i] as number) + points.length / 2;
  const pixels = new Float32Array(2 * (starts.at(-1) as number));
  for (const [i, { points }] of polygons.entries()) pixels.set(points, 2 * (starts[i] as number));
  return {
    slices: Int32Array.from(polygons, ({ slice }) => slice),
    holes: Uint8Array.from(polygons, ({ hole }) => Number(hole)),
    starts,
    pixels,
  };
}

/** 1 inside, as trainings draw them: the inverse of tracing. Slices are those of the grid. */
export async function maskOfPolygons(
  polygons: readonly DrawnPolygon[],
  grid: Geometry,
  signal?: AbortSignal,
): Promise<NativeMask> {
  const outlines = packed(polygons);
  const run = { ...(signal && { signal }) };
  return new NativeMask(
    await runJobOn([], run, (native, control) => native.fillPolygons(geometryOf(grid), outlines, control)),
  );
}
