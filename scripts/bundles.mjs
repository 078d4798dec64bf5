// What the build bundles of dependencies of development, so that no user installs them whole: NiiVue in the script of the
// page that `classify` writes, and what is used of vtk.js.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './setup/process.mjs';
import { kRoot } from './setup.mjs';

const kMetafiles = join(kRoot, 'build/bundles');
const kCommon = ['--bundle', '--minify', '--target=es2022', '--legal-comments=none', '--log-level=error'];

/** File in dist/, its source, and how it is bundled. */
const kBundles = [
  {
    file: 'page/viewer.js',
    source: 'src/page/browser/main.ts',
    // NiiVue opens zarr arrays too, by codecs of 1.4 MB; a page holds none.
    options: ['--format=iife', '--external:numcodecs/*', '--tsconfig=tsconfig.page.json'],
  },
  { file: 'mesh/vtk.js', source: 'src/mesh/vtk.ts', options: ['--format=esm', '--platform=node'] },
];

const metafileOf = (file) => join(kMetafiles, `${file.replace('/', '-')}on`);

/** Writes them to `folder`, which holds TypeScript's output. */
export function buildBundles(folder) {
  rmSync(kMetafiles, { recursive: true, force: true });
  for (const { file, source, options } of kBundles) {
    const target = join(folder, file);
    // The map is that of TypeScript's own output.
    rmSync(`${target}.map`, { force: true });
    const outputs = [`--outfile=${target}`, `--metafile=${metafileOf(file)}`, '--allow-overwrite'];
    run(join(kRoot, 'node_modules/.bin/esbuild'), [source, ...kCommon, ...options, ...outputs], { cwd: kRoot });
  }
}

function packagesIn(file) {
  const { outputs } = JSON.parse(readFileSync(metafileOf(file), 'utf8'));
  const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs));
  const folders = inputs
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([path]) => path.match(/^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//)?.[1]);
  return [...new Set(folders.filter((folder) => folder !== undefined))];
}

/** The packages that lie in what was bundled last: `folder` from the root of the checkout, and in which `files`. */
export function bundledPackages() {
  const filesByFolder = new Map();
  for (const { file } of kBundles) {
    for (const folder of packagesIn(file)) {
      filesByFolder.set(folder, [...(filesByFolder.get(folder) ?? []), `dist/${file}`]);
    }
  }
  return [...filesByFolder].sort(([a], [b]) => (a < b ? -1 : 1)).map(([folder, files]) => ({ folder, files }));
}
