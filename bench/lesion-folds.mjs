/**
 * How well lesion networks find and classify lesions in patients that they have not learned from.
 *
 *   node bench/lesion-folds.mjs FOLD.safetensors…
 *
 *   --threshold P, --extent-threshold P, --minimum-ml V   instead of the network's
 *   --synthetic N                   variants of each patient with synthetic lesions (default: 4)
 *   --mixed N                       variants with all types in each liver (default: 4)
 *   --paper                         a second row: the paper's network of each file alone (`model: 'paper'`), at the
 *                                   thresholds that the file has for it
 *   --liver-model FILE              that finds the livers (default: the package's, which learned from these patients'
 *                                   livers; bench/weights/liver-3d-split.safetensors from four of them)
 *   --data FOLDER                   of PATIENT/image.nii.gz and label.nii.gz (default: the scans in ../shared)
 *   --out FILE                      (default: bench/results/lesion-folds.json)
 *
 * Each file is a network trained with `hepatica train --model lesions --keep last --patient-names`, and is tried on the
 * patients that its metadata names as `validation_patients`: together they are out-of-fold. Four ways:
 *   - real lesions (LiTS, location alone) inside the reference's liver;
 *   - the same inside the liver that a network finds;
 *   - synthetic lesions of known type put into the same patients (their real ones stay and count as of unknown type):
 *     3 to 8 of mostly one type;
 *   - the same with 6 to 14 of all types.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { foldsOf, inLiver, kScans, markedScan, maskOn, regionsOf } from './marked-scans.mjs';
import { kRoot } from './peers.mjs';
import { resultsFile, writeResults } from './results-file.mjs';

/** Volumes that found lesions are counted by: from, up to. */
const kSizesMl = [
  [0, 0.1],
  [0.1, 0.5],
  [0.5, 2],
  [2, 8],
  [8, Infinity],
];
/** What is synthesized, with seeds that training's variants do not have. */
const kSynthetic = {
  synthetic: { firstSeed: 20_000, count: [3, 8] },
  mixed: { firstSeed: 30_000, count: [6, 14], mixedProbability: 1 },
};

const kWays = {
  reference: "real lesions, reference's liver",
  predicted: 'real lesions, predicted liver',
  synthetic: 'synthetic lesions',
  mixed: 'synthetic lesions of all types in each liver',
};
const casesByWay = () => Object.fromEntries(Object.keys(kWays).map((way) => [way, []]));

const { positionals: models, values } = parseArgs({
  allowPositionals: true,
  options: {
    threshold: { type: 'string' },
    'extent-threshold': { type: 'string' },
    'minimum-ml': { type: 'string' },
    paper: { type: 'boolean', default: false },
    'liver-model': { type: 'string' },
    synthetic: { type: 'string', default: '4' },
    mixed: { type: 'string', default: '4' },
    data: { type: 'string', default: kScans },
    out: { type: 'string' },
    // The built façade; the tests name its source.
    library: { type: 'string', default: join(kRoot, 'dist', 'index.js') },
  },
});
const out = resultsFile('lesion-folds', values.out);
const hepatica = await import(values.library);
const { classifyLesions, evaluateLesions, loadModel, synthesizeLesions } = hepatica;
const options = {
  device: 'cpu',
  ...(values.threshold === undefined ? {} : { threshold: Number(values.threshold) }),
  ...(values['extent-threshold'] === undefined ? {} : { extentThreshold: Number(values['extent-threshold']) }),
  ...(values['minimum-ml'] === undefined ? {} : { minimumMl: Number(values['minimum-ml']) }),
};

const liverOptions = values['liver-model'] === undefined ? {} : { model: await loadModel(values['liver-model']) };

/** Of one patient: of each network the evaluation cases of the four ways. */
async function casesOf(patient, networks) {
  const scan = await markedScan(hepatica, values.data, patient);
  const { volume, liver, real } = scan;
  const cases = Object.fromEntries(Object.keys(networks).map((name) => [name, casesByWay()]));
  const find = async (way, segmented, reference) => {
    for (const [name, model] of Object.entries(networks)) {
      const prediction = await classifyLesions(segmented, { ...options, model });
      cases[name][way].push({ patient, prediction, reference });
    }
  };
  const regions = await regionsOf(hepatica, scan, liverOptions);
  for (const [way, region] of Object.entries(regions)) await find(way, region, maskOn(volume, real));
  for (const [way, { firstSeed, ...lesions }] of Object.entries(kSynthetic)) {
    for (let variant = 0; variant < Number(values[way]); variant++) {
      const made = await synthesizeLesions(volume, maskOn(volume, liver), {
        ...lesions,
        seed: firstSeed + variant,
        realLesions: maskOn(volume, real),
      });
      const types = made.types.data.map((type, i) => type || real[i]);
      await find(way, inLiver(made.volume, liver), maskOn(volume, types));
    }
  }
  return cases;
}

