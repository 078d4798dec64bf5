/**
 * Recall and precision of lesions by the threshold of detection, of each fold, and with thresholds that the other folds choose.
 *
 *   node bench/lesion-curve.mjs FOLD.safetensors… [--liver-model FILE] [--data FOLDER] [--out FILE]
 *
 * Files, scans and livers as lesion-folds.mjs takes them: real lesions in patients that the network has not learned from, inside the
 * reference's liver and a predicted one. A lesion reaches as far as the lower of the threshold and the network's own extent.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { foldsOf, kRegions, kScans, markedScan, maskOn, regionsOf } from './marked-scans.mjs';
import { kRoot } from './peers.mjs';
import { resultsFile, writeResults } from './results-file.mjs';

const kThresholds = [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

const { positionals: files, values } = parseArgs({
  allowPositionals: true,
  options: {
    'liver-model': { type: 'string' },
    data: { type: 'string', default: kScans },
    out: { type: 'string' },
  },
});
if (files.length < 2) {
  console.error('node bench/lesion-curve.mjs FOLD.safetensors… [options]: name the networks of two folds or more');
  process.exit(2);
}
const out = resultsFile('lesion-curve', values.out);
const hepatica = await import(join(kRoot, 'dist', 'index.js'));
const { classifyLesions, evaluateLesions, loadModel } = hepatica;
const liverOptions = values['liver-model'] === undefined ? {} : { model: await loadModel(values['liver-model']) };

/** Of a fold: way → threshold → cases. */
async function casesOf({ model, patients }) {
  const { extent_threshold: extent } = model.info.architecture;
  const cases = Object.fromEntries(Object.keys(kRegions).map((way) => [way, kThresholds.map(() => [])]));
  for (const patient of patients) {
    const scan = await markedScan(hepatica, values.data, patient);
    const livers = await regionsOf(hepatica, scan, liverOptions);
    for (const way of Object.keys(kRegions)) {
      for (const [i, threshold] of kThresholds.entries()) {
        const extentThreshold = Math.min(threshold, extent);
        const prediction = await classifyLesions(livers[way], { device: 'cpu', model, threshold, extentThreshold });
        cases[way][i].push({ patient, prediction, reference: maskOn(scan.volume, scan.real) });
      }
    }
    console.log(`${patient} …`);
  }
  model.dispose();
  return cases;
}

const figuresOf = async (cases) => {
  const { pooled } = await evaluateLesions(cases);
  const [{ recall, precision, f1 }] = pooled.detection;
  return {
    recall: recall.value,
    precision: precision.value,
    f1: f1.value,
    dice: pooled.global.dice.value,
    perCase: pooled.perCase.dice.value,
  };
};
const shown = (figures) =>
  ['recall', 'precision', 'dice', 'perCase'].map((name) => (figures[name] ?? 0).toFixed(3)).join(' ');

const folds = [];
for (const fold of await foldsOf(hepatica, files)) folds.push(await casesOf(fold));
const results = {};
for (const [way, title] of Object.entries(kRegions)) {
  console.log(`\n${title}: recall, precision, global Dice, Dice per case`);
  const curve = [];
  for (const [i, threshold] of kThresholds.entries()) {
    const each = [];
    for (const fold of folds) each.push(await figuresOf(fold[way][i]));
    const pooled = await figuresOf(folds.flatMap((fold) => fold[way][i]));
    curve.push({ threshold, folds: each, pooled });
    console.log(`  ${threshold}  all ${shown(pooled)}  folds ${each.map(shown).join(' | ')}`);
  }
  const chosen = [];
  for (const k of folds.keys()) {
    const worth = [];
    for (const i of kThresholds.keys()) {
      const { f1, perCase } = await figuresOf(folds.flatMap((fold, other) => (other === k ? [] : fold[way][i])));
      worth.push(f1 + perCase);
    }
    chosen.push(worth.indexOf(Math.max(...worth)));
  }
  const nested = await figuresOf(folds.flatMap((fold, k) => fold[way][chosen[k]]));
  results[way] = { curve, nested: { thresholds: chosen.map((i) => kThresholds[i]), ...nested } };
  console.log(`  of the other folds (${results[way].nested.thresholds.join(', ')}): ${shown(nested)}`);
}
writeResults(out, { files, ...results });
