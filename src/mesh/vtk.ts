/** What is used of vtk.js, which the build bundles into this file: 0.2 MB of a package of 18 MB with 13 dependencies. */
import vtkPolyData from '@kitware/vtk.js/Common/DataModel/PolyData.js';
import ImageMarchingCubes from '@kitware/vtk.js/Filters/General/ImageMarchingCubes.js';
import PlyWriter from '@kitware/vtk.js/IO/Geometry/PLYWriter.js';
import StlWriter from '@kitware/vtk.js/IO/Geometry/STLWriter.js';
import type { Nap } from './extents.js';
import type { Surface } from './surface.js';

/** Left out of vtk.js's types. */
interface PointSet {
  getPoints(): { setData(points: Float32Array, components: number): void };
}
/** Its types name enumerations that they do not export, and another result. */
const write = PlyWriter.writePLY as unknown as (...values: readonly unknown[]) => DataView;

/** Of the format: 80 bytes of anything, the number of triangles, and what each takes. */
const kStlHeaderBytes = 84;
const kStlTriangleBytes = 50;
/** Triangles that are written at once. */
const kStlPart = 8192;

const kHalf = 0.5;
const kOrigin = [0, 0, 0];
const kUnits = [1, 1, 1];

/**
 * The triangles of one cube of a binary array, voxels as units: appended to `points`, three corners of three coordinates
 * each. The filter's own loop is not used: it prints, holds the thread for the whole volume, and its table of shared
 * edges confuses edges whose voxel numbers have equal products.
 */
export function cubeTriangles(inside: Uint8Array, size: readonly number[]) {
  const filter = ImageMarchingCubes.newInstance({ contourValue: kHalf });
  const [width = 0, height = 0, depth = 0] = size;
  const extent = [0, width - 1, 0, height - 1, 0, depth - 1];
  const slice = width * height;
  return (x: number, y: number, z: number, points: number[]): void =>
    filter.produceTriangles(kHalf, x, y, z, extent, slice, size, kOrigin, kUnits, inside, points, [], []);
}

function polyDataOf({ points, triangles }: Omit<Surface, 'isCut'>) {
  const polys = new Uint32Array((triangles.length / 3) * 4);
  for (let from = 0, to = 0; from < triangles.length; from += 3, to += 4) {
    polys[to] = 3;
    polys.set(triangles.subarray(from, from + 3), to + 1);
  }
  const polyData = vtkPolyData.newInstance();
  (polyData as unknown as PointSet).getPoints().setData(points, 3);
  polyData.getPolys().setData(polys);
  return polyData;
}

function bytesOf(view: unknown): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = view as DataView<ArrayBuffer>;
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** A binary STL file; the 80 bytes of its header are empty. Part by part: the writer holds the thread for as long as it writes. */
export async function stlBytes({ points, triangles }: Surface, nap: Nap): Promise<Uint8Array<ArrayBuffer>> {
  const count = triangles.length / 3;
  const file = new Uint8Array(kStlHeaderBytes + count * kStlTriangleBytes);
  new DataView(file.buffer).setUint32(kStlHeaderBytes - 4, count, true);
  for (let first = 0; first < count; first += kStlPart) {
    await nap();
    const part = triangles.subarray(3 * first, 3 * (first + kStlPart));
    const bytes = bytesOf(StlWriter.writeSTL(polyDataOf({ points, triangles: part })));
    file.set(bytes.subarray(kStlHeaderBytes), kStlHeaderBytes + first * kStlTriangleBytes);
  }
  return file;
}

/** A binary PLY file, little endian. */
export function plyBytes(surface: Surface, comment: string): Uint8Array<ArrayBuffer> {
  const [binary, littleEndian, coordinates] = ['binary', 0, ['u', 'v']] as const;
  return bytesOf(
    write(polyDataOf(surface), binary, littleEndian, [comment], '', coordinates, undefined, false, false, false, true),
  );
}
