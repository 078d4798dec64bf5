/** One value a dimension: (x, y, z). */
export type Vector3 = readonly [number, number, number];
/** Row-major 3×3. */
export type Matrix3 = readonly [number, number, number, number, number, number, number, number, number];

/** Where the voxels of an array lie. */
export interface Geometry {
  /** Voxels along (x, y, z). */
  readonly size: Vector3;
  /** Distance of voxel centres along (x, y, z), mm. */
  readonly spacing: Vector3;
  /** Position of the centre of voxel (0, 0, 0), mm, LPS. */
  readonly origin: Vector3;
  /** Row-major 3×3; column c is the unit vector along index axis c. */
  readonly direction: Matrix3;
}
