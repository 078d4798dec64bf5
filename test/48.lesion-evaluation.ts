import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  evaluateLesions,
  InvalidArgumentError,
  type LesionCase,
  type LesionDescription,
  type LesionType,
} from '../src/index.js';
import { rejection } from './support/rejections.js';
import { kAxial } from './support/volumes.js';

const test = suite('lesion evaluation');

/** A row of voxels of 1 ml each: '.' is 0, a digit its value. */
function row(voxels: string) {
  const data = Uint8Array.from(voxels, (voxel) => (voxel === '.' ? 0 : Number(voxel)));
  return { data, size: [voxels.length, 1, 1], spacing: [10, 10, 10], origin: [0, 0, 0], direction: kAxial } as const;
}

/** A lesion that is surely of a type. */
function sure(id: number, type: LesionType, detectionProbability = 0.9): LesionDescription {
  return { id, type, probabilities: { CYS: 0, ANG: 0, HCC: 0, MET: 0, [type]: 1 }, detectionProbability };
}

function scan(patient: string, prediction: string, lesions: LesionDescription[], reference: string): LesionCase {
  return { patient, prediction: { mask: row(prediction), lesions }, reference: row(reference) };
}

async function evaluateOne(prediction: string, lesions: LesionDescription[], reference: string) {
  const { pooled, cases } = await evaluateLesions([scan('one', prediction, lesions, reference)]);
  assert.is(cases.length, 1);
  return { pooled, one: cases[0] as (typeof cases)[number] };
}

test('two predictions on one lesion are one detection of the merged overlap', async () => {
  const { one } = await evaluateOne('11.22.', [sure(1, 'HCC'), sure(2, 'MET')], '33333.');
  assert.equal(
    one.detection.map(({ iouLimit, tp, fp, fn, split }) => [iouLimit, tp, fp, fn, split]),
    [
      [0, 1, 0, 0, 1],
      [0.5, 1, 0, 0, 1],
    ],
  );
  const [lesion] = one.references;
  assert.is(lesion?.iou, 4 / 5);
  assert.is(lesion?.dice, 8 / 9);
  assert.is(lesion?.prediction, 1, 'of two that cover as much, the first');
  assert.is(lesion?.predictedType, 'HCC');
  assert.is(one.lesionDice, 8 / 9);
});

test('one prediction over two lesions finds both', async () => {
  const { one } = await evaluateOne('111111', [sure(1, 'CYS')], '11.333');
  assert.equal(
    one.detection.map(({ tp, fp, fn, merged }) => [tp, fp, fn, merged]),
    [
      [2, 0, 0, 1],
      [2, 0, 0, 1],
    ],
  );
  assert.is(one.typing.lesions, 2);
  assert.is(one.typing.accuracy, 0.5);
});

test('an IoU of exactly 0.5 is not above 0.5', async () => {
  const { one } = await evaluateOne('11..', [sure(1, 'CYS')], '1111');
  assert.is(one.references[0]?.iou, 0.5);
  assert.equal(
    one.detection.map(({ recall, precision, f1 }) => [recall, precision, f1]),
    [
      [1, 1, 1],
      [0, 0, 0],
    ],
  );
});

test('nothing found, nothing there, neither', async () => {
  const missed = await evaluateOne('......', [], '11.222');
  assert.equal([missed.one.dice, missed.one.voe, missed.one.rvd], [0, 100, 100]);
  assert.equal([missed.one.detection[0]?.recall, missed.one.detection[0]?.precision], [0, null]);
  assert.equal(missed.one.typing.confusion[0], [0, 0, 0, 0, 1]);
  const alarms = await evaluateOne('11.222', [sure(1, 'CYS'), sure(2, 'MET')], '......');
  assert.equal([alarms.one.dice, alarms.one.voe, alarms.one.rvd], [0, 100, null]);
  assert.equal([alarms.one.detection[0]?.recall, alarms.one.detection[0]?.precision], [null, 0]);
  assert.equal(alarms.one.typing.confusion[4], [1, 0, 0, 1, 0]);
  assert.is(alarms.pooled.falseAlarmsPerCase.value, 2);
  const neither = await evaluateOne('......', [], '......');
  assert.equal([neither.one.dice, neither.one.voe, neither.one.rvd], [1, 0, 0]);
  assert.equal([neither.one.detection[0]?.recall, neither.one.detection[0]?.f1], [null, null]);
  assert.is(neither.pooled.typing.malignancy.auc.value, null);
  assert.not.match(JSON.stringify([missed, alarms, neither]), /NaN|Infinity/);
});

