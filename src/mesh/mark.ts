/** What tells a mesh that hepatica wrote, and that nobody changed since: a checksum in the header. */
import { readFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';

/** Slicer reads SPACE; other programs take what stands there for granted. */
const kMark = 'hepatica SPACE=LPS UNIT=mm crc32:';
export const kUnmarked = `${kMark}00000000`;
const kStlHeaderBytes = 80;
const kPlyHeaderEnd = 'end_header\n';

/** Where the header ends; undefined where it is none of these formats'. */
function bodyOf(bytes: Buffer, isPly: boolean): number | undefined {
  if (!isPly) return bytes.length > kStlHeaderBytes ? kStlHeaderBytes : undefined;
  const end = bytes.indexOf(kPlyHeaderEnd);
  return end < 0 ? undefined : end + kPlyHeaderEnd.length;
}

function markOf(bytes: Buffer, body: number): string {
  return `${kMark}${crc32(bytes.subarray(body)).toString(16).padStart(8, '0')}`;
}

/** Writes the mark into an STL file's empty header, or in the place of `kUnmarked` in a PLY file's. */
export function markMesh(file: Uint8Array<ArrayBuffer>, isPly: boolean): Uint8Array {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const body = bodyOf(bytes, isPly) as number;
  bytes.write(markOf(bytes, body), isPly ? bytes.indexOf(kUnmarked) : 0, 'latin1');
  return bytes;
}

export async function isOwnMesh(path: string): Promise<boolean> {
  const bytes = await readFile(path).catch(() => Buffer.alloc(0));
  const body = bodyOf(bytes, isPlyName(path));
  return body !== undefined && bytes.subarray(0, body).includes(markOf(bytes, body));
}

export const isPlyName = (path: string) => /\.ply$/i.test(path);
export const isMeshName = (path: string) => /\.(ply|stl)$/i.test(path);
