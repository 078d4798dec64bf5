/** Where a bench leaves its figures. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { kBench } from './peers.mjs';

/** The file that the user named, which must not be there yet, or the last run's of `name`. To be asked before anything is measured. */
export function resultsFile(name, named) {
  if (named === undefined) return join(kBench, 'results', `${name}.json`);
  if (existsSync(named)) {
    console.error(`${named}: is there already; name a file that is not`);
    process.exit(2);
  }
  return named;
}

export function writeResults(file, results) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
}
