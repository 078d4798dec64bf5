/** Where a bench leaves its figures. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { kBench } from './peers.mjs';

/** Of a file that the user named, if any: the end of the program where it is there. To be asked before anything is measured. */
export function refuseExisting(named) {
  if (named === undefined || !existsSync(named)) return;
  console.error(`${named}: is there already; name a file that is not`);
  process.exit(2);
}

/** The file that the user named, which must not be there yet, or the last run's of `name`. */
export function resultsFile(name, named) {
  refuseExisting(named);
  return named ?? join(kBench, 'results', `${name}.json`);
}

export function writeResults(file, results) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
}
