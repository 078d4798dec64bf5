/**
 * The temperature of the lesion network's type probabilities, and the level below which a type is called indeterminate.
 *
 *   node bench/type-calibration.mjs [--variants N] [--model FILE] [--coverage SHARE] [--paper]
 *
 * Synthetic lesions (3 to 8 mostly of one type, and 6 to 14 of all types, in turns) are put into livers that the network has
 * not learned from. The temperature has the least negative log-likelihood in the livers of `unlabelled/` (LiTS, outlined by other
 * people's networks), the level the wanted coverage there; what both are worth is told of `ircad_e20` and the CHAOS donor,
 * which choose nothing. Both networks of FILE find them, at its thresholds; --paper: the paper's alone. Lesions are matched
 * as the evaluation matches them: to the synthetic one that they cover most of. Beside what is fitted here it tells what the
 * file's own temperature and level are worth.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { classifyLesions, loadModel, synthesizeLesions } from '../dist/index.js';
import { maskOn } from './marked-scans.mjs';
import { kRoot } from './peers.mjs';
import { errorOf, isRight, isRightNature, kTypes, mean, surest } from './type-figures.mjs';
import { kFirstSeed, kFitted, kKept, matchOf, mixOf } from './type-grounds.mjs';

const { values } = parseArgs({
  options: {
    variants: { type: 'string', default: '36' },
    model: { type: 'string', default: join(kRoot, 'packages', 'weights-mdl', 'mdl_cnn.safetensors') },
    paper: { type: 'boolean', default: false },
    coverage: { type: 'string', default: '0.86' },
  },
});

/** Types and probabilities of all found synthetic lesions of a liver. */
async function lesionsOf({ name, volume, liver, real }, model) {
  const found = [];
  for (let variant = 0; variant < Number(values.variants); variant++) {
    const made = await synthesizeLesions(volume, maskOn(volume, liver), {
      seed: kFirstSeed + variant,
      ...mixOf(variant),
      ...(real && { realLesions: maskOn(volume, real) }),
    });
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
const lossOf = (lesions) =>
  mean(lesions.map(({ type, probabilities }) => -Math.log(Math.max(1e-9, probabilities[kTypes.indexOf(type)]))));

function describe(what, lesions, level) {
  const sure = lesions.filter((lesion) => surest(lesion) >= level);
  console.log(
    `${what}: ${lesions.length} lesions, right ${mean(lesions.map((lesion) => Number(isRight(lesion)))).toFixed(3)}, ` +
      `calibration error ${errorOf(lesions).toFixed(3)}; of those not indeterminate (${(sure.length / lesions.length).toFixed(3)}) ` +
      `right ${mean(sure.map((lesion) => Number(isRight(lesion)))).toFixed(3)}`,
  );
}

const model = await loadModel(values.model, { network: values.paper ? 'paper' : 'all' });
const present = model.info.architecture.type_temperature ?? 1;
const all = async (grounds) => {
  const lesions = [];
  for (const ground of grounds) lesions.push(...(await lesionsOf(await ground(), model)));
  return atPower(lesions, present);
};
const fitted = await all(kFitted);
const kept = await all(kKept);

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
const own = atPower(kept, 1 / present);
describe(`kept back, as the file has it (${present})`, own, model.info.architecture.indeterminate_below ?? 0);
const rights = (lesions, right) => mean(lesions.map((lesion) => Number(right(lesion)))).toFixed(3);
const byType = kTypes.map(
  (type) =>
    `${type} ${rights(
      own.filter((lesion) => lesion.type === type),
      isRight,
    )}`,
);
console.log(`kept back: benign or malignant ${rights(own, isRightNature)}; ${byType.join(', ')}`);
