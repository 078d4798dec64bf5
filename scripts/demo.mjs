// `npm run demo`: sets up, builds, and finds the liver and its lesions in a real scan, or in the phantom where there is
// none.
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { buildNative, buildTypeScript } from './build.mjs';
import { ensurePhantom, kPhantomFolder } from './phantom.mjs';
import { main, run, say } from './setup/process.mjs';
import { kRoot, setUp } from './setup.mjs';

const kOutput = join(kRoot, 'demo-output');

/** TCGA-BC-A10W beside the project, else the phantom. */
function chooseInput(setup) {
  const scan = join(process.env.HEPATICA_SHARED ?? join(kRoot, '../shared'), 'data/dicom/hcc-a10w');
  if (existsSync(scan)) return scan;
  say(`demo: ${scan} is absent; taking the phantom`);
  ensurePhantom(setup);
  return join(kPhantomFolder, 'dicom');
}

await main(async () => {
  const setup = await setUp();
  buildNative(setup, 'hepatica');
  buildTypeScript();
  const input = chooseInput(setup);
  say(`demo: hepatica classify ${input} --out demo-output`);
  run(process.execPath, [join(kRoot, 'dist/cli/main.js'), 'classify', input, '--out', kOutput]);
  const shown = relative(process.cwd(), kOutput) || '.';
  say(`\nThe liver and its lesions are in ${shown}/:`);
  say('  report.html       all of it on one page, for a browser: hepatica view FOLDER');
  say(
    '  overlay/          a picture a slice: the liver in yellow, boxes around lesions, benign green, malignant red, indeterminate white',
  );
  say('  liver.nii.gz      the liver on the grid of the scan');
  say('  lesions.nii.gz    the lesions, by number');
  say('  lesions.json      their types, probabilities and measurements');
  say('  perimeters.json   the outlines, in pixels and mm');
  say('  report.json       volume, slices, timings, and what reading found');
});
