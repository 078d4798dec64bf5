import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  classifyLesions,
  type Lesion,
  loadModel,
  type Model,
  ModelError,
  type Segmentation,
  segmentLiver,
} from '../src/index.js';
import { lesionMetadata, lesionTensors, writeLesionModel } from './support/lesion-model.js';
import { dice, phantomWith } from './support/lesion-phantom.js';
import { safetensors, writeThresholdModel } from './support/models.js';
import { makeFolder } from './support/programs.js';
import { rejection } from './support/rejections.js';

const folder = makeFolder();
const test = suite<{ model: Model; liver: Segmentation; expected: Uint8Array }>('second look');

// 315 HU: about 0.44, below the threshold and above the candidates'. The second is sure and small.
const kBalls = [
  { centre: [28, 36, 6], radius: 5, hu: 315 },
  { centre: [48, 36, 6], radius: 2, hu: 395 },
];

test.before(async (context) => {
  const { volume, expected } = phantomWith(kBalls);
  const liverModel = await loadModel(writeThresholdModel(join(folder.path, 'liver.safetensors')));
  context.liver = await segmentLiver(volume, { model: liverModel });
  context.expected = expected;
  context.model = await loadModel(writeLesionModel(join(folder.path, 'lesions.safetensors')));
});
test.after(() => folder.remove());

let written = 0;

/** The model with a second look that goes by what it is told to alone. */
function secondLook(by: Readonly<Record<string, number>>): Promise<Model> {
  const nothing = { detection_probability: 0, sphericity: 0, sharpness: 0, sharpness_otherwise: 0 };
  const look = JSON.stringify({ candidate_above: 0.25, keep_above: 0.5, ...nothing, ...by });
  const path = join(folder.path, `look-${written++}.safetensors`);
  writeFileSync(path, safetensors(lesionTensors(), { ...lesionMetadata(), second_look: look }));
  return loadModel(path);
}

const find = async (liver: Segmentation, by: Parameters<typeof secondLook>[0]) =>
  classifyLesions(liver, { model: await secondLook(by) });

test('keeps what is likely a lesion, drops what is not, and says how likely', async ({ model, liver, expected }) => {
  const own = await classifyLesions(liver, { model });
  assert.equal([own.lesions.length, own.secondLook, own.threshold], [1, false, 0.5]);
  // Half at 0.6: the fainter is the likelier.
  const fainter = { detection_probability: -30, intercept: 18 };
  const large = await find(liver, fainter);
  assert.equal([large.lesions.length, large.secondLook, large.threshold], [1, true, 0.5]);
  const of = (mask: Uint8Array, number: number) => mask.map((id, i) => Number(id > 0 && expected[i] === number));
  assert.ok(dice(of(large.mask, 1), of(expected, 1)) > 0.8, 'the faint one, whole');
  assert.is(of(large.mask, 2).includes(1), false);
  const [suspected] = (await classifyLesions(liver, { model, threshold: 0.25 })).lesions;
  const likely = 1 / (1 + Math.exp(-(18 - 30 * (suspected?.detectionProbability ?? 0))));
  const [faint] = large.lesions as [Lesion];
  assert.ok(Math.abs(faint.detectionProbability - likely) < 0.003, `${faint.detectionProbability}, ${likely}`);
  assert.equal((await find(liver, { intercept: -5 })).lesions, []);
});

test('a sure lesion reaches as far as without it', async ({ model, liver }) => {
  const [sure] = (await classifyLesions(liver, { model })).lesions;
  const [first, second] = (await find(liver, { intercept: 5 })).lesions;
  assert.ok(first && second && first.volumeMl > second.volumeMl);
  assert.is(second.volumeMl, sure?.volumeMl);
});

test('it goes by how round a candidate is, and how sharp its edge', async ({ model, liver }) => {
  const suspected = (await classifyLesions(liver, { model, threshold: 0.25 })).lesions;
  assert.is(suspected.length, 2);
  const measures = { sphericity: 'sphericity', sharpness: 'marginSharpness' } as const;
  for (const [feature, measure] of Object.entries(measures)) {
    const [first = 0, second = 0] = suspected.map((lesion) => lesion[measure] ?? 0);
    const between = (first + second) / 2;
    // Of the two the one that has more of it, by far.
    const scale = 20 / Math.abs(first - second);
    const { lesions } = await find(liver, { [feature]: scale, intercept: -scale * between });
    assert.equal(
      lesions.map(({ centre }) => centre[0] < 38),
      [first > second],
      feature,
    );
  }
});

test('where no liver lies about a candidate its edge counts as told', async ({ model, liver }) => {
  const { volume } = liver;
  const mask = (await classifyLesions(liver, { model, threshold: 0.25 })).mask.map((id) => Number(id > 0));
  for (const [sharpness, count] of [
    [1, 2],
    [-1, 0],
  ] as const) {
    const look = await secondLook({ sharpness: 10, intercept: 0, sharpness_otherwise: sharpness });
    const found = await classifyLesions({ volume, mask }, { model: look });
    assert.is(found.lesions.length, count);
    assert.ok(found.lesions.every(({ marginSharpness }) => marginSharpness === null));
  }
});

test('of no least size the faint ones are drawn, too', async ({ liver }) => {
  const found = await classifyLesions(liver, { model: await secondLook({ intercept: 5 }), minimumMl: 0 });
  assert.is(found.lesions.length, 2);
});

test('thresholds that are asked for are kept to', async ({ model, liver }) => {
  const own = await classifyLesions(liver, { model });
  const look = await secondLook({ intercept: -5 });
  for (const asked of [{ threshold: 0.5 }, { extentThreshold: 0.5 }]) {
    const found = await classifyLesions(liver, { model: look, ...asked });
    assert.equal([found.secondLook, found.threshold, found.lesions], [false, 0.5, own.lesions]);
  }
});

test('one that is none is refused by name', async () => {
  for (const [candidate_above, message] of [
    [2, /second look at lesions to be a number from 0.01 to 0.99, received 2/],
    [0.6, /candidate_above of the second look at lesions to be at most extent_threshold/],
  ] as const) {
    const refused = await rejection(secondLook({ intercept: 0, candidate_above }), ModelError, 'WRONG_MODEL');
    assert.is(refused.field, 'candidate_above');
    assert.match(refused.message, message);
  }
});

test.run();
