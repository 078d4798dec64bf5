import { createHash } from 'node:crypto';
import { appendFile, copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readMask, writeMask, writeVolume } from '../src/index.js';
import { writeLesionModel } from './support/lesion-model.js';
import { writeThresholdModel } from './support/models.js';
import { makeFolder, runCli } from './support/programs.js';
import { makePhantom } from './support/volumes.js';

const test = suite<{ folder: ReturnType<typeof makeFolder>; result: string; classify: string[] }>('cli: view');

test.before(async (context) => {
  context.folder = makeFolder();
  const inFolder = (name: string) => join(context.folder.path, name);
  const scan = inFolder('scan.nii.gz');
  await writeVolume(scan, makePhantom({ size: [96, 80, 12], organRadius: 24 }));
  context.result = inFolder('result');
  context.classify = [
    ...['classify', scan, '--out', context.result, '--accept-implausible', '--overlay', 'none'],
    ...['--model', writeLesionModel(inFolder('lesions.safetensors'))],
    ...['--liver-model', writeThresholdModel(inFolder('liver.safetensors'))],
  ];
  const { exitCode, stderr, stdout } = await runCli(context.classify);
  assert.is(exitCode, 0, stderr);
  assert.match(stdout, /report\.html/);
});
test.after(({ folder }) => folder.remove());

async function refused(folder: string, code: string, message: RegExp): Promise<void> {
  const { exitCode, stdout } = await runCli(['view', folder, '--no-open', '--json']);
  assert.is(exitCode, 3);
  const { error } = JSON.parse(stdout);
  assert.is(error.code, code);
  assert.match(error.message, message);
  assert.ok(error.remedy);
}

test('the path of the page that classify wrote', async ({ result }) => {
  const { exitCode, stdout, stderr } = await runCli(['view', result, '--no-open']);
  assert.is(exitCode, 0, stderr);
  assert.is(stdout, `${join(result, 'report.html')}\n`);
  const page = await readFile(join(result, 'report.html'), 'utf8');
  assert.match(page, /<title>scan\.nii\.gz<\/title>/);
  assert.match(page, /default-src 'none'/);
});

test('a folder without such a page is refused, and why', async ({ folder }) => {
  const other = join(folder.path, 'other');
  await mkdir(other);
  await refused(join(folder.path, 'nowhere'), 'FILE_NOT_FOUND', /nowhere cannot be read/);
  await refused(join(folder.path, 'scan.nii.gz'), 'NOT_A_RESULT', /is a file/);
  await refused(other, 'NOT_A_RESULT', /holds no result of hepatica/);
  await writeFile(join(other, 'report.html'), '<p>Not hepatica’s</p>');
  await refused(other, 'NOT_A_RESULT', /holds no result of hepatica/);
});

test('a page that was changed is not shown as hepatica’s; one of an interrupted result neither', async ({ result }) => {
  await appendFile(join(result, 'report.html'), '<p>another finding</p>');
  await refused(result, 'CORRUPT_FILE', /report\.html was changed since hepatica wrote it/);
  await writeFile(join(result, '.hepatica-journal.json'), '{');
  await refused(result, 'INCOMPLETE_RESULT', /interrupted/);
});

test('--no-page leaves it out, --mesh adds surfaces; what an earlier run left goes', async ({
  folder,
  result,
  classify,
}) => {
  const again = classify.map((word) => (word === result ? join(folder.path, 'again') : word));
  const mesh = join(folder.path, 'again/mesh');
  const first = await runCli([...again, '--mesh', 'stl']);
  assert.is(first.exitCode, 0, first.stderr);
  assert.ok((await readdir(mesh)).includes('liver.stl'));
  assert.is((await runCli([...again, '--no-page', '--mesh', 'ply'])).exitCode, 0);
  assert.ok((await readdir(mesh)).every((name) => /^(liver|lesion-\d+)\.ply$/.test(name)));
  await writeFile(join(mesh, 'liver.ply'), 'somebody’s own');
  const foreign = await runCli([...again, '--no-page', '--mesh', 'ply', '--json']);
  assert.is(JSON.parse(foreign.stdout).error.code, 'OUTPUT_EXISTS');
  assert.not.ok((await readdir(join(folder.path, 'again'))).includes('report.html'));
});

