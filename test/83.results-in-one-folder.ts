// What one command wrote, and another one writes to the same folder: nothing stays that no longer holds.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { writeVolume } from '../src/index.js';
import { refuses, run } from './support/commands.js';
import { writeLesionModel } from './support/lesion-model.js';
import { writeThresholdModel } from './support/models.js';
import { makeFolder, runCli } from './support/programs.js';
import { makePhantom } from './support/volumes.js';

const test = suite<{ folder: ReturnType<typeof makeFolder> }>('results in one folder');
test.before.each((context) => {
  context.folder = makeFolder();
});
test.after.each(({ folder }) => folder.remove());

/** A scan with all that finds a liver and lesions in it, for results that follow one another in a folder. */
async function scanWithModels(folder: string) {
  const scan = join(folder, 'scan.nii.gz');
  await writeVolume(scan, makePhantom({ size: [96, 80, 12], organRadius: 24 }));
  const liverModel = writeThresholdModel(join(folder, 'model.safetensors'));
  const lesionModel = writeLesionModel(join(folder, 'lesions.safetensors'));
  const quick = ['--overlay', 'none', '--accept-implausible'];
  return {
    segment: ['segment', scan, '--model', liverModel, ...quick],
    classify: ['classify', scan, '--liver-model', liverModel, '--model', lesionModel, ...quick],
    synthesize: (liver: string) => ['synthesize', scan, '--liver', liver, '--count', '0-1'],
  };
}

const manifestOf = (out: string) =>
  Object.keys(JSON.parse(readFileSync(join(out, '.hepatica-manifest.json'), 'utf8')).files).sort();

test('segment after classify leaves no lesions of the liver that it replaces', async ({ folder }) => {
  const { segment, classify } = await scanWithModels(folder.path);
  const out = join(folder.path, 'out');
  const rest = ['liver.nii.gz', 'perimeters.json', 'report.json'];
  assert.is(await run([...classify, '--out', out]), '');
  assert.equal(manifestOf(out), ['lesions.json', 'lesions.nii.gz', ...rest.slice(0, 2), 'report.html', 'report.json']);
  assert.is(await run([...segment, '--out', out]), '');
  assert.equal(readdirSync(out).sort(), ['.hepatica-manifest.json', ...rest]);

  // Corrected by hand since: neither lost nor left beside another liver.
  assert.is(await run([...classify, '--out', out]), '');
  const lesions = join(out, 'lesions.json');
  await writeFile(lesions, `${readFileSync(lesions, 'utf8')}\n`);
  await refuses(out, 'OUTPUT_EXISTS', [...segment, '--out', out]);
  assert.is(await run([...segment, '--out', out, '--overwrite']), '');
  assert.equal(readdirSync(out).sort(), ['.hepatica-manifest.json', ...rest]);

  // What somebody took away is not named any longer.
  assert.is(await run([...classify, '--out', out]), '');
  for (const name of ['lesions.json', 'lesions.nii.gz']) rmSync(join(out, name));
  assert.is(await run([...segment, '--out', out]), '');
  assert.equal(manifestOf(out), rest);
});

test('what is said to be written is what was written', async ({ folder }) => {
  const { segment } = await scanWithModels(folder.path);
  const plain = segment.filter((word, index) => word !== '--overlay' && segment[index - 1] !== '--overlay');
  for (const [overlay, pictures] of [
    ['none', []],
    ['structure', ['overlay/', 'overview.png']],
  ] as const) {
    const out = join(folder.path, overlay);
    const { exitCode, stdout, stderr } = await runCli([...plain, '--overlay', overlay, '--out', out]);
    assert.is(exitCode, 0, stderr);
    const [, told = ''] = /written to [^:]*: (.*)/.exec(stdout) ?? [];
    const written = readdirSync(out, { withFileTypes: true }).filter(({ name }) => !name.startsWith('.'));
    const names = written.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name));
    assert.equal(told.split(', ').sort(), names.sort());
    assert.equal(names, [...['liver.nii.gz', 'perimeters.json', 'report.json'], ...pictures].sort());
  }
});

test('results of segment and of synthesize do not mix', async ({ folder }) => {
  const { segment, classify, synthesize } = await scanWithModels(folder.path);
  const [found, made] = [join(folder.path, 'found'), join(folder.path, 'made')];
  assert.is(await run([...classify, '--out', found]), '');
  const liver = join(folder.path, 'liver.nii.gz');
  await writeFile(liver, readFileSync(join(found, 'liver.nii.gz')));
  assert.is(await run([...synthesize(liver), '--dicom', '--out', made]), '');
  await refuses(folder.path, 'OUTPUT_EXISTS', [...synthesize(liver), '--out', found]);
  await refuses(folder.path, 'OUTPUT_EXISTS', [...segment, '--out', made]);
  await refuses(folder.path, 'OUTPUT_EXISTS', [...classify, '--out', made]);
  const image = join(made, 'image.nii.gz');
  const again = ['segment', image, ...segment.slice(2)];
  await refuses(folder.path, 'OUTPUT_IS_INPUT', [...again, '--out', made]);
  await refuses(folder.path, 'OUTPUT_IS_INPUT', [...again, '--out', made, '--overwrite']);

  await writeFile(join(found, 'notes.txt'), 'mine');
  assert.is(await run([...synthesize(liver), '--out', found, '--overwrite']), '');
  const masks = ['lesion-ids.nii.gz', 'lesions.json', 'lesions.nii.gz', 'liver.nii.gz'];
  assert.equal(readdirSync(found).sort(), ['.hepatica-manifest.json', 'image.nii.gz', ...masks, 'notes.txt']);
  assert.is(await run([...segment, '--out', made, '--overwrite']), '');
  const rest = ['liver.nii.gz', 'perimeters.json', 'report.json'];
  assert.equal(readdirSync(made).sort(), ['.hepatica-manifest.json', ...rest]);
});

test('evaluate leaves no page of lesions beside what it found of livers', async ({ folder }) => {
  const { segment, classify } = await scanWithModels(folder.path);
  const [found, out] = [join(folder.path, 'found'), join(folder.path, 'out')];
  assert.is(await run([...classify, '--out', found]), '');
  const lesions = join(found, 'lesions.nii.gz');
  assert.is(await run(['evaluate', '--lesions', '--prediction', lesions, '--reference', lesions, '--out', out]), '');
  assert.ok(readdirSync(out).includes('evaluation.html'));
  const json = join(folder.path, 'dataset.json');
  const label = join(found, 'liver.nii.gz');
  await writeFile(json, JSON.stringify({ cases: [{ patient: 'p', image: segment[1], label }] }));
  assert.is(await run(['evaluate', '--dataset', json, '--model', segment[3] as string, '--out', out]), '');
  assert.equal(readdirSync(out).sort(), ['.hepatica-manifest.json', 'evaluation.json']);
});

test.run();
