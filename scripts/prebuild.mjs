// `npm run make:prebuild`: puts the stripped add-on in prebuilds/PLATFORM-ARCH, where node-gyp-build finds it in the
// published package, beside the preload add-on and the kernel library, which prebuildify leaves behind.
import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { kBuildFolder } from './build.mjs';
import { main, run, SetupError } from './setup/process.mjs';
import { kRoot, setUp } from './setup.mjs';

await main(async () => {
  await setUp();
  const shim = join(kRoot, 'scripts/gyp-to-cmake.sh');
  const options = ['--napi', '--strip', '--node-gyp', shim];
  run(join(kRoot, 'node_modules/.bin/prebuildify'), options, { cwd: kRoot });
  const target = join(kRoot, 'prebuilds', `${process.platform}-${process.arch}`);
  if (!existsSync(join(target, 'hepatica.node'))) throw new SetupError(`prebuildify left no ${target}/hepatica.node`);
  // The kernel library is absent where no CUDA toolkit was.
  for (const name of ['hepatica_preload.node', 'libhepatica_cuda.so']) {
    const built = join(kBuildFolder, 'Release', name);
    if (!existsSync(built)) continue;
    copyFileSync(built, join(target, name));
    run('strip', ['--strip-unneeded', join(target, name)]);
  }
});
