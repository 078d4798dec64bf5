// A command that is killed leaves the old result or, once the next one has finished its work, the new one; never a mix.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { OutputFolder } from '../src/cli/output.js';
import {
  CancelledError,
  InputFileError,
  loadModel,
  OutputError,
  readMask,
  readSeries,
  readVolume,
  trainSegmenter,
  writeMask,
  writeVolume,
} from '../src/index.js';
import { stagingName } from '../src/output/staging.js';
import { writeThresholdModel } from './support/models.js';
import { kMain, kRoot, makeFolder, runCli, runNode } from './support/programs.js';
import { rejection } from './support/rejections.js';
import { makePhantom } from './support/volumes.js';

const kKilledWriter = join(kRoot, 'test/support/killed-writer.ts');
const kMoments = 10;
const kJournal = '.hepatica-journal.json';

/** Contents by name of the files that are no marks of hepatica's own. */
function contentOf(folder: string): Record<string, string> {
  const files: Record<string, string> = {};
  for (const name of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(name.parentPath, name.name);
    const relative = path.slice(folder.length + 1);
    if (name.isFile() && !relative.startsWith('.hepatica-')) files[relative] = readFileSync(path, 'latin1');
  }
  return files;
}

async function maskFile(path: string, value: number): Promise<string> {
  const { size, spacing, origin, direction } = makePhantom({ size: [4, 4, 4] });
  await writeMask(path, { size, spacing, origin, direction, data: new Uint8Array(64).fill(value) });
  return path;
}

const test = suite<{ folder: ReturnType<typeof makeFolder> }>('interrupted outputs');
test.before.each((context) => {
  context.folder = makeFolder();
});
test.after.each(({ folder }) => folder.remove());

async function oldResult(out: string, sources: string): Promise<void> {
  const output = await OutputFolder.plan(out, {
    writes: ['liver.nii.gz', 'report.json', 'overview.png', 'overlay/'],
    inputs: [],
  });
  await output.write(async (folder) => {
    await folder.writeFile('liver.nii.gz', readFileSync(join(sources, 'old.nii.gz')));
    await folder.writeFile('report.json', 'old');
    await folder.writeFile('overview.png', 'old');
    for (const slice of [1, 2]) await folder.writeFile(`overlay/000${slice}.png`, `old ${slice}`);
  });
  writeFileSync(join(out, 'notes.txt'), 'mine');
  writeFileSync(join(out, 'overlay', 'notes.txt'), 'mine');
}

/** Anything that the next command does with the folder, without changing the result itself. */
async function nextCommand(out: string): Promise<void> {
  const output = await OutputFolder.plan(out, { writes: ['evaluation.json'], inputs: [] });
  await output.write((folder) => folder.writeFile('evaluation.json', '{}'));
}

test('killed at any of ten moments: old or new as a whole, and incomplete in between', async ({ folder }) => {
  const sources = folder.path;
  await maskFile(join(sources, 'old.nii.gz'), 0);
  await maskFile(join(sources, 'new.nii.gz'), 1);
  const first = join(folder.path, 'first');
  await oldResult(first, sources);
  const before = contentOf(first);
  const copyOf = (name: string) => {
    cpSync(first, join(folder.path, name), { recursive: true });
    return join(folder.path, name);
  };
  const runWriter = (out: string, moment: number) =>
    runNode(['--import', 'tsx', kKilledWriter, out, sources, String(moment)]);
  const whole = copyOf('whole');
  const { stdout, stderr } = await runWriter(whole, 0);
  const steps = Number(stdout);
  assert.ok(steps > kMoments, stderr);
  const after = contentOf(whole);
  assert.is(after['report.json'], 'new');
  assert.equal(
    Object.keys(after)
      .filter((name) => name.startsWith('overlay'))
      .sort(),
    ['overlay/0002.png', 'overlay/0003.png', 'overlay/notes.txt'],
  );
  assert.not.ok('overview.png' in after);

  let incomplete = 0;
  for (let i = 1; i <= kMoments; i++) {
    const moment = Math.round((i * steps) / kMoments);
    const out = copyOf(`killed-${moment}`);
    const { signal } = await runWriter(out, moment);
    assert.is(signal, 'SIGKILL', `moment ${moment}`);
    if (existsSync(join(out, kJournal))) {
      incomplete++;
      await rejection(readMask(join(out, 'liver.nii.gz')), InputFileError, 'INCOMPLETE_RESULT');
      await rejection(readSeries(out), InputFileError, 'INCOMPLETE_RESULT');
      await rejection(readSeries(join(out, 'overlay')), InputFileError, 'INCOMPLETE_RESULT');
    } else {
      const found = contentOf(out);
      assert.ok(found['report.json'] === 'old' || found['report.json'] === 'new');
      assert.equal(found, found['report.json'] === 'old' ? before : after, `moment ${moment}`);
    }
    await nextCommand(out);
    const { 'evaluation.json': evaluation, ...result } = contentOf(out);
    assert.is(evaluation, '{}');
    assert.equal(result, result['report.json'] === 'old' ? before : after, `moment ${moment}, repaired`);
    assert.is((await readMask(join(out, 'liver.nii.gz'))).data[0], result['report.json'] === 'old' ? 0 : 1);
    assert.equal(
      readdirSync(out).filter((name) => name.startsWith('.hepatica-')),
      ['.hepatica-manifest.json'],
      'nothing of the killed command is left',
    );
  }
  assert.ok(incomplete >= 2, `${incomplete} of the moments lay in the commit`);
});

