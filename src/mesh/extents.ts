/** How far each value of a mask reaches, found for all of them in one pass. */
import type { Geometry, Vector3 } from '../volume/geometry-types.js';

export type Labels = Geometry & { readonly data: Uint8Array };

/** Called between slices, for the program to go on and to look whether it is to stop. */
export type Nap = () => Promise<unknown>;

export interface Extent {
  readonly voxels: number;
  /** First and last voxel (x, y, z). */
  readonly min: Vector3;
  readonly max: Vector3;
}

class Extents {
  readonly #voxels = new Float64Array(256);
  readonly #low = new Int32Array(3 * 256).fill(2 ** 30);
  readonly #high = new Int32Array(3 * 256).fill(-1);

  add(value: number, x: number, y: number, z: number): void {
    const [low, high, at] = [this.#low, this.#high, 3 * value];
    this.#voxels[value] = (this.#voxels[value] as number) + 1;
    if (x < (low[at] as number)) low[at] = x;
    if (x > (high[at] as number)) high[at] = x;
    if (y < (low[at + 1] as number)) low[at + 1] = y;
    if (y > (high[at + 1] as number)) high[at + 1] = y;
    if (z < (low[at + 2] as number)) low[at + 2] = z;
    high[at + 2] = z;
  }

  /** Of the values that belong, together; undefined where none occurs. */
  of(belongs: (value: number) => boolean): Extent | undefined {
    const values = Array.from(this.#voxels.keys()).filter(
      (value) => belongs(value) && (this.#voxels[value] as number) > 0,
    );
    if (values.length === 0) return undefined;
    const least = (axis: number) => Math.min(...values.map((value) => this.#low[3 * value + axis] as number));
    const most = (axis: number) => Math.max(...values.map((value) => this.#high[3 * value + axis] as number));
    return {
      voxels: values.reduce((sum, value) => sum + (this.#voxels[value] as number), 0),
      min: [least(0), least(1), least(2)],
      max: [most(0), most(1), most(2)],
    };
  }
}

export type { Extents };

/** Of all values but 0. */
export async function extentsOf({ data, size }: Labels, nap: Nap): Promise<Extents> {
  const [width, height, depth] = size;
  const extents = new Extents();
  for (let z = 0, index = 0; z < depth; z++) {
    await nap();
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++, index++) {
        const value = data[index] as number;
        if (value !== 0) extents.add(value, x, y, z);
      }
    }
  }
  return extents;
}
