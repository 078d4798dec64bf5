import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { comparisonSchema } from '../src/documents/index.js';
import { evaluateLesions, type LesionCase, renderLesionEvaluation, writeMask, writeVolume } from '../src/index.js';
import { geometryOf } from '../src/volume/geometry.js';
import { writeLesionModel } from './support/lesion-model.js';
import { writeThresholdModel } from './support/models.js';
import { runCli } from './support/programs.js';
import { forEachVoxel, kAxial, kBodyHu, makePhantom } from './support/volumes.js';

const test = suite<{ folder: string }>('cli: lesions');
test.before.each(async (context) => {
  context.folder = await mkdtemp(join(tmpdir(), 'hepatica-lesions-'));
});
test.after.each(({ folder }) => rm(folder, { recursive: true }));

/** Rows of four slices of 8 × 4 pixels: '.' is 0, a digit its value, for the first voxels; the rest is empty. */
function mask(voxels: string) {
  const data = new Uint8Array(8 * 4 * 4);
  data.set(Uint8Array.from(voxels, (voxel) => (voxel === '.' ? 0 : Number(voxel))));
  return { data, size: [8, 4, 4], spacing: [2, 2, 5], origin: [0, 0, 0], direction: kAxial } as const;
}

function lesion(id: number, type: 'CYS' | 'HCC') {
  const [CYS, HCC] = type === 'CYS' ? [0.75, 0.25] : [0.25, 0.75];
  return { id, type, probabilities: { CYS, ANG: 0, HCC, MET: 0 }, detectionProbability: 0.5 + id / 10 };
}

const kDocument = JSON.stringify({ format: 'hepatica-lesions', lesions: [lesion(1, 'CYS'), lesion(2, 'HCC')] });

function evaluate(...args: string[]) {
  return runCli(['evaluate', '--lesions', ...args]);
}

async function writePair(folder: string): Promise<string[]> {
  const [prediction, json, reference] = ['lesions.nii.gz', 'lesions.json', 'types.nii.gz'].map((name) =>
    join(folder, name),
  );
  await writeMask(prediction as string, mask('11..22..'));
  await writeFile(json as string, kDocument);
  await writeMask(reference as string, mask('11..3...'));
  return [
    '--prediction',
    prediction as string,
    '--prediction-json',
    json as string,
    '--reference',
    reference as string,
  ];
}

test('a pair of masks: a table, and with --json all figures', async ({ folder }) => {
  const pair = await writePair(folder);
  const table = await evaluate(...pair);
  assert.is(table.exitCode, 0, table.stderr);
  assert.match(table.stdout, /^Detection at IoU > 0 \(2 found, 0 missed, 0 false\)\n {2}recall +1\.000$/m);
  assert.match(table.stdout, /^Detection at IoU > 0\.5 \(1 found, 1 missed, 1 false\)\n {2}recall +0\.500$/m);
  assert.match(table.stdout, /^ {2}Dice, global +0\.857$/m);
  assert.match(table.stdout, /^ {2}area under ROC curve +1\.000$/m);
  const { stdout } = await evaluate(...pair, '--json', '--convention', 'standard');
  const document = JSON.parse(stdout);
  assert.is(document.format, 'hepatica-lesion-evaluation');
  assert.is(document.convention, 'standard');
  assert.is(document.pooled.typing.lesions, 2);
  assert.is(document.pooled.global.dice.value, 6 / 7);
});

test('values of the reference can be given a meaning', async ({ folder }) => {
  const [option, path, ...rest] = await writePair(folder);
  const args = [option as string, path as string, ...rest];
  const { stdout, exitCode, stderr } = await evaluate(...args, '--json', '--lesion-values', '3=unknown');
  assert.is(exitCode, 0, stderr);
  const { pooled } = JSON.parse(stdout);
  assert.is(pooled.referenceLesions, 1);
  assert.is(pooled.typing.lesions, 0);
  const wrong = await evaluate(...args, '--lesion-values', '3=cyst');
  assert.is(wrong.exitCode, 2);
  assert.match(wrong.stderr, /2=unknown,3=HCC, received 3=cyst/);
});