test('a scan beside an interrupted result can be read, and a file that came meanwhile is not replaced', async (context) => {
  const sources = context.folder.path;
  await maskFile(join(sources, 'old.nii.gz'), 0);
  await maskFile(join(sources, 'new.nii.gz'), 1);
  const out = join(context.folder.path, 'p1');
  await oldResult(out, sources);
  await writeVolume(join(out, 'scan.nii.gz'), makePhantom({ size: [4, 4, 4] }));
  for (let moment = 1; !existsSync(join(out, kJournal)); moment++) {
    await runNode(['--import', 'tsx', kKilledWriter, out, sources, String(moment + 15)]);
  }
  assert.is((await readVolume(join(out, 'scan.nii.gz'))).size[0], 4);
  writeFileSync(join(out, 'report.json'), 'edited by the user');
  await rejection(nextCommand(out), OutputError, 'OUTPUT_EXISTS');
  assert.is(readFileSync(join(out, 'report.json'), 'utf8'), 'edited by the user');
});

test('files of an interrupted result are refused by every reader, and others beside them are not', async ({
  folder,
}) => {
  const patient = join(folder.path, 'p1');
  mkdirSync(patient);
  const mask = await maskFile(join(patient, 'lesions.nii.gz'), 1);
  const image = join(patient, 'image.nii.gz');
  await writeVolume(image, makePhantom({ size: [4, 4, 4] }));
  const model = writeThresholdModel(join(patient, 'liver.safetensors'));
  const polygons = join(patient, 'perimeters.json');
  writeFileSync(polygons, '{}');
  writeFileSync(join(patient, 'lesions.json'), '{"lesions": []}');
  const names = ['lesions.nii.gz', 'liver.safetensors', 'perimeters.json'];
  const journal = {
    ...{ format: 'hepatica-journal', version: 1, staging: '.hepatica-0', removes: [], files: {} },
    writes: names.map((name) => ({ name, sha256: '0'.repeat(64), replaces: null })),
  };
  writeFileSync(join(patient, kJournal), JSON.stringify(journal));
  const refuses = (reading: Promise<unknown>) => rejection(reading, InputFileError, 'INCOMPLETE_RESULT');
  await readVolume(image);
  await refuses(readMask(mask));
  await refuses(loadModel(model));
  for (const label of [mask, polygons]) {
    const cases = [
      { patient: 'p', image, label },
      { patient: 'q', image, label },
    ];
    await refuses(trainSegmenter({ cases }, { output: join(folder.path, 'w.safetensors'), epochs: 1 }));
  }
  const dataset = join(folder.path, 'dataset.json');
  const label = await maskFile(join(folder.path, 'types.nii.gz'), 1);
  writeFileSync(dataset, JSON.stringify({ cases: [{ patient: 'p1', image, label }] }));
  const args = ['evaluate', '--lesions', '--dataset', dataset, '--predictions', folder.path];
  const { exitCode, stderr } = await runCli(args);
  assert.is(exitCode, 3);
  assert.match(stderr, /INCOMPLETE_RESULT/, stderr);
});

/** What a command leaves in `out` that is killed while it commits, or has not ended yet. */
function leaveJournal(out: string, name: string, staging: string): void {
  mkdirSync(join(out, staging), { recursive: true });
  const journal = {
    ...{ format: 'hepatica-journal', version: 1, staging, removes: [], files: {} },
    writes: [{ name, sha256: createHash('sha256').update('new').digest('hex'), replaces: null }],
  };
  mkdirSync(join(out, staging, dirname(name)), { recursive: true });
  writeFileSync(join(out, staging, name), 'new');
  writeFileSync(join(out, kJournal), JSON.stringify(journal));
}

