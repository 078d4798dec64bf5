// `npm run package`: from a clean clone to the tarballs that are published, in build/packages: the main package without
// binaries, the add-on with its libraries inside, libtorch, and the lesion network's weights.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildTypeScript } from './build.mjs';
import { libtorchLicenses } from './package/libtorch-licenses.mjs';
import { kPackages, stageLesionWeights, stageLibtorch, stageMain, stagePlatform } from './package/stage.mjs';
import { ensureStaticLibraries } from './package/static-libraries.mjs';
import { checkBinaries, checkTarball } from './package/verify.mjs';
import { main, outputOf, SetupError, say } from './setup/process.mjs';
import { setUp } from './setup.mjs';

function pack(kind, { folder, manifest }) {
  const listed = outputOf('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', kPackages], {
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

await main(async () => {
  const setup = await setUp({ packaging: true });
  const staticLibraries = await ensureStaticLibraries();
  mkdirSync(kPackages, { recursive: true });
  for (const name of readdirSync(kPackages)) if (name.endsWith('.tgz')) rmSync(join(kPackages, name));

  const platform = stagePlatform(setup, staticLibraries);
  buildTypeScript();
  const libtorch = stageLibtorch(setup.libtorch, libtorchLicenses(setup.libtorch));
  const weights = stageLesionWeights();
  const packed = [
    pack('main', stageMain()),
    pack('platform', platform),
    pack('libtorch', libtorch),
    pack('weights', weights),
  ];
  const complaints = [...packed.flatMap((each) => each.complaints), ...checkBinaries(platform.files, libtorch.files)];
  if (complaints.length > 0)
    throw new SetupError(`The packages are not as they must be:\n  ${complaints.join('\n  ')}`);
  const { glibc, glibcxx } = platform.manifest.hepatica;
  say(`package: needs glibc ${glibc} and libstdc++ with GLIBCXX_${glibcxx}; nothing else but libtorch's package`);
  const made = packed.map(({ name, file }) => ({ name, file }));
  writeFileSync(join(kPackages, 'packages.json'), `${JSON.stringify(made, null, 2)}\n`);
});
