/** vtk.js comes without types for this filter: what is used of it. */
declare module '@kitware/vtk.js/Filters/General/ImageMarchingCubes.js' {
  interface MarchingCubes {
    /** Appends the triangles of the cube whose first corner is voxel (i, j, k), three points of three numbers each. */
    produceTriangles(
      contour: number,
      i: number,
      j: number,
      k: number,
      extent: readonly number[],
      slice: number,
      dimensions: readonly number[],
      origin: readonly number[],
      spacing: readonly number[],
      scalars: Uint8Array,
      points: number[],
      triangles: number[],
      normals: number[],
    ): void;
  }
  const ImageMarchingCubes: { newInstance(values: object): MarchingCubes };
  export default ImageMarchingCubes;
}
