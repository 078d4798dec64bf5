import type { BigIntStats } from 'node:fs';
import { lstat, readlink, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, sep } from 'node:path';

/** As many links as Linux follows in one path. */
const kMaxLinks = 40;

/** Where a path leads. */
interface Place {
  /** Without links and `..`, as the system resolves them; what does not exist yet is kept as it is named. */
  readonly real: string;
  /** The links that were followed, each where it lies itself. */
  readonly links: readonly string[];
}

async function linkTarget(path: string): Promise<string | undefined> {
  try {
    return (await lstat(path)).isSymbolicLink() ? await readlink(path) : undefined;
  } catch {
    return undefined;
  }
}

/** Resolves a path name by name: `..` after a link means the parent of what the link names, which `resolve` misses. */
async function placeOf(path: string): Promise<Place> {
  const pending = (isAbsolute(path) ? path : `${process.cwd()}/${path}`).split('/');
  const links: string[] = [];
  let real = '/';
  while (pending.length > 0) {
    const name = pending.shift() as string;
    if (name === '' || name === '.') continue;
    if (name === '..') {
      real = dirname(real);
      continue;
    }
    const next = join(real, name);
    const target = links.length < kMaxLinks ? await linkTarget(next) : undefined;
    if (target === undefined) {
      real = next;
      continue;
    }
    links.push(next);
    pending.unshift(...target.split('/'));
    if (isAbsolute(target)) real = '/';
  }
  return { real, links };
}

export async function realPlace(path: string): Promise<string> {
  return (await placeOf(path)).real;
}

async function statOf(path: string): Promise<BigIntStats | undefined> {
  return stat(path, { bigint: true }).catch(() => undefined);
}

/** One name, or one inode: hard links, and names that differ by case on a disk that ignores it. */
function isSame(a: string, aStat: BigIntStats | undefined, b: string, bStat: BigIntStats | undefined): boolean {
  if (a === b) return true;
  return aStat !== undefined && bStat !== undefined && aStat.ino === bStat.ino && aStat.dev === bStat.dev;
}

/** Whether `outer` is one of the folders above `inner`. */
async function liesIn(inner: string, outer: string, outerStat: BigIntStats | undefined): Promise<boolean> {
  if (inner.startsWith(outer.endsWith(sep) ? outer : `${outer}${sep}`)) return true;
  if (!outerStat?.isDirectory()) return false;
  for (let folder = dirname(inner); folder !== dirname(folder); folder = dirname(folder)) {
    if (isSame(folder, await statOf(folder), outer, outerStat)) return true;
  }
  return false;
}

export type Relation = 'same' | 'inside' | 'around';

/**
 * How what a call would write, replace or remove at `target` lies to an input: the same, inside it, around it, or
 * apart (undefined). The links on the way to an input count as part of it.
 */
export async function relationOf(target: string, input: string): Promise<Relation | undefined> {
  const [writtenTo, readFrom] = await Promise.all([placeOf(target), placeOf(input)]);
  const written = writtenTo.real;
  const writtenStat = await statOf(written);
  const real = readFrom.real;
  const realStat = await statOf(real);
  if (isSame(written, writtenStat, real, realStat)) return 'same';
  if (realStat?.isDirectory() && (await liesIn(written, real, realStat))) return 'inside';
  for (const point of [real, ...readFrom.links]) {
    if (written === point || writtenTo.links.includes(point)) return 'same';
    if (await liesIn(point, written, writtenStat)) return 'around';
  }
  return undefined;
}
