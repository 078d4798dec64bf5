/**
 * The files and folders that voxels were read from, kept beside the objects that hold them: what is written of a scan
 * must not take its scan's place.
 */
const sources = new WeakMap<object, readonly string[]>();

/** Remembers what `object` was made from: paths, or other objects. */
export function rememberSources<T extends object>(object: T, ...origins: readonly unknown[]): T {
  const paths = origins.flatMap((origin) => (typeof origin === 'string' ? [origin] : sourcesOf(origin)));
  if (paths.length > 0) sources.set(object, [...new Set(paths)]);
  return object;
}

/** The inputs behind a volume, a mask or a result; none of the caller's own arrays. */
export function sourcesOf(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = sources.get(value) ?? [];
  const { volume } = value as { volume?: unknown };
  return [...own, ...(volume === undefined || volume === value ? [] : sourcesOf(volume))];
}
