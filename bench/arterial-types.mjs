/**
 * Types of lesions told from both contrast phases, and whether it is worth it.
 *
 *   node bench/arterial-types.mjs [--variants N] [--model FILE] [--out FILE] [--keep FILE] [--found FILE] [--fits]
 *
 * Synthetic pairs in livers that the network has not learned from, the arterial scan moved by up to 8° and 20 mm and half of
 * them in slices of 2.5 mm. The readout is fitted in `unlabelled/`; what it is worth is told of `ircad_e20` and the
 * CHAOS donor, which choose nothing: beside the portal venous scan alone, and beside a readout that is fitted alike to the
 * portal venous scan's HU without the arterial ones'. The penalty is chosen by leaving out a fitted liver at a time.
 * --out: the readout, for the weights' metadata; --keep: what was measured of the lesions, which --found takes instead of
 * measuring; --fits: every liver's scan is laid on its own arterial scan, bent as by breathing, and on those of the others,
 * which has to be refused.
 */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { classifyLesions, loadModel, synthesizeLesions } from '../dist/index.js';
import { withMetadata } from '../scripts/weights-metadata.mjs';
import { fitLogistic, logisticProbabilities } from './logistic.mjs';
import { maskOn } from './marked-scans.mjs';
import { kRoot } from './peers.mjs';
import { refuseExisting, writeResults } from './results-file.mjs';
import { errorOf, isRight, isRightNature, kTypes, mean, surest } from './type-figures.mjs';
import { kFirstSeed, kFitted, kKept, matchOf, mixOf } from './type-grounds.mjs';

const { values } = parseArgs({
  options: {
    variants: { type: 'string', default: '16' },
    model: { type: 'string', default: join(kRoot, 'packages', 'weights-mdl', 'mdl_cnn.safetensors') },
    out: { type: 'string' },
    keep: { type: 'string' },
    found: { type: 'string' },
    fits: { type: 'boolean', default: false },
  },
});

refuseExisting(values.out);
refuseExisting(values.keep);

/** As native/pipelines/arterial_readout.h names and scales them. */
const kPortal = ['portal_core', 'portal_rim', 'portal_brightest', 'portal_darkest', 'portal_core_hu'];
const kArterial = ['core', 'rim', 'brightest', 'darkest', 'core_hu'];
const kLogs = kTypes.map((type) => `log_${type.toLowerCase()}`);
const kSeedsALiver = 1000;
const kPenalties = [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1];

const logOf = (probability) => Math.log(Math.max(probability, 1e-3));
const brightness = ({ liverHu, coreHu, rimHu, brightestHu, darkestHu }) => [
  ...[coreHu, rimHu, brightestHu, darkestHu].map((hu) => (hu - liverHu) / 100),
  coreHu / 100,
];

/** The network with a readout that says what the class map says. */
async function neutral(file) {
  const same = Object.fromEntries(kTypes.map((type, index) => [type, { intercept: 0, [kLogs[index]]: 1 }]));
  const change = (metadata) => ({ ...metadata, arterial_readout: JSON.stringify(same) });
  const copy = join(mkdtempSync(join(tmpdir(), 'arterial-')), 'neutral.safetensors');
  writeFileSync(copy, withMetadata(readFileSync(file), change));
  return loadModel(copy);
}

/** Numbers that follow from a seed alone (Park and Miller), −1 to 1. */
function randomOf(seed) {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return (2 * state) / 2147483647 - 1;
  };
}

/** Of other seeds in every liver: what lesion n of a seed looks like is the same in all. */
function pairOf({ volume, liver, real }, number) {
  const random = randomOf(1000 + number);
  random();
  return synthesizeLesions(volume, maskOn(volume, liver), {
    seed: kFirstSeed + number,
    ...mixOf(number),
    ...(real && { realLesions: maskOn(volume, real) }),
    arterial: true,
    arterialTurn: [3 * random(), 3 * random(), 8 * random()],
    arterialShiftMm: [8 * random(), 8 * random(), 20 * random()],
    arterialSliceMm: number % 4 < 2 ? 0 : 2.5,
  });
}

