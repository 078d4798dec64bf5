// What a viewer's picture says of each voxel of a slice, by colour at the voxel's middle.

import type { Vector3, Volume } from '../../../src/index.js';
import type { LesionNature } from '../../../src/lesions/lesion-nature.js';
import { positionMm } from '../../../src/volume/geometry.js';
import type { Viewer } from './viewer.js';

export type DrawnLabel = 'none' | 'structure' | LesionNature;

const kWindow = [-160, 240] as const;

/** Scans are grey; the liver is drawn in a mild orange, benign lesions in green, malignant in red, indeterminate in yellow. */
function labelOf([red = 0, green = 0, blue = 0]: readonly number[]): DrawnLabel {
  const chroma = Math.max(red, green, blue) - Math.min(red, green, blue);
  if (chroma < 20) return 'none';
  if (green - red > 0.3 * chroma) return 'benign';
  const yellow = (green - blue) / (red - blue);
  if (yellow > 0.6) return 'indeterminate';
  return yellow < 0.12 ? 'malignant' : 'structure';
}

/** Pearson's r. */
function correlation(pairs: readonly (readonly [number, number])[]): number {
  const mean = (side: 0 | 1) => pairs.reduce((sum, pair) => sum + pair[side], 0) / pairs.length;
  const [a, b] = [mean(0), mean(1)];
  const sum = (of: (x: number, y: number) => number) => pairs.reduce((all, [x, y]) => all + of(x - a, y - b), 0);
  return sum((x, y) => x * y) / Math.sqrt(sum((x) => x * x) * sum((_, y) => y * y));
}

export interface DrawnSlice {
  readonly labels: readonly DrawnLabel[];
  /** How well the grey of the picture follows the scan where nothing is drawn on it. */
  readonly likeness: number;
}

export async function drawnSlice(viewer: Viewer, volume: Volume, z: number): Promise<DrawnSlice> {
  const picture = await viewer.draw(volume.report?.slices[z]?.sopInstanceUid as string, kWindow);
  const corners: Vector3[] = [
    [0, 0, z],
    [1, 0, z],
    [0, 1, z],
  ];
  const [first, right, down] = (await viewer.place(corners.map((voxel) => positionMm(volume, voxel)))) as [
    [number, number],
    [number, number],
    [number, number],
  ];
  const labels: DrawnLabel[] = [];
  const greys: [number, number][] = [];
  const [nx, ny] = volume.size;
  for (let index = 0; index < nx * ny; index++) {
    const [x, y] = [index % nx, Math.floor(index / nx)];
    const at = (axis: 0 | 1) =>
      Math.floor(first[axis] + x * (right[axis] - first[axis]) + y * (down[axis] - first[axis]));
    const colour = picture.at(at(0), at(1));
    const label = labelOf(colour);
    labels.push(label);
    const hu = volume.data[z * nx * ny + index] as number;
    if (label === 'none') greys.push([Math.min(kWindow[1], Math.max(kWindow[0], hu)), colour[0] as number]);
  }
  return { labels, likeness: correlation(greys) };
}
