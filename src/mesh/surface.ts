/** The closed surface of a mask, for Node and the browser alike. */
import type { Geometry } from '../volume/geometry-types.js';
import { type Extent, type Extents, extentsOf, type Labels, type Nap } from './extents.js';
import { cubeTriangles } from './vtk.js';

/** Triangles whose corners go round counter-clockwise, seen from outside. */
export interface Surface {
  /** x, y, z in mm, LPS, flattened. */
  readonly points: Float32Array;
  /** Three indices into `points` a triangle. */
  readonly triangles: Uint32Array;
  /** The mask reaches the border of its grid, where the surface is closed. */
  readonly isCut: boolean;
}

/** A mask cut out to its own extent, with a voxel of nothing around. */
interface Cut {
  readonly inside: Uint8Array;
  readonly size: readonly [number, number, number];
  /** Of its first voxel in the mask's grid. */
  readonly first: readonly [number, number, number];
  readonly voxels: number;
  /** It reaches the border of the mask's grid. */
  readonly isCut: boolean;
}

function cut(
  { data, size: [width, height, depth] }: Labels,
  { voxels, min, max }: Extent,
  belongs: (value: number) => boolean,
): Cut {
  const is = Uint8Array.from({ length: 256 }, (_, value) => (value !== 0 && belongs(value) ? 1 : 0));
  const first = [min[0] - 1, min[1] - 1, min[2] - 1] as const;
  const size = [max[0] - first[0] + 2, max[1] - first[1] + 2, max[2] - first[2] + 2] as const;
  const inside = new Uint8Array(size[0] * size[1] * size[2]);
  for (let z = 1; z < size[2] - 1; z++) {
    for (let y = 1; y < size[1] - 1; y++) {
      const from = ((z + first[2]) * height + y + first[1]) * width + first[0];
      const to = (z * size[1] + y) * size[0];
      for (let x = 1; x < size[0] - 1; x++) inside[to + x] = is[data[from + x] as number] as number;
    }
  }
  const isCut = [width, height, depth].some((count, axis) => min[axis] === 0 || max[axis] === count - 1);
  return { inside, size, first, voxels, isCut };
}

/** Corners lie halfway between voxels: twice their coordinates are whole numbers, by which equal ones are told. */
class Corners {
  readonly points: number[] = [];
  readonly triangles: number[] = [];
  readonly #numbers = new Map<number, number>();
  readonly #width: number;
  readonly #height: number;

  constructor([width, height]: Cut['size']) {
    this.#width = 2 * width;
    this.#height = 2 * height;
  }