/** How far the found motion carries corners of the liver's box beside the true one, mm. */
function missOf({ rotation: r, offsetMm: o }, truth, { volume, liver }) {
  const place = ({ rotation: [a, b, c, d, e, f, g, h, i], offsetMm: [p, q, s] }, [x, y, z]) => [
    a * x + b * y + c * z + p,
    d * x + e * y + f * z + q,
    g * x + h * y + i * z + s,
  ];
  const [width, height] = volume.size;
  let most = 0;
  for (let index = 0; index < liver.length; index += 997) {
    if (liver[index] === 0) continue;
    const voxel = [index % width, Math.floor(index / width) % height, Math.floor(index / (width * height))];
    const at = voxel.map(
      (steps, axis) => volume.origin[axis] + volume.direction[4 * axis] * steps * volume.spacing[axis],
    );
    const [one, other] = [place({ rotation: r, offsetMm: o }, at), place(truth, at)];
    most = Math.max(most, Math.hypot(one[0] - other[0], one[1] - other[1], one[2] - other[2]));
  }
  return most;
}

async function lesionsOf(ground, model, first) {
  const { name, volume, liver } = ground;
  const found = [];
  const fits = [];
  for (let variant = 0; variant < Number(values.variants); variant++) {
    const made = await pairOf(ground, first + variant);
    const options = { device: 'cpu', model, arterial: made.arterial.volume };
    const { lesions, mask, arterial } = await classifyLesions({ volume: made.volume, mask: liver }, options);
    fits.push({
      agreement: arterial.agreement,
      missMm: missOf(arterial.motion, made.arterial.motion, { volume, liver }),
    });
    for (const lesion of lesions) {
      const match = made.lesions.find(({ id }) => id === matchOf(mask, made.ids.data, lesion.id));
      if (!match || !lesion.arterial) continue;
      const { arterial: then, portal, portalProbabilities } = lesion.arterial;
      const probabilities = kTypes.map((type) => portalProbabilities[type]);
      const features = [...probabilities.map(logOf), ...brightness(then), ...brightness(portal)];
      found.push({ name, type: match.type, probabilities, features });
    }
    made.dispose();
  }
  const [agreements, misses] = [fits.map(({ agreement }) => agreement), fits.map(({ missMm }) => missMm)];
  console.log(
    `${name}: ${found.length} lesions; agreement ${Math.min(...agreements).toFixed(2)} to ${Math.max(...agreements).toFixed(2)}, ` +
      `registered to ${mean(misses).toFixed(1)} mm, at most ${Math.max(...misses).toFixed(1)} mm`,
  );
  return found;
}

async function measured(model) {
  const lesions = [];
  for (const [index, ground] of [...kFitted, ...kKept].entries()) {
    lesions.push(await lesionsOf(await ground(), model, kSeedsALiver * index));
  }
  return { fitted: lesions.slice(0, kFitted.length).flat(), kept: lesions.slice(kFitted.length).flat() };
}

const kAll = [...kLogs, ...kArterial, ...kPortal];

const rowsOf = (lesions, names) =>
  lesions.map(({ features, type }) => ({
    x: names.map((name) => features[kAll.indexOf(name)]),
    y: kTypes.indexOf(type),
  }));
const told = (lesions, names, fit) =>
  lesions.map(({ type, features }) => ({
    type,
    probabilities: logisticProbabilities(
      fit,
      names.map((name) => features[kAll.indexOf(name)]),
    ),
  }));
const lossOf = (lesions) =>
  mean(lesions.map(({ type, probabilities }) => -Math.log(Math.max(1e-9, probabilities[kTypes.indexOf(type)]))));

/** Fitted with the penalty that is best for a liver left out. */
function fitOf(lesions, names) {
  const livers = [...new Set(lesions.map(({ name }) => name))];
  const losses = kPenalties.map((penalty) =>
    mean(
      livers.map((liver) => {
        const fit = fitLogistic(
          rowsOf(
            lesions.filter(({ name }) => name !== liver),
            names,
          ),
          kTypes.length,
          penalty,
        );
        return lossOf(
          told(
            lesions.filter(({ name }) => name === liver),
            names,
            fit,
          ),
        );
      }),
    ),
  );
  const penalty = kPenalties[losses.indexOf(Math.min(...losses))];
  return { penalty, ...fitLogistic(rowsOf(lesions, names), kTypes.length, penalty) };
}

