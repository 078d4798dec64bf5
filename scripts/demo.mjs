// `npm run demo`: sets up, builds, and segments the liver of a real scan, or of the phantom where there is none.
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
  say(`demo: hepatica segment ${input} --out demo-output`);
  run(process.execPath, [join(kRoot, 'dist/cli/main.js'), 'segment', input, '--out', kOutput]);
  const shown = relative(process.cwd(), kOutput) || '.';
  say(`\nThe liver is in ${shown}/:`);
  say('  overlay/          the scan with the liver outlined in yellow, a picture a slice');
  say('  liver.nii.gz      the mask on the grid of the scan');
  say('  perimeters.json   the outlines, in pixels and mm');
  say('  report.json       volume, slices, timings, and what reading found');
});