const percent = (value) => (value === null ? '–' : `${(100 * value).toFixed(1)} %`);
const of = ({ value, low, high }) =>
  value === null ? '–' : `${value.toFixed(3)}${low === null ? '' : ` (${low.toFixed(3)} to ${high.toFixed(3)})`}`;

/** Of every type that is there: found of all, by volume. Pieces of a lesion that the liver's border cuts count as lesions. */
function foundBySize(cases) {
  const references = cases.flatMap((one) => one.references);
  return [...new Set(references.map(({ type }) => type))].sort().map((type) => {
    const counts = kSizesMl.map(([from, to]) => {
      const some = references.filter((one) => one.type === type && one.volumeMl >= from && one.volumeMl < to);
      return `${some.filter(({ iou }) => iou > 0).length}/${some.length}`;
    });
    return `${type ?? 'of unknown type'} ${counts.join(' ')}`;
  });
}

function report(way, { pooled, cases }) {
  console.log(`\n${way}: ${pooled.patients} patients, ${pooled.cases} cases, ${pooled.referenceLesions} lesions`);
  for (const one of cases) {
    const [found] = one.detection;
    const alarms = one.predictions.filter(({ iou }) => iou === null).map(({ volumeMl }) => volumeMl.toFixed(2));
    const dice = one.dice === null ? '–' : one.dice.toFixed(3);
    console.log(
      `  ${one.patient}  found ${found.tp} of ${one.references.length}  Dice ${dice}  types right ${percent(one.typing.accuracy)}` +
        `  false alarms (ml): ${alarms.join(' ') || 'none'}`,
    );
  }
  for (const [i, limit] of [0, 0.5].entries()) {
    const { recall, precision } = pooled.detection[i];
    console.log(`  IoU > ${limit}: recall ${of(recall)}, precision ${of(precision)}`);
  }
  console.log(
    `  Dice: global ${of(pooled.global.dice)}, per case ${of(pooled.perCase.dice)}, found ${of(pooled.lesionDice)}`,
  );
  const { accuracy, malignancy, confusion, lesions } = pooled.typing;
  console.log(
    `  found, by ml (${kSizesMl.map((range) => range.join(' to ')).join(', ')}): ${foundBySize(cases).join('; ')}`,
  );
  if (lesions === 0) return;
  console.log(`  types of ${lesions} found lesions: accuracy ${of(accuracy)}`);
  console.log(`  malignant: accuracy ${of(malignancy.accuracy)}, AUC ${of(malignancy.auc)}`);
  console.log(`  confusion (rows CYS ANG HCC MET, columns the same, missed): ${JSON.stringify(confusion.slice(0, 4))}`);
}

if (models.length === 0) {
  console.error('node bench/lesion-folds.mjs FOLD.safetensors… [options]: name the networks of the folds');
  process.exit(2);
}
const kNetworks = values.paper ? ['all', 'paper'] : ['all'];
const all = Object.fromEntries(kNetworks.map((name) => [name, casesByWay()]));
for (const { file, model, patients } of await foldsOf(hepatica, models)) {
  const networks = { all: model, ...(values.paper && { paper: await loadModel(file, { network: 'paper' }) }) };
  for (const patient of patients) {
    const cases = await casesOf(patient, networks);
    for (const name of kNetworks) {
      for (const way of Object.keys(kWays)) all[name][way].push(...cases[name][way]);
    }
    console.log(`${patient} …`);
  }
  for (const model of Object.values(networks)) model.dispose();
}

/** Of one network: a report of each way that there are cases of. */
async function evaluated(network, title) {
  const figures = {};
  for (const [way, what] of Object.entries(kWays)) {
    if (all[network][way].length === 0) continue;
    figures[way] = await evaluateLesions(all[network][way]);
    report(`${title}${what}`, figures[way]);
  }
  return figures;
}

const results = { models, options, ...(await evaluated('all', '')) };
if (values.paper) results.paper = await evaluated('paper', "the paper's network alone, ");
writeResults(out, results);
