// `npm test`: sets up and builds what is missing, then runs every test; the last line is `N passed, N failed`.
//   --only checks|native|ts|kernels|arm64    one suite; arm64 runs only where it is named
//   --sanitize address,undefined|thread      the native tests under these sanitizers instead
//   --layers all|core,ops,…                  with --sanitize: other layers than those without torch
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildNative, buildTypeScript, buildWorker, kBuildFolder } from './build.mjs';
import { makeDicomTools } from './dicom-tools.mjs';
import { ensurePhantom } from './phantom.mjs';
import { main, SetupError, say } from './setup/process.mjs';
import { setUp } from './setup.mjs';
import { runArm64Suite } from './test/arm64.mjs';
import { runChecks } from './test/checks.mjs';
import { kSanitizers, runSanitized, sanitizedLayers } from './test/sanitize.mjs';
import { runKernelSuite, runNativeSuite, runTypeScriptSuite } from './test/suites.mjs';
import { add, kNothing, summary } from './test/tally.mjs';

const kSuites = ['checks', 'native', 'kernels', 'ts', 'arm64'];

function oneOf(allowed, name, value) {
  if (value === undefined || allowed.includes(value)) return value;
  throw new SetupError(`Expected --${name} to be one of ${allowed.join(' | ')}, received ${value}`, 2);
}

function options() {
  const text = { type: 'string' };
  try {
    const { values } = parseArgs({ options: { only: text, sanitize: text, layers: text } });
    if (values.layers !== undefined && values.sanitize === undefined) throw new Error('--layers goes with --sanitize');
    return {
      only: oneOf(kSuites, 'only', values.only),
      sanitizers: oneOf(kSanitizers, 'sanitize', values.sanitize),
      layers: sanitizedLayers(values.layers),
    };
  } catch (error) {
    throw error instanceof SetupError ? error : new SetupError(error.message, 2);
  }
}

async function runSuites(setup, only) {
  const wanted = (suite) => only === undefined || only === suite;
  let tally = kNothing;
  if (wanted('checks')) tally = add(tally, await runChecks());
  if (only === 'checks') return tally;
  buildNative(setup, 'all');
  ensurePhantom(setup);
  const programs = join(kBuildFolder, 'tests');
  if (wanted('native')) tally = add(tally, await runNativeSuite(programs));
  if (wanted('kernels')) tally = add(tally, await runKernelSuite(programs, setup.cuda));
  if (wanted('ts')) {
    buildTypeScript();
    buildWorker();
    await makeDicomTools();
    tally = add(tally, await runTypeScriptSuite());
  }
  return tally;
}

await main(async () => {
  const { only, sanitizers, layers } = options();
  if (only === 'arm64') {
    const tally = await runArm64Suite();
    say(summary(tally));
    return tally.failed > 0 ? 1 : 0;
  }
  const setup = await setUp({ tests: true });
  const tally = sanitizers ? await runSanitized(setup, sanitizers, layers) : await runSuites(setup, only);
  say(summary(tally));
  return tally.failed > 0 ? 1 : 0;
});
