import type { Geometry, Vector3 } from '../types.js';
import { type AxisOrder, canonicalOrder } from '../volume/orientation.js';

/** First and last pixel inside, x and y of the view. */
export interface ViewBox {
  readonly min: readonly [number, number];
  readonly max: readonly [number, number];
}

/**
 * A volume as radiologists look at it, whatever the order of its axes: axial slices, the patient's right on the left,
 * anterior above. A slice is named by its index along the axis of the volume that runs from foot to head or back: the z
 * index of axial series.
 */
export class AxialView {
  readonly columns: number;
  readonly rows: number;
  readonly slices: number;
  /** Distance of pixel centres along x and y, mm. */
  readonly spacing: readonly [number, number];
  /** The index axis of the volume along which slices are counted. */
  readonly sliceAxis: number;
  readonly #order: AxisOrder;
  readonly #size: Vector3;

  constructor(geometry: Geometry) {
    this.#order = canonicalOrder(geometry);
    this.#size = geometry.size;
    const [x, y, z] = this.#order.sourceAxis;
    [this.columns, this.rows, this.slices] = [this.#count(x), this.#count(y), this.#count(z)];
    this.spacing = [geometry.spacing[x] as number, geometry.spacing[y] as number];
    this.sliceAxis = z;
  }

  /** Whether the volume's own slices are the view's. */
  get isAxial(): boolean {
    return this.sliceAxis === 2;
  }

  /** The voxels of a slice, order (y, x) of the view. */
  cut<Voxels extends Int16Array | Float32Array | Uint8Array>(voxels: Voxels, slice: number): Voxels {
    const strides = [1, this.#count(0), this.#count(0) * this.#count(1)] as const;
    const pixels = new (voxels.constructor as new (length: number) => Voxels)(this.columns * this.rows);
    const [stepX, stepY] = [0, 1].map((axis) => {
      const stride = strides[this.#order.sourceAxis[axis] as number] as number;
      return this.#order.flipped[axis] ? -stride : stride;
    }) as [number, number];
    const start =
      slice * (strides[this.sliceAxis] as number) +
      (stepX < 0 ? -stepX * (this.columns - 1) : 0) +
      (stepY < 0 ? -stepY * (this.rows - 1) : 0);
    let to = 0;
    for (let y = 0; y < this.rows; y++) {
      let from = start + y * stepY;
      for (let x = 0; x < this.columns; x++, from += stepX) pixels[to++] = voxels[from] as number;
    }
    return pixels;
  }

  /** Where a voxel of the volume (indices x, y, z) lies in its slice. */
  pixelOf(voxel: Vector3): readonly [number, number] {
    return [this.#along(0, voxel), this.#along(1, voxel)];
  }

  /** A block of voxels, corner to corner, as a box in a slice. */
  boxOf(first: Vector3, last: Vector3): ViewBox {
    const [a, b] = [this.pixelOf(first), this.pixelOf(last)];
    return {
      min: [Math.min(a[0], b[0]), Math.min(a[1], b[1])],
      max: [Math.max(a[0], b[0]), Math.max(a[1], b[1])],
    };
  }

  #count(axis: number): number {
    return this.#size[axis] as number;
  }

  #along(axis: 0 | 1, voxel: Vector3): number {
    const index = voxel[this.#order.sourceAxis[axis]] as number;
    return this.#order.flipped[axis] ? this.#count(this.#order.sourceAxis[axis]) - 1 - index : index;
  }
}