test('lesions of unknown type count for detection alone', async () => {
  const { one } = await evaluateOne('11.22', [sure(1, 'HCC'), sure(2, 'MET')], '55.44');
  assert.is(one.detection[0]?.tp, 2);
  assert.is(one.references.find(({ type }) => type === null)?.iou, 1);
  assert.is(one.typing.lesions, 1);
  assert.is(one.typing.accuracy, 1);
  assert.is(
    one.typing.confusion.flat().reduce((sum, count) => sum + count, 0),
    1,
  );
});

test('types: the confusion matrix and what is computed of it (paper, equations 7 to 9)', async () => {
  // Reference CYS CYS HCC MET, predicted CYS HCC HCC HCC; one false alarm ANG; one ANG missed.
  const { one } = await evaluateOne(
    '1.2.3.4.5..',
    [sure(1, 'CYS'), sure(2, 'HCC'), sure(3, 'HCC'), sure(4, 'HCC'), sure(5, 'ANG')],
    '1.1.3.4...2',
  );
  const { typing } = one;
  assert.equal(typing.confusion, [
    [1, 0, 1, 0, 0],
    [0, 0, 0, 0, 1],
    [0, 0, 1, 0, 0],
    [0, 0, 1, 0, 0],
    [0, 1, 0, 0, 0],
  ]);
  assert.is(typing.accuracy, 0.5);
  // One against the rest, all four: TP 2, FN 2, FP 2, TN 10.
  assert.equal(typing.pooled, { accuracy: 12 / 16, sensitivity: 2 / 4, specificity: 10 / 12 });
  assert.equal(typing.perType.HCC, { accuracy: 2 / 4, sensitivity: 1, specificity: 1 / 3 });
  assert.equal(typing.perType.ANG, { accuracy: 1, sensitivity: null, specificity: 1 });
  // Malignant against benign: both malignant ones right, one of two cysts.
  const { auc, ...malignancy } = typing.malignancy;
  assert.equal(malignancy, { accuracy: 3 / 4, sensitivity: 1, specificity: 1 / 2 });
  // Probabilities 1 and 1 against 0 and 1: two pairs won, two drawn.
  assert.is(auc, 3 / 4);
});

test('calibration: how far probabilities are from what comes true, in ten bins', async () => {
  const as = (id: number, type: LesionType, probability: number): LesionDescription => {
    const rest = (1 - probability) / 3;
    return { id, type, probabilities: { CYS: rest, ANG: rest, HCC: rest, MET: rest, [type]: probability } };
  };
  // 0.95 and 0.91 are right; of 0.55, 0.52, 0.6 and 0.58 one is; the false alarm does not count.
  const { pooled } = await evaluateLesions([
    {
      patient: 'one',
      prediction: {
        mask: row('1.2.3.4.5.6.7..'),
        lesions: [
          ...[as(1, 'CYS', 0.95), as(2, 'MET', 0.91), as(3, 'HCC', 0.55), as(4, 'ANG', 0.52), as(5, 'MET', 0.6)],
          ...[as(6, 'HCC', 0.58), as(7, 'CYS', 0.5)],
        ],
      },
      reference: row('1.4.3.1.2.1....'),
    },
  ]);
  const { error, bins } = pooled.typing.calibration;
  assert.equal(
    bins.map(({ from, to, lesions, accuracy }) => [from, to, lesions, accuracy]),
    [
      [0.5, 0.6, 4, 1 / 4],
      [0.9, 1, 2, 1],
    ],
  );
  assert.ok(Math.abs((bins[0]?.confidence ?? 0) - 0.5625) < 1e-9);
  const expected = (4 * (0.5625 - 0.25) + 2 * (1 - 0.93)) / 6;
  assert.ok(Math.abs((error.value ?? 0) - expected) < 1e-9, `${error.value}`);
});

test('global figures count voxels, those by case are means', async () => {
  const { pooled } = await evaluateLesions(
    [scan('a', '11........', [], '1111......'), scan('b', '1.........', [], '1.........')],
    { convention: 'standard' },
  );
  assert.is(pooled.perCase.dice.value, (4 / 6 + 1) / 2);
  assert.is(pooled.global.dice.value, 6 / 8);
  assert.is(pooled.global.rvd.value, -40);
  assert.is(pooled.perCase.rvd.value, -25);
  assert.is(pooled.perCase.absoluteRvd.value, 25);
});

test('what the values of a mask mean can be said', async () => {
  const prediction = { mask: row('22.2'), values: 'binary' } as const;
  const { cases } = await evaluateLesions([
    { patient: 'a', prediction, reference: { mask: row('77.9'), lesions: [{ id: 9, type: 'MET' }], values: 'ids' } },
  ]);
  assert.equal(
    cases[0]?.predictions.map(({ id, type }) => [id, type]),
    [
      [1, null],
      [2, null],
    ],
  );
  assert.equal(
    cases[0]?.references.map(({ id, type, volumeMl }) => [id, type, volumeMl]),
    [
      [7, null, 2],
      [9, 'MET', 1],
    ],
  );
  assert.is(cases[0]?.typing.lesions, 0, 'a prediction without a type is not judged by it');
});

