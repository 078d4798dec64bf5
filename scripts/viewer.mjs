// The script of the page that `classify` writes (src/page/browser), bundled with NiiVue into one file that needs nothing.
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from './setup/process.mjs';
import { kRoot } from './setup.mjs';

/** What lies in the bundle, by esbuild's account. */
const kMetafile = join(kRoot, 'build/viewer.json');
/** NiiVue opens zarr arrays too, by codecs of 1.4 MB; a page holds none. */
const kUnused = 'numcodecs/*';

export const viewerIn = (folder) => join(folder, 'page/viewer.js');

export function bundleViewer(target) {
  mkdirSync(dirname(kMetafile), { recursive: true });
  run(
    join(kRoot, 'node_modules/.bin/esbuild'),
    [
      ...[
        'src/page/browser/main.ts',
        '--bundle',
        '--minify',
        '--format=iife',
        '--target=es2022',
        '--legal-comments=none',
      ],
      ...[`--external:${kUnused}`, '--tsconfig=tsconfig.page.json', '--log-level=error'],
      ...[`--outfile=${target}`, `--metafile=${kMetafile}`],
    ],
    { cwd: kRoot },
  );
}

/** Folders of the packages that lie in the bundle, from the root of the checkout. */
export function bundledPackages() {
  const { outputs } = JSON.parse(readFileSync(kMetafile, 'utf8'));
  const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs));
  const folders = inputs
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([path]) => path.match(/^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//)?.[1]);
  return [...new Set(folders.filter((folder) => folder !== undefined))].sort();
}