  add(corners: readonly number[]): void {
    for (let i = 0; i < corners.length; i += 3) {
      const [x, y, z] = [corners[i] as number, corners[i + 1] as number, corners[i + 2] as number];
      const key = (2 * z * this.#height + 2 * y) * this.#width + 2 * x;
      let number = this.#numbers.get(key);
      if (number === undefined) {
        number = this.points.length / 3;
        this.#numbers.set(key, number);
        this.points.push(x, y, z);
      }
      this.triangles.push(number);
    }
  }
}

/** Of the cubes of eight voxels, those that lie partly inside. */
async function marchCubes({ inside, size }: Cut, nap: Nap): Promise<Corners> {
  const [width, height, depth] = size;
  const slice = width * height;
  const triangles = cubeTriangles(inside, size);
  const corners = new Corners(size);
  const found: number[] = [];
  const at = (index: number) => inside[index] as number;
  const column = (index: number) => at(index) + at(index + width) + at(index + slice) + at(index + slice + width);
  for (let z = 0; z < depth - 1; z++) {
    await nap();
    for (let y = 0; y < height - 1; y++) {
      const row = (z * height + y) * width;
      for (let x = 0, left = column(row); x < width - 1; x++) {
        const right = column(row + x + 1);
        const count = left + right;
        left = right;
        if (count === 0 || count === 8) continue;
        triangles(x, y, z, found);
        corners.add(found);
        found.length = 0;
      }
    }
  }
  return corners;
}

/** Millimetres, and triangles that look outwards on grids of either handedness. */
function place(
  { points, triangles }: Corners,
  { first, isCut }: Cut,
  { spacing, origin, direction: d }: Geometry,
): Surface {
  const placed = new Float32Array(points.length);
  for (let i = 0; i < points.length; i += 3) {
    for (let row = 0; row < 3; row++) {
      let mm = origin[row] as number;
      for (let axis = 0; axis < 3; axis++) {
        const voxel = (points[i + axis] as number) + (first[axis] as number);
        mm += voxel * (spacing[axis] as number) * (d[3 * row + axis] as number);
      }
      placed[i + row] = mm;
    }
  }
  const surface = { points: placed, triangles: Uint32Array.from(triangles), isCut };
  if (volumeMm3(surface) < 0) {
    for (let i = 0; i < triangles.length; i += 3) {
      surface.triangles[i] = triangles[i + 1] as number;
      surface.triangles[i + 1] = triangles[i] as number;
    }
  }
  return surface;
}

type Vector = readonly [number, number, number];

const cross = (a: Vector, b: Vector): Vector => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

/** What a closed surface encloses; negative where its triangles look inwards. Numbers alone: a liver has a quarter of a million triangles. */
export function volumeMm3({ points, triangles }: Surface): number {
  // From a corner of its own: from the origin of the scanner digits would be lost.
  const [x0, y0, z0] = [points[0] as number, points[1] as number, points[2] as number];
  let six = 0;
  for (let i = 0; i < triangles.length; i += 3) {
    const a = 3 * (triangles[i] as number);
    const b = 3 * (triangles[i + 1] as number);
    const c = 3 * (triangles[i + 2] as number);
    const bx = (points[b] as number) - x0;
    const by = (points[b + 1] as number) - y0;
    const bz = (points[b + 2] as number) - z0;
    const cx = (points[c] as number) - x0;
    const cy = (points[c + 1] as number) - y0;
    const cz = (points[c + 2] as number) - z0;
    six +=
      ((points[a] as number) - x0) * (by * cz - bz * cy) +
      ((points[a + 1] as number) - y0) * (bz * cx - bx * cz) +
      ((points[a + 2] as number) - z0) * (bx * cy - by * cx);
  }
  return six / 6;
}

/**
 * Moves the surface outwards by the same small way everywhere, so that it encloses the volume of the voxels: the cubes
 * bevel edges and corners, which of a lesion of a hundred voxels takes 6 %.
 */
function fitVolume(surface: Surface, wantedMm3: number): void {
  const { points, triangles } = surface;
  const normals = new Float64Array(points.length);
  const turn = (at: number, x: number, y: number, z: number) => {
    normals[at] = (normals[at] as number) + x;
    normals[at + 1] = (normals[at + 1] as number) + y;
    normals[at + 2] = (normals[at + 2] as number) + z;
  };
  let areaMm2 = 0;
  for (let i = 0; i < triangles.length; i += 3) {
    const a = 3 * (triangles[i] as number);
    const b = 3 * (triangles[i + 1] as number);
    const c = 3 * (triangles[i + 2] as number);
    const bx = (points[b] as number) - (points[a] as number);
    const by = (points[b + 1] as number) - (points[a + 1] as number);
    const bz = (points[b + 2] as number) - (points[a + 2] as number);
    const cx = (points[c] as number) - (points[a] as number);
    const cy = (points[c + 1] as number) - (points[a + 1] as number);
    const cz = (points[c + 2] as number) - (points[a + 2] as number);
    const x = by * cz - bz * cy;
    const y = bz * cx - bx * cz;
    const z = bx * cy - by * cx;
    areaMm2 += Math.hypot(x, y, z) / 2;
    turn(a, x, y, z);
    turn(b, x, y, z);
    turn(c, x, y, z);
  }
  const way = (wantedMm3 - volumeMm3(surface)) / areaMm2;
  for (let i = 0; i < points.length; i += 3) {
    const length = Math.hypot(normals[i] as number, normals[i + 1] as number, normals[i + 2] as number);
    if (length === 0) continue;
    for (let axis = i; axis < i + 3; axis++)
      points[axis] = (points[axis] as number) + (way * (normals[axis] as number)) / length;
  }
}

/**
 * The surface around the voxels of a mask whose values belong: marching cubes, closed also where the mask reaches the
 * border of its grid. Undefined where there is no such voxel.
 *
 * @param belongs - of values other than 0
 * @param extents - of the mask, where they are known
 */
export async function surfaceOf(
  mask: Labels,
  belongs: (value: number) => boolean,
  nap: Nap,
  extents?: Extents,
): Promise<Surface | undefined> {
  const extent = (extents ?? (await extentsOf(mask, nap))).of(belongs);
  if (!extent) return undefined;
  const part = cut(mask, extent, belongs);
  const corners = await marchCubes(part, nap);
  await nap();
  const surface = place(corners, part, mask);
  const { spacing, direction: d } = mask;
  const columns = [0, 1, 2].map((axis) => [d[axis], d[3 + axis], d[6 + axis]]) as unknown as [Vector, Vector, Vector];
  const voxelMm3 = Math.abs(dot(columns[0], cross(columns[1], columns[2]))) * spacing[0] * spacing[1] * spacing[2];
  await nap();
  fitVolume(surface, part.voxels * voxelMm3);
  return surface;
}
