/** The lesion network that comes with the package, and the program that README prints. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { classifyLesions, evaluateLesions, readMask, readSeries, segmentLiver } from '../src/index.js';
import { kIndex, kRoot, makeFolder, runNode } from './support/programs.js';
import { unless } from './support/unless.js';

const kPhantom = join(kRoot, 'test/data/phantom');
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