test('a dataset whose scans were classified: evaluation.json and a page', async ({ folder }) => {
  for (const patient of ['a', 'b', 'c']) {
    await mkdir(join(folder, 'data', patient), { recursive: true });
    await mkdir(join(folder, 'found', patient), { recursive: true });
    // The image is not read.
    await writeMask(join(folder, 'data', patient, 'image.nii.gz'), mask(''));
    await writeMask(join(folder, 'data', patient, 'label.nii.gz'), mask(patient === 'c' ? '......44' : '11..3...'));
    await writeMask(join(folder, 'found', patient, 'lesions.nii.gz'), mask('11..22..'));
    await writeFile(join(folder, 'found', patient, 'lesions.json'), kDocument);
  }
  const out = join(folder, 'out');
  const all = ['--dataset', join(folder, 'data'), '--predictions', join(folder, 'found'), '--out', out];
  const { exitCode, stderr, stdout } = await evaluate(...all, '--resamples', '50');
  assert.is(exitCode, 0, stderr);
  assert.match(stdout, /^b {2}Dice 0\.857, of found 0\.833; 2 of 2 found \(IoU > 0\.5: 1\), 0 false$/m);
  assert.match(stdout, /recall +0\.800 {3}95 % \d\.\d{3} to 1\.000/);
  assert.equal((await readdir(out)).sort(), ['.hepatica-manifest.json', 'evaluation.html', 'evaluation.json']);
  const document = JSON.parse(await readFile(join(out, 'evaluation.json'), 'utf8'));
  assert.equal([document.pooled.patients, document.pooled.detection[0].tp, document.pooled.detection[0].fp], [3, 4, 2]);
  assert.match(await readFile(join(out, 'evaluation.html'), 'utf8'), /<td class="number">0\.800<\/td>/);
  const unknown = await evaluate(...all, '--patients', 'a,d');
  assert.is(unknown.exitCode, 2);
  assert.match(unknown.stderr, /It holds a, b, c\./);
});

test('a dataset is classified on the way', async ({ folder }) => {
  const volume = makePhantom({ size: [96, 80, 12], organRadius: 24 });
  const types = new Uint8Array(volume.data.length);
  forEachVoxel(volume.size, (index, x, y, z) => {
    for (const ball of [
      { centre: [28, 36, 6], radius: 5, hu: 395, type: 3 },
      { centre: [48, 36, 5], radius: 4, hu: 345, type: 1 },
    ] as const) {
      if (Math.hypot(x - ball.centre[0], y - ball.centre[1], z - ball.centre[2]) > ball.radius) continue;
      [volume.data[index], types[index]] = [ball.hu, ball.type];
    }
  });
  await mkdir(join(folder, 'data', 'a'), { recursive: true });
  await writeVolume(join(folder, 'data', 'a', 'image.nii.gz'), volume);
  await writeMask(join(folder, 'data', 'a', 'label.nii.gz'), { ...geometryOf(volume), data: types });
  const models = [
    ['--model', writeLesionModel(join(folder, 'lesions.safetensors'))],
    ['--liver-model', writeThresholdModel(join(folder, 'liver.safetensors'))],
  ].flat();
  const command = ['--dataset', join(folder, 'data'), ...models, '--accept-implausible', '--json'];
  const { exitCode, stdout, stderr } = await evaluate(...command);
  assert.is(exitCode, 0, stderr);
  const { pooled } = JSON.parse(stdout);
  assert.is(pooled.global.dice.value, 1);
  assert.equal([pooled.typing.lesions, pooled.typing.accuracy.value, pooled.typing.malignancy.auc.value], [2, 1, 1]);
});

test('what is missing or broken is said', async ({ folder }) => {
  const [, prediction, , json, , reference] = (await writePair(folder)) as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const lone = await evaluate('--prediction', prediction);
  assert.is(lone.exitCode, 2);
  assert.match(lone.stderr, /Expected --prediction and --reference/);
  await writeFile(json, '{ "lesions": [{ "id": 700 }] }');
  const wrong = await evaluate('--prediction', prediction, '--prediction-json', json, '--reference', reference);
  assert.is(wrong.exitCode, 2);
  assert.match(wrong.stderr, /lesions\.0\.id/);
  await writeFile(json, '[]');
  const empty = await evaluate('--prediction', prediction, '--prediction-json', json, '--reference', reference);
  assert.is(empty.exitCode, 3);
  assert.match(empty.stderr, /no array "lesions"/);
});