test('a result without a page gets one: of its files, and of the scan where it lies now', async ({
  folder,
  classify,
}) => {
  const [scan, out] = [classify[1] as string, join(folder.path, 'later')];
  const segment = ['segment', scan, '--out', out, '--accept-implausible', '--overlay', 'none'];
  const model = ['--model', join(folder.path, 'liver.safetensors')];
  assert.is((await runCli([...segment, ...model])).exitCode, 0);
  const moved = join(folder.path, 'moved.nii.gz');
  await rename(scan, moved);
  await refused(out, 'FILE_NOT_FOUND', /scan\.nii\.gz/);
  const { exitCode, stdout, stderr } = await runCli(['view', out, '--no-open', '--scan', moved]);
  assert.is(exitCode, 0, stderr);
  assert.is(stdout, `${join(out, 'report.html')}\n`);
  const page = await readFile(join(out, 'report.html'), 'utf8');
  assert.match(page, /<title>scan\.nii\.gz<\/title>/);
  assert.match(page, /Lesions were not looked for\./);
  assert.not.match(page, /CHANGED_INPUT/);
  assert.is((await runCli(['view', out, '--no-open'])).exitCode, 0, 'the page is there now');
});

test('a result of which a part was changed or is missing gets no page: its figures are not of what would be drawn', async ({
  folder,
  classify,
}) => {
  await rename(join(folder.path, 'moved.nii.gz'), classify[1] as string);
  const out = join(folder.path, 'changed');
  assert.is((await runCli([...classify.map((word, index) => (index === 3 ? out : word)), '--no-page'])).exitCode, 0);
  for (const name of ['liver.nii.gz', 'lesions.nii.gz', 'lesions.json', 'report.json']) {
    const file = join(out, name);
    const written = await readFile(file);
    if (name.endsWith('.gz')) {
      const { data, size, spacing, origin, direction } = await readMask(file);
      const corrected = { size, spacing, origin, direction, data: data.map((value) => 1 - value) };
      await writeMask(file, corrected);
    } else await appendFile(file, '\n');
    await refused(
      out,
      'CORRUPT_FILE',
      new RegExp(`${name.replaceAll('.', '\\.')} was changed since hepatica wrote it`),
    );
    await rm(file);
    await refused(out, 'CORRUPT_FILE', new RegExp(`${name.replaceAll('.', '\\.')} is missing`));
    await writeFile(file, written);
  }
  assert.is((await runCli(['view', out, '--no-open'])).exitCode, 0);
});

test('a page of which a mask or a document beside it was changed is refused as well', async ({ folder, classify }) => {
  const out = join(folder.path, 'with-page');
  assert.is((await runCli(classify.map((word, index) => (index === 3 ? out : word)))).exitCode, 0);
  for (const name of ['liver.nii.gz', 'lesions.json', 'perimeters.json']) {
    const written = await readFile(join(out, name));
    await appendFile(join(out, name), '\n');
    await refused(out, 'CORRUPT_FILE', /was changed since hepatica wrote it/);
    await rm(join(out, name));
    await refused(out, 'CORRUPT_FILE', /is missing/);
    await writeFile(join(out, name), written);
  }
  const { exitCode, stderr } = await runCli(['view', out, '--no-open', '--scan', 'x']);
  assert.is(exitCode, 0, stderr);
  assert.match(stderr, /--scan was not looked at/);
});

/** As if the scan had been named so, by a command in another folder. */
async function renameInput(out: string, input: string): Promise<void> {
  const [file, marks] = [join(out, 'report.json'), join(out, '.hepatica-manifest.json')];
  const report = JSON.stringify({ ...JSON.parse(await readFile(file, 'utf8')), input });
  await writeFile(file, report);
  const manifest = JSON.parse(await readFile(marks, 'utf8'));
  manifest.files['report.json'] = createHash('sha256').update(report).digest('hex');
  await writeFile(marks, JSON.stringify(manifest));
}