test('what cannot be finished says so, and how to go on; it is no fault of hepatica', async ({ folder }) => {
  const out = join(folder.path, 'out');
  // Of a process that began at another time than the one which has its number now.
  leaveJournal(out, 'overlay/0001.png', stagingName().replace(/-\d+-\d+-/, '-1-0-'));
  writeFileSync(join(out, 'overlay'), 'a file in the place of the folder');
  const error = await rejection(nextCommand(out), OutputError, 'OUTPUT_UNWRITABLE');
  assert.match(error.message, /Cannot finish the interrupted result/);
  assert.match(error.remedy ?? '', /next command/);
  unlinkSync(join(out, 'overlay'));
  await nextCommand(out);
  assert.equal(contentOf(out), { 'overlay/0001.png': 'new', 'evaluation.json': '{}' });
});

test('what another command writes meanwhile is not taken for the user’s', async ({ folder }) => {
  const out = join(folder.path, 'out');
  const plan = () => OutputFolder.plan(out, { writes: ['report.json'], inputs: [] });
  const isBusy = async (writing: Promise<unknown>) => {
    const error = await rejection(writing, OutputError, 'OUTPUT_UNWRITABLE');
    assert.match(error.message, /another command is writing a result/);
    assert.match(error.remedy ?? '', /when the other one has ended/);
  };
  const mine = await plan();
  const writing = mine.write(async (target) => {
    await target.writeFile('report.json', 'mine');
    leaveJournal(out, 'report.json', stagingName());
    writeFileSync(join(out, 'report.json'), 'new');
  });
  await isBusy(writing);
  await isBusy(plan());
  assert.equal(contentOf(out), { 'report.json': 'new' });
  // Without a file in the way it is the journal that is.
  unlinkSync(join(out, 'report.json'));
  unlinkSync(join(out, kJournal));
  const late = await plan();
  const committing = late.write(async (target) => {
    await target.writeFile('report.json', 'mine');
    leaveJournal(out, 'overview.png', stagingName());
  });
  await isBusy(committing);
});

test('an abort before the commit leaves nothing of the result', async ({ folder }) => {
  const out = join(folder.path, 'out');
  const controller = new AbortController();
  const output = await OutputFolder.plan(out, { writes: ['report.json'], inputs: [] });
  const writing = output.write(async (target) => {
    await target.writeFile('report.json', '{}');
    controller.abort(new CancelledError('ABORTED', 'Interrupted'));
  }, controller.signal);
  await rejection(writing, CancelledError, 'ABORTED');
  assert.equal(readdirSync(folder.path), []);
});

test('preprocess ends with 130 while its volumes are written, and leaves nothing behind', async ({ folder }) => {
  const input = join(folder.path, 'scan.nii');
  const size = [192, 192, 160] as const;
  const voxels = new Int16Array(192 * 192 * 160).map((_, i) => (i * 7919) % 400);
  await writeVolume(input, { ...makePhantom({ size: [4, 4, 4] }), size, data: voxels });
  const out = join(folder.path, 'out');
  const child = spawn(process.execPath, ['--import', 'tsx', kMain, 'preprocess', input, '--out', out], { cwd: kRoot });
  const looking = setInterval(() => {
    if (!existsSync(out)) return;
    clearInterval(looking);
    child.kill('SIGINT');
  }, 2);
  const exitCode = await new Promise((resolve) => child.on('close', resolve));
  clearInterval(looking);
  assert.is(exitCode, 130);
  assert.equal(readdirSync(folder.path), ['scan.nii']);
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  test(`${signal} ends a command with 130 and leaves nothing behind`, async ({ folder }) => {
    const input = join(folder.path, 'scan.nii');
    const size = [192, 192, 160] as const;
    await writeVolume(input, {
      ...makePhantom({ size: [4, 4, 4] }),
      size,
      data: new Int16Array(192 * 192 * 160).fill(50),
    });
    const args = ['--import', 'tsx', kMain, 'segment', input, '--out', join(folder.path, 'new', 'out')];
    const child = spawn(process.execPath, args, { cwd: kRoot });
    // Once: a second signal ends a command at once.
    let sent = false;
    child.stderr.on('data', (chunk) => {
      if (sent || !/locating|segmenting/.test(String(chunk))) return;
      sent = child.kill(signal);
    });
    assert.is(await new Promise((resolve) => child.on('close', resolve)), 130);
    assert.equal(readdirSync(folder.path), ['scan.nii']);
  });
}

test.run();
