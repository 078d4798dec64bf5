/**
 * The temperature of the lesion network's type probabilities, and the level below which a type is called indeterminate.
 *
 *   node bench/type-calibration.mjs [--variants N] [--model FILE] [--coverage SHARE]
 *
 * Synthetic lesions (3 to 8 mostly of one type, and 6 to 14 of all types, in turns) are put into livers that the network has
 * not learned from. The temperature has the least negative log-likelihood in the livers of `unlabelled/` (LiTS, outlined by other
 * people's networks), the level the wanted coverage there; what both are worth is told of `ircad_e20` and the CHAOS donor,
 * which choose nothing. Lesions are matched as the evaluation matches them: to the synthetic one that they cover most of.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  classifyLesions,
  loadModel,
  readMask,
  readSeries,
  readVolume,
  segmentLiver,
  synthesizeLesions,
} from '../dist/index.js';
import { kRoot } from './peers.mjs';

const kData = join(process.env.HEPATICA_SHARED ?? join(kRoot, '..', 'shared'), 'data');
const kTypes = ['CYS', 'ANG', 'HCC', 'MET'];
/** Seeds that no training's variants have. */
const kFirstSeed = 40_000;
/** Slices of 1 mm are taken three at a step: the network looks at 3 mm. */
const kThinning = 3;
/** Share of the networks that voted for it. */
const kLiverVote = 0.5;
const kLesionVote = 0.2;

const { values } = parseArgs({
  options: {
    variants: { type: 'string', default: '36' },
    model: { type: 'string', default: join(kRoot, 'packages', 'weights-mdl', 'mdl_cnn.safetensors') },
    coverage: { type: 'string', default: '0.86' },
  },
});

const gridOf = ({ size, spacing, origin, direction }) => ({ size, spacing, origin, direction });

/** The middle one of each three slices. */
function thinned(scan) {
  const pixels = scan.size[0] * scan.size[1];
  const slices = Math.floor(scan.size[2] / kThinning);
  const data = new scan.data.constructor(pixels * slices);
  for (let z = 0; z < slices; z++) {
    const from = pixels * (kThinning * z + 1);
    data.set(scan.data.subarray(from, from + pixels), pixels * z);
  }
  const { size, spacing, origin, direction } = scan;
  return {
    size: [size[0], size[1], slices],
    spacing: [spacing[0], spacing[1], kThinning * spacing[2]],
    origin,
    direction,
    data,
  };
}

const above = ({ data }, limit) => data.map((value) => Number(value > limit));

async function voted(name) {
  const read = async (file) => thinned(await readVolume(join(kData, 'unlabelled', name, file)));
  const vote = async (file, limit) => Uint8Array.from(above(await read(file), limit));
  return {
    name,
    volume: await read('image.nii.gz'),
    liver: await vote('liver_vote.nii.gz', kLiverVote),
    real: await vote('lesion_vote.nii.gz', kLesionVote),
  };
}

async function labelled(name) {
  const folder = join(kData, 'ct', 'open-test', name);
  const labels = await readMask(join(folder, 'label.nii.gz'));
  return { name, volume: await readVolume(join(folder, 'image.nii.gz')), liver: Uint8Array.from(above(labels, 0)) };
}

async function donor() {
  const volume = await readSeries(join(kData, 'dicom', 'healthy-chaos3'));
  return { name: 'CHAOS', volume, liver: (await segmentLiver(volume)).mask };
}

/** Which synthetic lesion a found one covers most of; 0: none. */
function matchOf(found, ids, id) {
  const overlap = new Map();
  for (let i = 0; i < ids.length; i++) {
    if (found[i] === id && ids[i] !== 0) overlap.set(ids[i], (overlap.get(ids[i]) ?? 0) + 1);
  }
  return [...overlap].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 0;
}

