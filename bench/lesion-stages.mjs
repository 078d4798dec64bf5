/**
 * What a base that was trained on CT is worth to the MDL-CNN's location, by how many of ResNet101's stages it has: networks from random weights
 * and from one, two and three filled stages, at the same steps, seeds and augmentation.
 *
 *   node bench/lesion-stages.mjs NETWORKS --base BASE.safetensors [--variants scratch,1,2,3] [--seeds 3] [--epochs 16] [--train]
 *
 *   NETWORKS        a folder: NETWORKS/VARIANT-SEED-FOLD.safetensors, which --train writes where they are not there
 *   --base          of scripts/lesions3d/base_2d.py, three stages or more
 *   --train         trains what is missing and stops: several processes may share the work, each with variants of its own
 *   --liver-model   as lesion-folds.mjs takes it (default: bench/weights/liver-3d-split.safetensors)
 *   --data, --out   as there
 *
 * Four folds of two patients of LiTS (`lits_00` and `01`, …), the location alone, options of packages/weights-mdl/location.json but for the
 * epochs; a base is held fixed for the first tenth of them. Without --train: the real lesions of each patient by the networks of each seed that
 * have not learned from it, detected and outlined where lesion is likelier than not (0.5, 0.5; nothing is fitted), in the reference's liver and
 * a predicted one. Intervals: bootstrap over patients, all seeds together; beside them the least and the greatest seed.
 */
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { kRegions, kScans, markedScan, maskOn, regionsOf } from './marked-scans.mjs';
import { kBench, kRoot } from './peers.mjs';
import { resultsFile, writeResults } from './results-file.mjs';

const kPackage = join(kRoot, 'packages', 'weights-mdl');
const kFolds = [0, 2, 4, 6].map((first) => [first, first + 1].map((patient) => `lits_0${patient}`));
const kFrozen = 0.1;
const kThreshold = 0.5;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    base: { type: 'string' },
    variants: { type: 'string', default: 'scratch,1,2,3' },
    seeds: { type: 'string', default: '3' },
    epochs: { type: 'string', default: '16' },
    train: { type: 'boolean', default: false },
    'liver-model': { type: 'string', default: join(kBench, 'weights', 'liver-3d-split.safetensors') },
    data: { type: 'string', default: kScans },
    out: { type: 'string' },
  },
});
const [folder] = positionals;
if (folder === undefined || values.base === undefined) {
  console.error('node bench/lesion-stages.mjs NETWORKS --base BASE.safetensors [options]');
  process.exit(2);
}
const out = resultsFile('lesion-stages', values.out);
const hepatica = await import(join(kRoot, 'dist', 'index.js'));
const variants = values.variants.split(',');
const seeds = Array.from({ length: Number(values.seeds) }, (_, seed) => seed);
const networkOf = (variant, seed, fold) => join(folder, `${variant}-${seed}-${fold}.safetensors`);

async function train(variant, seed, fold) {
  const output = networkOf(variant, seed, fold);
  if (existsSync(output)) return;
  const epochs = Number(values.epochs);
  const { datasetName, licence, ...options } = JSON.parse(readFileSync(join(kPackage, 'location.json'), 'utf8'));
  const scratch = variant === 'scratch';
  const { cases } = JSON.parse(readFileSync(join(kPackage, 'dataset.json'), 'utf8'));
  const inFolder = (path) => join(values.data, path);
  const dataset = { cases: cases.map((one) => ({ ...one, image: inFolder(one.image), label: inFolder(one.label) })) };
  const draft = join(folder, `training-${variant}.safetensors`);
  const begin = performance.now();
  const { history } = await hepatica.trainLesionClassifier(dataset, {
    ...options,
    output: draft,
    cache: join(folder, 'cache'),
    device: 'cpu',
    threads: 1,
    seed,
    epochs,
    validationEvery: epochs,
    validationPatients: kFolds[fold],
    validationSyntheticPerScan: 0,
    patientNames: true,
    architecture: { base_stages: scratch ? 1 : Number(variant) },
    ...(scratch ? { frozenEpochs: 0 } : { base: values.base, frozenEpochs: Math.round(kFrozen * epochs) }),
  });
  renameSync(draft, output);
  const seconds = (performance.now() - begin) / 1000;
  console.log(`${output}: ${seconds.toFixed(0)} s, loss ${history.epochs.at(-1).trainingLoss.toFixed(4)}`);
}

/** variant → way → seed → cases. */
async function casesOfAll() {
  const { classifyLesions, loadModel } = hepatica;
  const liverModel = await loadModel(values['liver-model']);
  const ways = () => Object.fromEntries(Object.keys(kRegions).map((way) => [way, seeds.map(() => [])]));
  const cases = Object.fromEntries(variants.map((variant) => [variant, ways()]));
  for (const [fold, patients] of kFolds.entries()) {
    for (const patient of patients) {
      const scan = await markedScan(hepatica, values.data, patient);
      const livers = await regionsOf(hepatica, scan, { model: liverModel });
      for (const variant of variants) {
        for (const seed of seeds) {
          const model = await loadModel(networkOf(variant, seed, fold));
          const options = { device: 'cpu', model, threshold: kThreshold, extentThreshold: kThreshold };
          for (const way of Object.keys(kRegions)) {
            const prediction = await classifyLesions(livers[way], options);
            cases[variant][way][seed].push({ patient, prediction, reference: maskOn(scan.volume, scan.real) });
          }
          model.dispose();
        }
      }
      console.log(`${patient} …`);
    }
  }
  return cases;
}

async function figuresOf(cases) {
  const { pooled } = await hepatica.evaluateLesions(cases);
  const [{ recall, precision, f1 }] = pooled.detection;
  return { recall, precision, f1, dice: pooled.global.dice, perCase: pooled.perCase.dice };
}

function shown(all, each) {
  const digits = (value) => (value ?? 0).toFixed(3);
  return Object.entries(all).map(([name, { value, low, high }]) => {
    const by = each.map((figures) => figures[name].value ?? 0);
    const range = `seeds ${digits(Math.min(...by))} to ${digits(Math.max(...by))}`;
    return `${name} ${digits(value)} (${digits(low)} to ${digits(high)}; ${range})`;
  });
}

async function report() {
  const cases = await casesOfAll();
  const results = {};
  for (const [way, title] of Object.entries(kRegions)) {
    console.log(`\n${title}`);
    for (const variant of variants) {
      const all = await figuresOf(cases[variant][way].flat());
      const each = [];
      for (const ofSeed of cases[variant][way]) each.push(await figuresOf(ofSeed));
      results[variant] = { ...results[variant], [way]: { all, seeds: each } };
      console.log(`  ${variant}\n    ${shown(all, each).join('\n    ')}`);
    }
  }
  writeResults(out, { epochs: Number(values.epochs), variants: results });
}

if (values.train) {
  mkdirSync(folder, { recursive: true });
  for (const seed of seeds) {
    for (const variant of variants) {
      for (const fold of kFolds.keys()) await train(variant, seed, fold);
    }
  }
} else {
  await report();
}