test('a scan by a relative name is found around the result, or asked for', async ({ folder, classify }) => {
  const out = join(folder.path, 'relative');
  assert.is((await runCli([...classify.map((word, index) => (index === 3 ? out : word)), '--no-page'])).exitCode, 0);
  const view = async () => JSON.parse((await runCli(['view', out, '--no-open', '--json'])).stdout);
  await renameInput(out, 'nowhere/scan.nii.gz');
  const { error } = await view();
  assert.is(error.code, 'FILE_NOT_FOUND');
  assert.match(error.remedy, /--scan/);
  await renameInput(out, 'scan.nii.gz');
  await copyFile(classify[1] as string, join(out, 'scan.nii.gz'));
  const two = (await view()).error;
  assert.equal([two.code, two.field], ['INVALID_ARGUMENT', 'scan']);
  await rm(join(out, 'scan.nii.gz'));
  await writeFile(join(out, 'report.html'), 'somebody’s own');
  const taken = (await view()).error;
  assert.is(taken.code, 'OUTPUT_EXISTS');
  assert.not.match(taken.remedy, /overwrite/);
  await rm(join(out, 'report.html'));
  assert.is((await view()).page, join(out, 'report.html'));
});

test('the masks of a tilted series are on its grid with --grid source, which the refusal says', async ({ folder }) => {
  const scan = join(folder.path, 'tilted.nii.gz');
  const lean = (15 * Math.PI) / 180;
  const direction = [1, 0, 0, 0, 1, Math.sin(lean), 0, 0, Math.cos(lean)] as const;
  const phantom = makePhantom({ size: [96, 80, 12], organRadius: 24 });
  await writeVolume(scan, { ...phantom, direction }, { grid: 'source' });
  const out = join(folder.path, 'tilted');
  const model = ['--model', join(folder.path, 'liver.safetensors'), '--accept-implausible', '--overlay', 'none'];
  const segment = ['segment', scan, '--out', out, ...model];
  assert.is((await runCli(segment)).exitCode, 0);
  const { error } = JSON.parse((await runCli(['view', out, '--no-open', '--json'])).stdout);
  assert.is(error.code, 'GEOMETRY_MISMATCH');
  assert.match(error.remedy, /--grid source.*RESAMPLED_GRID/);
  assert.is((await runCli([...segment, '--grid', 'source'])).exitCode, 0);
  const { exitCode, stderr } = await runCli(['view', out, '--no-open']);
  assert.is(exitCode, 0, stderr);
});

test('another scan on the same grid is said to be another; one on another grid is refused', async ({
  folder,
  classify,
}) => {
  const out = join(folder.path, 'other-scan');
  const again = classify.map((word, index) => (index === 3 ? out : word));
  assert.is((await runCli([...again, '--no-page'])).exitCode, 0);
  const [same, small] = [join(folder.path, 'same.nii.gz'), join(folder.path, 'small.nii.gz')];
  await writeVolume(same, makePhantom({ size: [96, 80, 12], organRadius: 20 }));
  await writeVolume(small, makePhantom({ size: [48, 40, 12] }));
  const refusal = await runCli(['view', out, '--no-open', '--json', '--scan', small]);
  const { error } = JSON.parse(refusal.stdout);
  assert.is(error.code, 'GEOMETRY_MISMATCH');
  assert.match(error.remedy, /--scan/);
  const { exitCode, stderr } = await runCli(['view', out, '--no-open', '--scan', same]);
  assert.is(exitCode, 0, stderr);
  assert.match(stderr, /are not those that the result was computed from.*\(CHANGED_INPUT\)/);
  assert.match(await readFile(join(out, 'report.html'), 'utf8'), /<code>CHANGED_INPUT<\/code>/);
});

test.run();