test('the page holds its figures, asks the network for nothing, and takes names as text', async () => {
  const cases = ['11..22..', '11..2...', '....22..'].map((ids, index): LesionCase => {
    const lesions = [lesion(1, 'CYS'), lesion(2, 'HCC')].filter(({ id }) => ids.includes(String(id)));
    return { patient: `<b>${index}</b>`, prediction: { mask: mask(ids), lesions }, reference: mask('11..3..4') };
  });
  const evaluation = await evaluateLesions(cases, { resamples: 30 });
  const page = await renderLesionEvaluation(evaluation);
  assert.is(page, await renderLesionEvaluation(evaluation), 'the same evaluation gives the same page');
  assert.not.match(page, /https?:|src=|href=|url\(|@import|<script/);
  assert.not.match(page, /<b>|NaN|undefined|null/);
  assert.match(page, /&lt;b&gt;1&lt;\/b&gt;/);
  const { pooled } = evaluation;
  for (const { value } of [
    pooled.global.dice,
    pooled.typing.accuracy,
    pooled.detection[0]?.recall ?? pooled.lesionDice,
  ]) {
    assert.ok(value !== null && page.includes(`<td class="number">${value.toFixed(3)}</td>`), `${value}`);
  }
  assert.is(page.match(/<svg/g)?.length, 6, 'detection by size, free response, types, ROC, reliability, Dice');
});

test('filters: of the lesion network, in the liver that a network of its own finds', async ({ folder }) => {
  const input = join(folder, 'scan.nii.gz');
  await writeVolume(input, makePhantom());
  const model = writeLesionModel(join(folder, 'lesions.safetensors'));
  const liverModel = writeThresholdModel(join(folder, 'liver.safetensors'));
  const out = join(folder, 'filters');
  const layers = ['--layers', 'location1,class7'];
  const args = ['filters', input, '--liver-model', liverModel, ...layers, '--out', out, '--accept-implausible'];
  const drawn = await runCli([...args, '--model', model, '--json']);
  assert.is(drawn.exitCode, 0, drawn.stderr);
  assert.is(JSON.parse(drawn.stdout).slice, 6);
  const pages = ['01-filters.png', '02-location1.png', '03-class7-1.png', '04-class7-2.png'];
  assert.equal((await readdir(join(out, 'filters'))).sort(), pages);
  assert.equal(
    JSON.parse(drawn.stdout).pages,
    pages.map((name) => `filters/${name}`),
  );
  const twice = await runCli([...args, '--model', model, '--lesions']);
  assert.is(twice.exitCode, 2);
});

test('classify writes its lesions with the thresholds that were asked for', async ({ folder }) => {
  const input = join(folder, 'scan.nii.gz');
  const volume = makePhantom({ size: [96, 80, 12], organRadius: 24 });
  // Two balls of 322 HU, about 0.58 for the network, one of them with a core that it is sure of.
  forEachVoxel(volume.size, (index, x, y, z) => {
    const [first, second] = [28, 48].map((cx) => Math.hypot(x - cx, y - 36, z - 6)) as [number, number];
    if (Math.min(first, second) <= 5) volume.data[index] = first <= 3 ? 395 : 322;
  });
  await writeVolume(input, volume);
  const model = writeLesionModel(join(folder, 'lesions.safetensors'));
  const liverModel = writeThresholdModel(join(folder, 'liver.safetensors'));
  const classify = (out: string, ...args: string[]) =>
    runCli([
      'classify',
      input,
      '--model',
      model,
      '--liver-model',
      liverModel,
      '--out',
      join(folder, out),
      '--accept-implausible',
      ...args,
    ]);
  const volumes: number[] = [];
  for (const extent of ['0.5', '0.7']) {
    const { exitCode, stderr } = await classify(extent, '--threshold', '0.7', '--extent-threshold', extent);
    assert.is(exitCode, 0, stderr);
    const document = JSON.parse(await readFile(join(folder, extent, 'lesions.json'), 'utf8'));
    assert.equal([document.threshold, document.extentThreshold, document.lesions.length], [0.7, Number(extent), 1]);
    volumes.push(document.lesions[0].volumeMl);
  }
  assert.ok((volumes[1] ?? 0) < 0.4 * (volumes[0] ?? 0), `${volumes}`);

  // The lesions of the liver that is replaced are no result of the new one; what a person changed is not lost unasked.
  const again = ['segment', input, '--model', liverModel, '--out', join(folder, '0.7'), '--accept-implausible'];
  await writeFile(join(folder, '0.7', 'lesions.json'), 'notes of mine');
  const refused = await runCli(again);
  assert.is(refused.exitCode, 5);
  assert.match(refused.stderr, /OUTPUT_EXISTS/);
  assert.is((await runCli([...again, '--overwrite'])).exitCode, 0);
  const left = await readdir(join(folder, '0.7'));
  assert.equal([left.includes('lesions.nii.gz'), left.includes('lesions.json')], [false, false]);
  const wrong = await classify('wrong', '--threshold', '0.4', '--extent-threshold', '0.6');
  assert.is(wrong.exitCode, 2);
  assert.match(wrong.stderr, /Expected --extent-threshold to be at most --threshold, 0.4, received 0.6/);
});

test('compare finds the lesions of both dates and tells what became of them', async ({ folder }) => {
  const scan = (name: string, balls: readonly (readonly [number, number])[]) => {
    const volume = makePhantom({ size: [96, 80, 12], organRadius: 24 });
    forEachVoxel(volume.size, (index, x, y, z) => {
      // Some structure, without which nothing could be registered.
      if (volume.data[index] === kBodyHu && Math.sin(x / 5) * Math.cos(y / 6) > 0.4) volume.data[index] = -100;
      if (balls.some(([cx, radius]) => Math.hypot(x - cx, y - 36, z - 6) <= radius)) volume.data[index] = 395;
    });
    // A gantry tilted a little, so that the masks are written on another grid.
    const direction = [1, 0, 0, 0, 1, 0.1, 0, 0, Math.sqrt(1 - 0.1 ** 2)] as const;
    return writeVolume(join(folder, name), { ...volume, direction }, { grid: 'source' });
  };
  await scan('before.nii.gz', [
    [28, 3],
    [48, 4],
  ]);
  await scan('after.nii.gz', [[28, 6]]);
  const model = writeLesionModel(join(folder, 'lesions.safetensors'));
  const liverModel = writeThresholdModel(join(folder, 'liver.safetensors'));
  const out = join(folder, 'compared');
  const { exitCode, stdout, stderr } = await runCli([
    'compare',
    join(folder, 'before.nii.gz'),
    join(folder, 'after.nii.gz'),
    ...['--out', out, '--model', model, '--liver-model', liverModel, '--accept-implausible'],
  ]);
  assert.is(exitCode, 0, stderr);
  const document = JSON.parse(await readFile(join(out, 'comparison.json'), 'utf8'));
  assert.equal(comparisonSchema.parse(document), document);
  const changes = document.lesions.map(({ change }: { change: string }) => change);
  assert.equal(changes, ['grown', 'gone']);
  for (const when of ['before', 'after']) assert.match(stderr, new RegExp(`${when}: .*RESAMPLED_GRID`));
  assert.match(stdout, /grown, \d+\.\d → \d+\.\d mm \(\+\d+ %\)/);
  const before = JSON.parse(await readFile(join(out, 'before-lesions.json'), 'utf8'));
  assert.is(before.lesions.length, 2);
  assert.equal((await readdir(out)).filter((name) => name.endsWith('.nii.gz')).length, 4);
  // A series is of one scan.
  const refused = await runCli(['compare', 'a', 'b', '--out', out, '--series', '1.2']);
  assert.is(refused.exitCode, 2);
});

test.run();
