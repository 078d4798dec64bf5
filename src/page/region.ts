/** Which part of a scan a page holds: all of it where that can be opened within seconds, else the surroundings of the liver. */

import type { BoundingBox, Geometry, Vector3 } from '../types.js';
import { positionMm } from '../volume/geometry.js';
import type { ShownRegion } from './types.js';

/** The page takes about 1.1 byte a voxel, the graphics card four: what a telephone and a slow notebook still open. */
export const kMostVoxels = 2 ** 25;
/** Around the structure. */
const kMarginMm = 25;

type Range = readonly [first: number, last: number];

const countOf = ([first, last]: Range) => last - first + 1;

function around(grid: Geometry, box: BoundingBox, axis: 0 | 1 | 2): Range {
  const margin = Math.ceil(kMarginMm / grid.spacing[axis]);
  return [Math.max(0, box.min[axis] - margin), Math.min(grid.size[axis] - 1, box.max[axis] + margin)];
}

function regionOf(ranges: readonly [Range, Range, Range], inPlane: number): ShownRegion {
  const [x, y, z] = ranges;
  return {
    first: [x[0], y[0], z[0]],
    step: [inPlane, inPlane, 1],
    size: [Math.max(1, Math.floor(countOf(x) / inPlane)), Math.max(1, Math.floor(countOf(y) / inPlane)), countOf(z)],
  };
}

/** The whole scan, else its slices with the structure, else the box around it, else that with fewer pixels a slice. */
export function chooseRegion(grid: Geometry, structure: BoundingBox | null, mostVoxels = kMostVoxels): ShownRegion {
  const whole: [Range, Range, Range] = [
    [0, grid.size[0] - 1],
    [0, grid.size[1] - 1],
    [0, grid.size[2] - 1],
  ];
  const candidates = [whole];
  if (structure) {
    const near = [around(grid, structure, 0), around(grid, structure, 1), around(grid, structure, 2)] as const;
    candidates.push([whole[0], whole[1], near[2]], [...near]);
  }
  const fits = ({ size }: ShownRegion) => size[0] * size[1] * size[2] <= mostVoxels;
  const smallest = candidates.at(-1) as [Range, Range, Range];
  const found = candidates.map((ranges) => regionOf(ranges, 1)).find(fits);
  if (found) return found;
  for (let inPlane = 2; ; inPlane++) {
    const reduced = regionOf(smallest, inPlane);
    if (fits(reduced) || (reduced.size[0] === 1 && reduced.size[1] === 1)) return reduced;
  }
}

/** The grid of the page's voxels: each lies in the middle of those that it stands for. */
export function gridOfRegion(grid: Geometry, { first, step, size }: ShownRegion): Geometry {
  const middle = first.map((index, axis) => index + ((step[axis] as number) - 1) / 2);
  const spacing = grid.spacing.map((length, axis) => length * (step[axis] as number)) as unknown as Vector3;
  return { size, spacing, origin: positionMm(grid, middle), direction: grid.direction };
}

/** What of the scan the page leaves out, for a person; empty where it leaves out nothing. */
export function describeRegion({ size }: Geometry, { first, step, size: shown }: ShownRegion): string {
  const parts: string[] = [];
  if (shown[2] < size[2]) parts.push(`slices ${first[2]} to ${first[2] + shown[2] - 1} of 0 to ${size[2] - 1}`);
  if (shown[0] * step[0] < size[0] - step[0] || shown[1] * step[1] < size[1] - step[1]) {
    parts.push(`${shown[0] * step[0]} × ${shown[1] * step[1]} of ${size[0]} × ${size[1]} pixels`);
  }
  if (step[0] > 1) parts.push(`each of the page's pixels the mean of ${step[0]} × ${step[1]}`);
  return parts.join(', ');
}
