// `npm run package`: from a clean clone to the tarballs that are published, in build/packages: the main package without
// binaries, the add-on with its libraries inside, libtorch, the lesion network's weights, and the worker.
//   --trial   in build/packages-trial, with the checkout's own add-on, which links Debian's shared libraries: what the
//             test apps run with where there is no time to compile those libraries; not for publishing
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildTypeScript, buildWorker, kBuildFolder } from './build.mjs';
import { libtorchLicenses } from './package/libtorch-licenses.mjs';
import { ensureStaticLibraries } from './package/static-libraries.mjs';
import { checkBinaries, checkTarball } from './package/verify.mjs';
import { main, outputOf, SetupError, say } from './setup/process.mjs';
import { setUp } from './setup.mjs';

function pack(packages, kind, { folder, manifest }) {
  const listed = outputOf('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', packages], {
    cwd: folder,
  });
  if (listed === null) throw new SetupError(`npm pack failed in ${folder}`);
  const [tarball] = JSON.parse(listed);
  const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
  say(
    `package: ${manifest.name} ${manifest.version}: ${megabytes(tarball.size)} packed, ${megabytes(tarball.unpackedSize)} unpacked`,
  );
  return { name: manifest.name, file: tarball.filename, complaints: checkTarball(kind, tarball) };
}

/** The folder with the tarballs, and packages.json that lists them. */
export function packagesFolder(trial) {
  return join(kBuildFolder, trial ? 'packages-trial' : 'packages');
}

export async function makePackages(trial) {
  const setup = await setUp({ packaging: !trial });
  // Imported here: it takes a package, and in a clean clone there were none until now.
  const { stageLesionWeights, stageLibtorch, stageMain, stagePlatform, stageWorker } = await import(
    './package/stage.mjs'
  );
  const staticLibraries = trial ? null : await ensureStaticLibraries();
  const packages = packagesFolder(trial);
  rmSync(packages, { recursive: true, force: true });
  mkdirSync(packages, { recursive: true });

  const platform = stagePlatform(packages, setup, staticLibraries);
  buildTypeScript();
  buildWorker();
  const libtorch = stageLibtorch(packages, setup.libtorch, trial ? {} : libtorchLicenses(setup.libtorch));
  const packed = [
    pack(packages, 'main', stageMain(packages)),
    pack(packages, 'platform', platform),
    pack(packages, 'libtorch', libtorch),
    pack(packages, 'weights', stageLesionWeights(packages)),
    pack(packages, 'worker', stageWorker(packages)),
  ];
  const complaints = packed.flatMap((each) => each.complaints);
  complaints.push(...checkBinaries(platform.files, libtorch.files, { selfContained: !trial }));
  if (complaints.length > 0) {
    throw new SetupError(`The packages are not as they must be:\n  ${complaints.join('\n  ')}`);
  }
  const { glibc, glibcxx } = platform.manifest.hepatica;
  const needed = trial ? "Debian's libraries (a trial)" : "nothing else but libtorch's package";
  say(`package: needs glibc ${glibc} and libstdc++ with GLIBCXX_${glibcxx}; ${needed}`);
  const made = packed.map(({ name, file }) => ({ name, file }));
  writeFileSync(join(packages, 'packages.json'), `${JSON.stringify(made, null, 2)}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { trial: { type: 'boolean', default: false } } });
  await main(() => makePackages(values.trial));
}
