/** The lesion network that comes with the package, and the program that README prints. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  classifyLesions,
  evaluateLesions,
  type LesionClassification,
  loadModel,
  readMask,
  readSeries,
  renderReportPage,
  type SegmentOptions,
  segmentLiver,
  type Volume,
} from '../src/index.js';
import { kIndex, kRoot, makeFolder, runNode } from './support/programs.js';
import { unless } from './support/unless.js';

const kPhantom = join(kRoot, 'test/data/phantom');
const kSplitLiver = join(kRoot, 'bench/weights/liver-3d-split.safetensors');
const kScan = join(process.env.HEPATICA_SHARED ?? join(kRoot, '../shared'), 'data/dicom/hcc-a10w');

/** In a lesion-type mask. */
const kUnknownType = 5;

const test = suite('shipped lesion network');

test("finds most of the phantom's lesions, and says of each what it is in numbers that fit together", async () => {
  const volume = await readSeries(join(kPhantom, 'dicom'));
  const mask = await readMask(join(kPhantom, 'liver.nii.gz'));
  const ids = await readMask(join(kPhantom, 'lesions.nii.gz'));
  const reference = { ...ids, data: ids.data.map((id) => (id > 0 ? kUnknownType : 0)) };
  const liver = await segmentLiver(volume);
  const found = await classifyLesions({ ...liver, volume, mask: mask.data, warnings: [] });
  const { pooled } = await evaluateLesions([{ patient: 'phantom', prediction: found, reference }], { resamples: 0 });
  assert.ok((pooled.detection[0]?.recall.value ?? 0) >= 0.5, JSON.stringify(pooled.detection));
  for (const { type, probability, probabilities, malignant, malignancyProbability } of found.lesions) {
    const sum = Object.values(probabilities).reduce((total, value) => total + value, 0);
    assert.ok(Math.abs(sum - 1) < 1e-4);
    assert.is(probability, Math.max(...Object.values(probabilities)));
    assert.is(malignant, type === 'HCC' || type === 'MET');
    assert.ok(Math.abs(malignancyProbability - probabilities.HCC - probabilities.MET) < 1e-6);
  }
});

test('a result and its page say that types were learned from synthetic lesions', async () => {
  const volume = await readSeries(join(kPhantom, 'dicom'));
  const found = await classifyLesions(await segmentLiver(volume));
  assert.match(found.model?.dataset ?? '', /synthetic lesions/);
  const page = await renderReportPage(found);
  assert.ok(page.includes(`trained on ${found.model?.dataset}`));
});

test('two runs give the same bytes', async () => {
  const volume = await readSeries(join(kPhantom, 'dicom'));
  const run = async () => {
    const { mask, lesions } = await classifyLesions(await segmentLiver(volume));
    return { mask, lesions };
  };
  const first = await run();
  assert.ok(first.lesions.length > 0);
  assert.equal(await run(), first);
});

/** The lesion network computed what the liver's network had computed before. */
const computedAgain = ({ timings }: LesionClassification) => timings.lesion_encoder !== undefined;

/** Options of a liver's network whose encoder the lesion network has: the one that comes with the package, or the bench's. */
async function sharingLiver(volume: Volume): Promise<SegmentOptions> {
  for (const options of [{}, { model: await loadModel(kSplitLiver) }]) {
    const liver = await segmentLiver(volume, { ...options, keepFeatures: false });
    if (computedAgain(await classifyLesions(liver))) return options;
  }
  throw new Error('no liver network has the encoder of the lesion network');
}

test("lesions are the same bytes, whether the features of the liver's network are kept, used up or never were", async () => {
  const volume = await readSeries(join(kPhantom, 'dicom'));
  const options = await sharingLiver(volume);
  const liver = await segmentLiver(volume, options);
  const first = await classifyLesions(liver);
  assert.not.ok(computedAgain(first));
  assert.ok(first.lesions.length > 0);
  const again = await classifyLesions(liver);
  assert.ok(computedAgain(again));
  assert.equal(again.mask, first.mask);
  const never = await classifyLesions(await segmentLiver(volume, { ...options, keepFeatures: false }));
  assert.ok(computedAgain(never));
  assert.equal(never.mask, first.mask);

  const aborted = await segmentLiver(volume, options);
  const controller = new AbortController();
  const onProgress = () => controller.abort(new Error('no longer wanted'));
  await classifyLesions(aborted, { signal: controller.signal, onProgress }).then(
    () => assert.unreachable(),
    ({ message }) => assert.is(message, 'no longer wanted'),
  );
  assert.equal((await classifyLesions(aborted)).mask, first.mask);

  // A copy is a mask from elsewhere, in a box of its own.
  const copy = await classifyLesions({ ...(await segmentLiver(volume, options)) });
  assert.not.ok(computedAgain(copy));
});

/** Runs only where the real scan is. */
const onRealScan = unless(existsSync(kScan) ? '' : `no ${kScan}`, test);

onRealScan('finds the tumour of a real patient with hepatocellular carcinoma, inside the liver', async () => {
  const volume = await readSeries(kScan);
  const liver = await segmentLiver(volume);
  const { lesions, mask } = await classifyLesions(liver);
  assert.ok((lesions[0]?.volumeMl ?? 0) > 5, JSON.stringify(lesions.map(({ volumeMl }) => volumeMl)));
  assert.is(
    mask.findIndex((lesion, index) => lesion > 0 && liver.mask[index] === 0),
    -1,
  );
});

test("README's program runs as printed", async () => {
  const folder = makeFolder();
  const [, program] =
    /## Three lines\n[\s\S]*?```ts\n([\s\S]*?)```/.exec(readFileSync(join(kRoot, 'README.md'), 'utf8')) ?? [];
  assert.ok(program, 'README prints no program');
  const placed = program
    .replace("'hepatica'", JSON.stringify(kIndex))
    .replace("'study/'", JSON.stringify(join(kPhantom, 'dicom')));
  assert.is.not(placed, program);
  const path = join(folder.path, 'program.mts');
  writeFileSync(path, placed);
  const { exitCode, stdout, stderr } = await runNode(['--import', 'tsx', path]);
  folder.remove();
  assert.is(exitCode, 0, stderr);
  assert.match(stdout, /(CYS|ANG|HCC|MET) \d\.\d\d/);
});

test.run();