const share = (flags) => mean(flags.map(Number)).toFixed(3);

function describe(what, lesions) {
  const each = kTypes.map((type) => `${type} ${share(lesions.filter((lesion) => lesion.type === type).map(isRight))}`);
  const sure = lesions.filter((lesion) => surest(lesion) >= level);
  console.log(
    `  ${what}: types right ${share(lesions.map(isRight))} (${each.join(', ')}), benign or malignant ` +
      `${share(lesions.map(isRightNature))}, calibration error ${errorOf(lesions).toFixed(3)}, loss ${lossOf(lesions).toFixed(3)}; of those not indeterminate ` +
      `(${(sure.length / lesions.length).toFixed(3)}) right ${share(sure.map(isRight))}`,
  );
}

const model = await neutral(values.model);
const level = model.info.architecture.indeterminate_below ?? 0;
const { fitted, kept } = values.found ? JSON.parse(readFileSync(values.found, 'utf8')) : await measured(model);
if (values.keep) writeResults(values.keep, { fitted, kept });
const [withArterial, withPortal] = [
  [...kLogs, ...kArterial],
  [...kLogs, ...kPortal],
];
const [both, alone] = [fitOf(fitted, withArterial), fitOf(fitted, withPortal)];
for (const [which, lesions] of Object.entries({ fitted, kept })) {
  console.log(`${which}: ${lesions.length} lesions`);
  describe('portal venous alone', lesions);
  describe(`readout of the portal venous scan (penalty ${alone.penalty})`, told(lesions, withPortal, alone));
  describe(`readout of both (penalty ${both.penalty})`, told(lesions, withArterial, both));
}
for (const name of new Set(kept.map((lesion) => lesion.name))) {
  const own = kept.filter((lesion) => lesion.name === name);
  console.log(`${name}: ${own.length} lesions`);
  describe('portal venous alone', own);
  describe('readout of both', told(own, withArterial, both));
}
const rounded = (number) => Number(number.toFixed(4));
const readout = Object.fromEntries(
  kTypes.map((type, index) => [
    type,
    {
      intercept: rounded(both.intercepts[index]),
      ...Object.fromEntries(withArterial.map((name, k) => [name, rounded(both.coefficients[index][k])])),
    },
  ]),
);
if (values.out) writeResults(values.out, readout);

/** As breathing bends a liver: waves of 120 mm along and across the table, at most so many mm; nearest voxels. */
function bent({ size, spacing, origin, direction, data }, mostMm) {
  const [width, height, slices] = size;
  const out = new Int16Array(data.length).fill(-1000);
  const wave = (index, axis) => mostMm * Math.sin((2 * Math.PI * index * spacing[axis]) / 120);
  for (let z = 0, to = 0; z < slices; z++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++, to++) {
        const [v, w] = [y + Math.round(wave(z, 2) / spacing[1]), z + Math.round(wave(x, 0) / spacing[2])];
        if (v >= 0 && w >= 0 && v < height && w < slices) out[to] = data[(w * height + v) * width + x];
      }
    }
  }
  return { size, spacing, origin, direction, data: out };
}

const answerOf = (ground, arterial) =>
  classifyLesions({ volume: ground.volume, mask: ground.liver }, { device: 'cpu', model, arterial }).then(
    (found) => `accepted, agreement ${found.arterial.agreement.toFixed(2)}`,
    ({ code, message }) => `${code}: ${message}`,
  );

/** Every liver with its own arterial scan, bent, and with the others'. */
async function fits() {
  const grounds = [];
  for (const ground of [...kFitted, ...kKept]) grounds.push(await ground());
  for (const ground of grounds) {
    for (const other of grounds) {
      const made = await pairOf(other, 0);
      const scan = made.arterial.volume;
      if (ground === other) {
        for (const mm of [5, 10])
          console.log(`${ground.name} bent by ${mm} mm: ${await answerOf(ground, bent(scan, mm))}`);
      } else {
        console.log(`${ground.name} with ${other.name}: ${await answerOf(ground, scan)}`);
      }
      made.dispose();
    }
  }
}
if (values.fits) await fits();
