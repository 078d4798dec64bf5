/** Closed outlines in slices, packed: number i has the points starts[i] to starts[i + 1]. */
export interface NativePolygons {
  readonly slices: Int32Array;
  readonly holes: Uint8Array;
  /** One entry more than there are outlines. */
  readonly starts: Uint32Array;
  /** x, y of every point, pixel centres at integers. */
  readonly pixels: Float32Array;
}

/** All perimeters of a mask. */
export interface NativePerimeters extends NativePolygons {
  /** x, y, z of every point, mm, LPS. */
  readonly mm: Float32Array;
}