const kCohort = ['1.2.3', '1.2..', '..2.3', '1....', '1.2.3', '....3'].map((prediction, index) =>
  scan(
    `patient ${index % 5}`,
    prediction,
    [...prediction].filter((id) => id !== '.').map((id) => sure(Number(id), 'MET')),
    '4.3.4',
  ),
);

test('intervals: by patients, seeded, around the value', async () => {
  const evaluation = await evaluateLesions(kCohort, { seed: 7, resamples: 200 });
  const recall = evaluation.pooled.detection[0]?.recall;
  assert.ok(recall);
  assert.is(evaluation.pooled.patients, 5);
  assert.is(recall.value, 12 / 18);
  assert.ok((recall.low ?? 1) < 12 / 18 && (recall.high ?? 0) > 12 / 18, `${recall.low} to ${recall.high}`);
  assert.ok((recall.low ?? 0) >= 1 / 3 && (recall.high ?? 2) <= 1, 'no resample lies outside the patients');
  assert.equal(await evaluateLesions(kCohort, { seed: 7, resamples: 200 }), evaluation);
  const other = await evaluateLesions(kCohort, { seed: 8, resamples: 200 });
  assert.not.equal(other.pooled.perCase.dice, evaluation.pooled.perCase.dice);
  const none = await evaluateLesions(kCohort, { resamples: 0 });
  assert.equal(none.pooled.detection[0]?.recall, { value: 12 / 18, low: null, high: null });
});

test('the intervals of equal patients have no width, one patient has none', async () => {
  const same = ['a', 'b', 'c'].map((patient) => scan(patient, '11..', [], '1111'));
  const { pooled } = await evaluateLesions(same);
  assert.equal(pooled.global.dice, { value: 4 / 6, low: 4 / 6, high: 4 / 6 });
  const single = await evaluateLesions(same.slice(0, 1));
  assert.equal(single.pooled.global.dice, { value: 4 / 6, low: null, high: null });
});

test('cases may come one after the other', async () => {
  async function* oneByOne() {
    for (const one of kCohort) yield one;
  }
  const settings = { resamples: 20 };
  assert.equal(await evaluateLesions(oneByOne(), settings), await evaluateLesions(kCohort, settings));
});

test('wrong use is refused by name', async () => {
  const refused = (cases: unknown, options = {}) =>
    rejection(evaluateLesions(cases as LesionCase[], options), InvalidArgumentError, 'INVALID_ARGUMENT');
  assert.match((await refused([])).message, /at least one case/);
  assert.match((await refused(7)).message, /received 7/);
  const good = scan('a', '11..', [], '1111');
  assert.is((await refused([good, { ...good, patient: '' }])).field, 'cases[1].patient');
  assert.match((await refused([{ ...good, reference: row('1116') }])).message, /^a: .*value 6/);
  assert.match(
    (await refused([{ ...good, prediction: { mask: row('11..'), lesions: [sure(3, 'CYS')] } }])).message,
    /received 3/,
  );
  const twice = { mask: row('11..'), lesions: [sure(1, 'CYS'), sure(1, 'MET')] };
  assert.match((await refused([{ ...good, prediction: twice }])).message, /different ids/);
  const outside = { mask: row('11..'), lesions: [{ id: 1, detectionProbability: 1.5 }] };
  assert.is(
    (await refused([{ ...good, prediction: outside }])).field,
    'cases[0].prediction.lesions.0.detectionProbability',
  );
  assert.is((await refused([good], { resamples: -1 })).field, 'resamples');
  const shorter = evaluateLesions([{ ...good, reference: row('111') }]);
  assert.match((await rejection(shorter, InvalidArgumentError, 'GEOMETRY_MISMATCH')).message, /^a: .*size/);
});

test('progress runs to the end, and an abort rejects with its reason', async () => {
  const fractions: number[] = [];
  await evaluateLesions(kCohort, { resamples: 0, onProgress: ({ fraction }) => fractions.push(fraction) });
  assert.equal(
    [...fractions].sort((a, b) => a - b),
    fractions,
  );
  assert.is(fractions.at(-1), 1);
  const reason = new Error('enough');
  const aborted = await evaluateLesions(kCohort, { signal: AbortSignal.abort(reason) }).catch((error) => error);
  assert.is(aborted, reason);
  const controller = new AbortController();
  async function* hanging() {
    controller.abort(reason);
    await new Promise(() => undefined);
    yield* kCohort;
  }
  const waited = await evaluateLesions(hanging(), { signal: controller.signal }).catch((error) => error);
  assert.is(waited, reason);
});

test.run();
