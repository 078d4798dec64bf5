// The folders that are packed, stage/NAME below a folder for all (`packages`), each with just what is published.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildNative, kBuildFolder } from '../build.mjs';
import { outputOf, run, SetupError, say } from '../setup/process.mjs';
import { kRoot } from '../setup.mjs';
import { highestFloors } from './elf.mjs';
import { libtorchParts } from './libtorch-parts.mjs';
import * as manifests from './manifests.mjs';
import { libtorchNotices, mainNotices, moduleVersion, platformNotices } from './notices.mjs';
import { bundledComponents, libraryComponent, npmBom, staticComponents, writeBom } from './sbom.mjs';

function emptyFolder(packages, name) {
  const folder = join(packages, 'stage', name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}

function write(folder, name, text) {
  writeFileSync(join(folder, name), text.endsWith('\n') ? text : `${text}\n`);
}

function writeCommon(folder, manifest, notices, bom) {
  write(folder, 'package.json', JSON.stringify(manifest, null, 2));
  write(folder, 'THIRD-PARTY-NOTICES.txt', notices);
  write(folder, 'sbom.cdx.json', bom);
  cpSync(join(kRoot, 'LICENSE'), join(folder, 'LICENSE'));
}

const kReadme = (manifest) =>
  `# ${manifest.name}\n\n${manifest.description}.\n\nInstalled by \`npm install hepatica\`, and of no use without it.\n`;

function strip(file) {
  run('strip', ['--strip-unneeded', file]);
}

/** The code's licence and, for what lies in weights/, the weights' own. */
function mainLicense() {
  const [code, weights] = ['LICENSE', 'weights/LICENSE'].map((name) => readFileSync(join(kRoot, name), 'utf8'));
  const head = "hepatica's code is under the Apache License 2.0, which follows; the weights in weights/ are not:\n";
  return `${head}\n${weights}\n${code}`;
}

/** TypeScript's output, types, the liver weights; no binaries. */
export function stageMain(packages) {
  const folder = emptyFolder(packages, 'hepatica');
  for (const name of ['dist', 'weights', 'README.md']) {
    cpSync(join(kRoot, name), join(folder, name), { recursive: true });
  }
  const manifest = manifests.mainManifest();
  writeCommon(folder, manifest, mainNotices(), npmBom(manifest, bundledComponents()));
  write(folder, 'LICENSE', mainLicense());
  return { folder, manifest };
}

/** The worker's program, and the files that it is deployed by. */
export function stageWorker(packages) {
  const folder = emptyFolder(packages, 'worker');
  for (const name of ['dist', 'deploy', 'README.md']) {
    cpSync(join(manifests.kWorker, name), join(folder, name), { recursive: true });
  }
  rmSync(join(folder, 'deploy/secrets'), { recursive: true, force: true });
  const manifest = manifests.workerManifest();
  const notices = 'The packages that this one depends on bring their own licences; it holds none of them.\n';
  writeCommon(folder, manifest, notices, npmBom(manifest));
  return { folder, manifest };
}

function prebuild(folder) {
  const options = ['--napi', '--strip', '--tag-libc', '--name', 'hepatica'];
  const shim = join(kRoot, 'scripts/gyp-to-cmake.sh');
  run(join(kRoot, 'node_modules/.bin/prebuildify'), [...options, '--node-gyp', shim], { cwd: folder });
  rmSync(join(folder, 'build'), { recursive: true });
}

/**
 * The add-on by prebuildify, and what that leaves behind: the preload add-on and the kernel library. Without
 * `staticLibraries`, the checkout's own add-on in its place.
 */
export function stagePlatform(packages, setup, staticLibraries) {
  const folder = emptyFolder(packages, manifests.kPlatform);
  write(folder, 'package.json', JSON.stringify(manifests.platformManifest({}), null, 2));
  const target = join(folder, 'prebuilds', manifests.kPlatform);
  if (staticLibraries) {
    prebuild(folder);
  } else {
    buildNative(setup, 'hepatica');
    const addon = join(target, 'hepatica.glibc.node');
    cpSync(join(kBuildFolder, 'Release/hepatica.node'), addon);
    strip(addon);
  }
  for (const name of ['hepatica_preload.node', 'libhepatica_cuda.so']) {
    const built = join(kBuildFolder, 'Release', name);
    // The kernel library is absent where no CUDA toolkit was.
    if (name.endsWith('.so') && !setup.cuda.nvcc) continue;
    cpSync(built, join(target, name));
    strip(join(target, name));
  }
  const files = readdirSync(target).map((name) => join(target, name));
  if (!files.some((file) => file.endsWith('hepatica.glibc.node'))) {
    throw new SetupError(`prebuildify left no hepatica.glibc.node in ${target}, but ${files.join(', ')}`);
  }
  if (!setup.cuda.nvcc) say(`package: no CUDA kernels: ${setup.cuda.reason}`);
  const manifest = manifests.platformManifest(highestFloors(files));
  const parts = [...(staticLibraries ? staticComponents() : []), ...compiledIn(setup.cuda)];
  writeCommon(folder, manifest, platformNotices(staticLibraries, setup.cuda), writeBom(manifest, parts, files));
  write(folder, 'README.md', kReadme(manifest));
  return { folder, manifest, files };
}

function compiledIn(cuda) {
  const json = outputOf('dpkg-query', ['-s', 'nlohmann-json3-dev'])?.match(/^Version: (.+)$/m)?.[1] ?? 'unknown';
  const parts = [
    libraryComponent('node-addon-api', moduleVersion('node-addon-api'), 'MIT'),
    libraryComponent('nlohmann-json', json, 'MIT'),
  ];
  if (cuda.nvcc) parts.push(libraryComponent('cuda-runtime', cuda.version, 'LicenseRef-NVIDIA-CUDA-EULA'));
  return parts;
}

/** The four CPU libraries, stripped. */
export function stageLibtorch(packages, libtorch, licenses) {
  const folder = emptyFolder(packages, `libtorch-${manifests.kPlatform}`);
  mkdirSync(join(folder, 'lib'));
  const files = manifests.kLibtorchFiles.map((name) => {
    const file = join(folder, 'lib', name);
    cpSync(join(libtorch, 'lib', name), file, { dereference: true });
    strip(file);
    return file;
  });
  const manifest = manifests.libtorchManifest();
  const parts = [
    libraryComponent('libtorch', manifest.hepatica.libtorch, 'BSD-3-Clause'),
    libraryComponent('oneMKL', '2024.2', 'LicenseRef-Intel-Simplified'),
    ...libtorchParts(libtorch, licenses.libtorch).map((part) =>
      libraryComponent(part.name, part.version, undefined, part.source),
    ),
    libraryComponent('libgomp', undefined, 'GPL-3.0-or-later WITH GCC-exception-3.1'),
  ];
  writeCommon(folder, manifest, libtorchNotices(licenses), writeBom(manifest, parts, files));
  write(folder, 'README.md', kReadme(manifest));
  return { folder, manifest, files };
}

/** The lesion network's weights with their own licence. */
export function stageLesionWeights(packages) {
  const folder = emptyFolder(packages, 'weights-mdl');
  cpSync(manifests.kLesionWeights, folder, { recursive: true });
  const manifest = manifests.lesionWeightsManifest();
  const main = join(folder, manifest.main);
  write(folder, 'package.json', JSON.stringify(manifest, null, 2));
  write(folder, 'sbom.cdx.json', writeBom(manifest, [], [main]));
  return { folder, manifest, files: [main] };
}
