// What prebuildify runs in place of node-gyp, in the platform package's folder: builds the add-on with its libraries
// inside by CMake, and leaves it where node-gyp would. Its arguments say nothing: a Node-API binary does not depend on
// Node's version, and cross-compiling is not offered.
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildNative, kBuildFolder } from '../build.mjs';
import { main } from '../setup/process.mjs';
import { setUp } from '../setup.mjs';
import { ensureStaticLibraries } from './static-libraries.mjs';

await main(async () => {
  const setup = await setUp();
  buildNative(setup, 'hepatica_packaged', await ensureStaticLibraries());
  const target = join(process.cwd(), 'build/Release');
  mkdirSync(target, { recursive: true });
  copyFileSync(join(kBuildFolder, 'package/Release/hepatica.node'), join(target, 'hepatica.node'));
});
