// `npm run phantom`: makes the synthetic abdominal CT series with its masks in test/data/phantom, where it is absent or
// was made by another version of its generator. The same bytes every time.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildNative, kBuildFolder } from './build.mjs';
import { main, run, say } from './setup/process.mjs';
import { kRoot, setUp } from './setup.mjs';

export const kPhantomFolder = join(kRoot, 'test/data/phantom');
const kStampPath = join(kPhantomFolder, 'generator.sha256');

function generatorHash() {
  const folder = join(kRoot, 'scripts/phantom');
  const hash = createHash('sha256');
  for (const file of readdirSync(folder).sort()) hash.update(file).update(readFileSync(join(folder, file)));
  return hash.digest('hex');
}

/** Makes the phantom unless it is there. */
export function ensurePhantom(setup) {
  const hash = generatorHash();
  if (existsSync(kStampPath) && readFileSync(kStampPath, 'utf8') === hash) return;
  buildNative(setup, 'hepatica_phantom');
  say(`phantom: making ${kPhantomFolder}`);
  mkdirSync(dirname(kPhantomFolder), { recursive: true });
  run(join(kBuildFolder, 'tools/hepatica_phantom'), [kPhantomFolder]);
  writeFileSync(kStampPath, hash);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(async () => ensurePhantom(await setUp()));
