// Synthetic CT volumes with a known answer.
import type { Vector3, VolumeInput } from '../../src/index.js';

export const kAirHu = -1000;
export const kBodyHu = 40;
export const kOrganHu = 200;

export const kAxial = [1, 0, 0, 0, 1, 0, 0, 0, 1] as const;

export interface PhantomOptions {
  readonly size?: Vector3;
  readonly spacing?: Vector3;
  readonly origin?: Vector3;
  /** Voxels (x, y, z). */
  readonly organCentre?: Vector3;
  /** Voxels. */
  readonly organRadius?: number;
}

/** Calls `visit(index, x, y, z)` for every voxel in the order of memory (z, y, x). */
export function forEachVoxel(size: Vector3, visit: (index: number, x: number, y: number, z: number) => void): void {
  let index = 0;
  for (let z = 0; z < size[2]; z++) {
    for (let y = 0; y < size[1]; y++) {
      for (let x = 0; x < size[0]; x++) visit(index++, x, y, z);
    }
  }
}

/** A body (an elliptic cylinder) in air, with one bright ball in it. */
export function makePhantom(options: PhantomOptions = {}): VolumeInput & { readonly data: Int16Array<ArrayBuffer> } {
  const size = options.size ?? [64, 56, 12];
  const centre = options.organCentre ?? [size[0] * 0.4, size[1] * 0.45, size[2] / 2];
  const radius = options.organRadius ?? Math.min(...size) / 3;
  const data = new Int16Array(size[0] * size[1] * size[2]);
  forEachVoxel(size, (index, x, y, z) => {
    const inBody = ((x - size[0] / 2) / (size[0] * 0.45)) ** 2 + ((y - size[1] / 2) / (size[1] * 0.42)) ** 2 <= 1;
    const inOrgan = Math.hypot(x - centre[0], y - centre[1], z - centre[2]) <= radius;
    data[index] = inOrgan ? kOrganHu : inBody ? kBodyHu : kAirHu;
  });
  return {
    data,
    size,
    spacing: options.spacing ?? [1, 1, 2],
    origin: options.origin ?? [-30, -20, 10],
    direction: kAxial,
  };
}

/** What `thresholdModel` finds in a volume of 1 mm pixels: the organ, widened by its three 3×3 max-pools. */
export function widenedOrgan(volume: VolumeInput): Uint8Array {
  const [width, height] = volume.size;
  const mask = new Uint8Array(volume.data.length);
  forEachVoxel(volume.size, (index, x, y) => {
    if (volume.data[index] !== kOrganHu) return;
    for (let dy = -3; dy <= 3; dy++) {
      for (let dx = -3; dx <= 3; dx++) {
        const inside = x + dx >= 0 && x + dx < width && y + dy >= 0 && y + dy < height;
        if (inside) mask[index + dy * width + dx] = 1;
      }
    }
  });
  return mask;
}
