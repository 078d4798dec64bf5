import { isAbsolute } from 'node:path';

/**
 * The files and folders that voxels were read from, kept beside the objects that hold them: what is written of a scan
 * must not take its scan's place.
 */
const sources = new WeakMap<object, readonly string[]>();

/** Whose voxels lie in a buffer: a copy that was spread, or put together by hand, shares it. */
const owners = new WeakMap<ArrayBufferLike, object>();

/** Remembers the object that voxels were handed out of. */
export function rememberOwner(voxels: ArrayBufferView, owner: object): void {
  owners.set(voxels.buffer, owner);
}

/** As it is meant now, whatever the working directory is later. `..` stays: behind a link it means another folder (places.ts). */
function absolute(path: string): string {
  return isAbsolute(path) ? path : `${process.cwd()}/${path}`;
}

/** Remembers what `object` was made from: paths, or other objects. */
export function rememberSources<T extends object>(object: T, ...origins: readonly unknown[]): T {
  const paths = origins.flatMap((origin) => (typeof origin === 'string' ? [absolute(origin)] : sourcesOf(origin)));
  if (paths.length > 0) sources.set(object, [...new Set(paths)]);
  return object;
}

/** Of voxels that were handed out; those of a result itself, which a getter shows, stay in native memory. */
function ownerOf(value: object, name: string): object | undefined {
  const voxels: unknown = Object.getOwnPropertyDescriptor(value, name)?.value;
  return ArrayBuffer.isView(voxels) ? owners.get(voxels.buffer) : undefined;
}

/**
 * The inputs behind a volume, a mask or a result, also where it was spread or put together of parts of others; none of
 * the caller's own arrays.
 */
export function sourcesOf(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = sources.get(value) ?? [];
  const { volume, liver, source, report } = value as Readonly<Record<string, unknown>>;
  const origins = [volume, liver, source, report, ownerOf(value, 'data'), ownerOf(value, 'mask')];
  return [...new Set([...own, ...origins.filter((origin) => origin !== value).flatMap(sourcesOf)])];
}
