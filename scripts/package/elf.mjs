// What a shared library asks of the machine that it is loaded on, as readelf tells it.
import { outputOf, SetupError } from '../setup/process.mjs';

function readelf(options, file) {
  const text = outputOf('readelf', ['--wide', ...options, file]);
  if (text === null) throw new SetupError(`readelf cannot read ${file}`);
  return text;
}

/** The libraries that it names. */
export function neededLibraries(file) {
  return [...readelf(['--dynamic'], file).matchAll(/\(NEEDED\).*\[(.*)\]/g)].map((match) => match[1]);
}

/** Its run paths. */
export function runPaths(file) {
  return [...readelf(['--dynamic'], file).matchAll(/\((?:RPATH|RUNPATH)\).*\[(.*)\]/g)].map((match) => match[1]);
}

/** The names that others can link with. */
export function exportedSymbols(file) {
  const symbol = /^\s*\d+:\s+[0-9a-f]+\s+\d+\s+\w+\s+(?:GLOBAL|WEAK|UNIQUE)\s+\w+\s+(?!UND)\w+\s+(\S+)/;
  const lines = readelf(['--dyn-syms'], file).split('\n');
  return lines.flatMap((line) => line.match(symbol)?.[1] ?? []).map((name) => name.split('@')[0]);
}

function compareVersions(a, b) {
  const [left, right] = [a, b].map((text) => text.split('.').map(Number));
  for (let i = 0; i < Math.max(left.length, right.length); ++i) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The newest versions of `GLIBC`, `GLIBCXX` and `CXXABI` that any of its symbols wants: `{ GLIBC: '2.34', … }`. */
export function versionFloors(file) {
  const floors = {};
  for (const [, library, version] of readelf(['--version-info'], file).matchAll(/\b(GLIBC|GLIBCXX|CXXABI)_([\d.]+)/g)) {
    if (!floors[library] || compareVersions(version, floors[library]) > 0) floors[library] = version;
  }
  return floors;
}

/** The highest of several files' floors. */
export function highestFloors(files) {
  const floors = {};
  for (const [library, version] of files.flatMap((file) => Object.entries(versionFloors(file)))) {
    if (!floors[library] || compareVersions(version, floors[library]) > 0) floors[library] = version;
  }
  return floors;
}
