// `npm test`: sets up and builds what is missing, then runs every test; the last line is `N passed, N failed`.
//   --only checks|native|ts|kernels   one suite    --sanitize   the native tests under the sanitizers instead
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildNative, buildTypeScript, kBuildFolder } from './build.mjs';
import { ensurePhantom } from './phantom.mjs';
import { main, SetupError, say } from './setup/process.mjs';
import { setUp } from './setup.mjs';
import { runChecks } from './test/checks.mjs';
import { runSanitized } from './test/sanitize.mjs';
import { runKernelSuite, runNativeSuite, runTypeScriptSuite } from './test/suites.mjs';
import { add, kNothing, summary } from './test/tally.mjs';

const kSuites = ['checks', 'native', 'kernels', 'ts'];

function options() {
  try {
    const { values } = parseArgs({ options: { only: { type: 'string' }, sanitize: { type: 'boolean' } } });
    if (values.only === undefined || kSuites.includes(values.only)) return values;
    throw new Error(`Expected --only to be one of ${kSuites.join(', ')}, received ${values.only}`);
  } catch (error) {
    throw new SetupError(error.message, 2);
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
    tally = add(tally, await runTypeScriptSuite());
  }
  return tally;
}

await main(async () => {
  const { only, sanitize } = options();
  const setup = await setUp({ tests: true });
  const tally = sanitize ? await runSanitized(setup) : await runSuites(setup, only);
  say(summary(tally));
  return tally.failed > 0 ? 1 : 0;
});