/** Types and probabilities of all found synthetic lesions of a liver. */
async function lesionsOf({ name, volume, liver, real }, model) {
  const found = [];
  const grid = gridOf(volume);
  for (let variant = 0; variant < Number(values.variants); variant++) {
    const made = await synthesizeLesions(
      volume,
      { ...grid, data: liver },
      {
        seed: kFirstSeed + variant,
        ...(variant % 2 === 0 ? { count: [3, 8] } : { count: [6, 14], mixedProbability: 1 }),
        ...(real && { realLesions: { ...grid, data: real } }),
      },
    );
    const { lesions, mask } = await classifyLesions({ volume: made.volume, mask: liver }, { device: 'cpu', model });
    for (const lesion of lesions) {
      const match = made.lesions.find(({ id }) => id === matchOf(mask, made.ids.data, lesion.id));
      if (match) found.push({ type: match.type, probabilities: kTypes.map((type) => lesion.probabilities[type]) });
    }
    made.dispose();
  }
  console.log(`${name}: ${found.length} lesions`);
  return found;
}

/** `power` 1 / T gives what the network says at temperature T of what it says at 1. */
function powered(probabilities, power) {
  const powers = probabilities.map((probability) => probability ** power);
  const sum = powers.reduce((total, value) => total + value, 0);
  return powers.map((value) => value / sum);
}

const atPower = (lesions, power) =>
  lesions.map(({ type, probabilities }) => ({ type, probabilities: powered(probabilities, power) }));
const surest = ({ probabilities }) => Math.max(...probabilities);
const isRight = (lesion) => lesion.probabilities[kTypes.indexOf(lesion.type)] === surest(lesion);
const mean = (numbers) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
const lossOf = (lesions) =>
  mean(lesions.map(({ type, probabilities }) => -Math.log(Math.max(1e-9, probabilities[kTypes.indexOf(type)]))));

/** Expected calibration error, as `evaluateLesions` has it. */
function errorOf(lesions) {
  let error = 0;
  for (let bin = 0; bin < 10; bin++) {
    const inside = lesions.filter((lesion) => surest(lesion) > bin / 10 && surest(lesion) <= (bin + 1) / 10);
    if (inside.length === 0) continue;
    const gap = mean(inside.map(surest)) - mean(inside.map((lesion) => Number(isRight(lesion))));
    error += (inside.length / lesions.length) * Math.abs(gap);
  }
  return error;
}

function describe(what, lesions, level) {
  const sure = lesions.filter((lesion) => surest(lesion) >= level);
  console.log(
    `${what}: ${lesions.length} lesions, right ${mean(lesions.map((lesion) => Number(isRight(lesion)))).toFixed(3)}, ` +
      `calibration error ${errorOf(lesions).toFixed(3)}; of those not indeterminate (${(sure.length / lesions.length).toFixed(3)}) ` +
      `right ${mean(sure.map((lesion) => Number(isRight(lesion)))).toFixed(3)}`,
  );
}

const model = await loadModel(values.model);
const present = model.info.architecture.type_temperature ?? 1;
const all = async (grounds) => {
  const lesions = [];
  for (const ground of grounds) lesions.push(...(await lesionsOf(await ground(), model)));
  return atPower(lesions, present);
};
const fitted = await all(['lits_11', 'lits_12', 'lits_13'].map((name) => () => voted(name)));
const kept = await all([() => labelled('ircad_e20'), donor]);

const temperatures = Array.from({ length: 55 }, (_, index) => 0.3 + 0.05 * index);
const losses = temperatures.map((temperature) => lossOf(atPower(fitted, 1 / temperature)));
const temperature = temperatures[losses.indexOf(Math.min(...losses))];
const calibrated = atPower(fitted, 1 / temperature);
const sorted = calibrated.map(surest).sort((a, b) => b - a);
const level = Math.floor(100 * sorted[Math.ceil(Number(values.coverage) * sorted.length) - 1]) / 100;
console.log(`type_temperature=${temperature.toFixed(2)} indeterminate_below=${level.toFixed(2)}`);
describe('fitted on, at temperature 1', fitted, 0);
describe('fitted on', calibrated, level);
describe('kept back, at temperature 1', kept, 0);
describe('kept back', atPower(kept, 1 / temperature), level);
