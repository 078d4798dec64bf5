// What the command line says: warnings, each once; files left out; errors as documents.
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { z } from 'zod';
import { errorDocument, errorDocumentSchema } from '../src/cli/error-document.js';
import { kErrorCodes, kErrorKinds } from '../src/error-codes.js';
import { nativeError } from '../src/errors.js';
import { deviceInfo, writeMask, writeSeries, writeVolume } from '../src/index.js';
import { run } from './support/commands.js';
import { writeThresholdModel } from './support/models.js';
import { kMain, kRoot, makeFolder, runCli, runNode, runProgram } from './support/programs.js';
import { makePhantom } from './support/volumes.js';

const folder = makeFolder();
const at = (name: string) => join(folder.path, name);
const test = suite('cli messages');
test.before(async () => {
  writeThresholdModel(at('model.safetensors'));
  const phantom = makePhantom({ size: [48, 48, 3] });
  await writeVolume(at('scan.nii.gz'), phantom);
  await writeSeries(at('series'), phantom, {});
  await writeFile(at('text.txt'), 'no scan');
});
test.after(() => folder.remove());

const count = (text: string, part: string) => text.split(part).length - 1;

test('who reads a part of the output, or none of it, makes no fault', async () => {
  const command = `${process.execPath} --import tsx ${kMain} info --json`;
  const { stdout, stderr } = await runProgram('bash', ['-c', `${command} | true; echo "\${PIPESTATUS[0]}"`]);
  assert.equal([stdout.trim(), stderr], ['0', '']);
});

test('the documented schema is the one that errors are made by', async () => {
  const documented = JSON.parse(await readFile(join(kRoot, 'docs/error.schema.json'), 'utf8'));
  assert.equal(documented, JSON.parse(JSON.stringify(z.toJSONSchema(errorDocumentSchema))));
});

test('an error of every code fits the schema, with and without details', () => {
  for (const [code, kind] of Object.entries(kErrorCodes)) {
    for (const details of [{}, { file: '/a', field: 'b', remedy: 'c' }]) {
      const document = errorDocument(nativeError(Object.assign(new Error('what'), { code, kind, ...details })));
      const parsed = errorDocumentSchema.parse(JSON.parse(JSON.stringify(document)));
      const { className, exitCode } = kErrorKinds[kind];
      assert.equal(parsed.error, { code, class: className, exitCode, message: 'what', ...details });
    }
  }
  for (const stranger of [new TypeError('x'), 'a text', undefined, new Error('')]) {
    assert.is(errorDocumentSchema.parse(errorDocument(stranger)).error.code, 'INTERNAL_ERROR');
  }
});

const kOut = ['--out', at('out')];
const kFailures: Readonly<Record<string, readonly string[]>> = {
  InvalidArgumentError: ['render', '--json', ...kOut],
  InputFileError: ['segment', at('nowhere'), '--json', ...kOut],
  ModelError: ['segment', at('scan.nii.gz'), '--model', at('text.txt'), '--json', ...kOut],
  OutputError: ['preprocess', at('scan.nii.gz'), '--json', '--out', join(at('text.txt'), 'out')],
  DownloadError: ['weights', 'fetch', '--url', 'http://127.0.0.1:9/x', '--sha256', '0'.repeat(64), '--json'],
  DeviceError: ['preprocess', at('scan.nii.gz'), '--device', 'cuda', '--json', ...kOut],
};
for (const [name, args] of Object.entries(kFailures)) {
  test(`${name}: one document on standard output, and its exit code`, async () => {
    if (name === 'DeviceError' && (await deviceInfo()).cuda.available) return;
    const { exitCode, stdout, stderr } = await runCli(args);
    const { error } = errorDocumentSchema.parse(JSON.parse(stdout));
    assert.is(error.class, name, stderr);
    assert.is(exitCode, error.exitCode);
    assert.ok(stderr.includes(error.message), stderr);
  });
}

test('a libtorch that is not there is a document too', async () => {
  const args = ['--import', 'tsx', kMain, 'preprocess', at('scan.nii.gz'), '--json', ...kOut];
  const { exitCode, stdout } = await runNode(args, { HEPATICA_LIBTORCH: at('nowhere') });
  const { error } = errorDocumentSchema.parse(JSON.parse(stdout));
  assert.equal([error.class, error.code, exitCode], ['NativeLoadError', 'LIBTORCH_NOT_FOUND', 1]);
});

test('wrong use of an option is a document as well', async () => {
  for (const args of [
    ['segment', 'x', '--no-such-option', '--json'],
    ['preprocess', 'x', '--out', 'y', '--threads', '0', '--json'],
    ['segment', '--json'],
  ]) {
    const { exitCode, stdout } = await runCli(args);
    const { error } = errorDocumentSchema.parse(JSON.parse(stdout));
    assert.equal([error.class, exitCode], ['InvalidArgumentError', 2], stdout);
  }
});

/** Spacings that the sform does not have: a header that disagrees with itself. */
async function disagree(path: string): Promise<void> {
  const bytes = await readFile(path);
  bytes.writeFloatLE(3, 76 + 4 * 1);
  await writeFile(path, bytes);
}

test('what reading a NIfTI file found is said, once, by every command that reads one', async () => {
  await writeVolume(at('odd.nii'), makePhantom({ size: [48, 48, 3] }));
  await disagree(at('odd.nii'));
  await writeMask(at('mask.nii.gz'), {
    ...makePhantom({ size: [48, 48, 3] }),
    data: new Uint8Array(48 * 48 * 3).fill(1),
  });
  const model = ['--model', at('model.safetensors'), '--overlay', 'none'];
  const commands = [
    ['preprocess', at('odd.nii'), '--out', at('odd-1')],
    ['segment', at('odd.nii'), ...model, '--out', at('odd-2')],
    ['render', at('odd.nii'), '--mask', at('mask.nii.gz'), '--out', at('odd-3')],
    ['filters', at('odd.nii'), '--model', at('model.safetensors'), '--out', at('odd-4')],
  ];
  for (const args of commands) {
    const { stderr } = await runCli(args);
    assert.is(count(stderr, 'SPACING_MISMATCH'), 1, `${args[0]}: ${stderr}`);
  }
  const { stdout } = await runCli(['preprocess', at('odd.nii'), '--json', '--out', at('odd-5')]);
  const codes: string[] = JSON.parse(stdout).warnings.map(({ code }: { code: string }) => code);
  assert.is(codes.filter((code) => code === 'SPACING_MISMATCH').length, 1);
});

test('a mask that is odd is told of as a scan is', async () => {
  await writeMask(at('odd-mask.nii'), { ...makePhantom(), data: new Uint8Array(64 * 56 * 12).fill(1) });
  await disagree(at('odd-mask.nii'));
  const pair = ['evaluate', '--prediction', at('odd-mask.nii'), '--reference', at('odd-mask.nii')];
  const { stderr } = await runCli(pair);
  assert.is(count(stderr, 'SPACING_MISMATCH'), 1, stderr);
});

test('masks are refused and taken by --max-voxels, as scans are', async () => {
  await writeMask(at('whole-mask.nii'), { ...makePhantom(), data: new Uint8Array(64 * 56 * 12).fill(1) });
  const pair = ['evaluate', '--prediction', at('whole-mask.nii'), '--reference', at('whole-mask.nii'), '--max-voxels'];
  const refused = await runCli([...pair, String(64 * 56 * 12 - 1)]);
  assert.is(count(refused.stderr, 'VOLUME_TOO_LARGE'), 1, refused.stderr);
  assert.is((await runCli([...pair, String(64 * 56 * 12)])).exitCode, 0);
});

test('few slices are told of once, though reading and the network both find it', async () => {
  const args = [
    'segment',
    at('series'),
    '--model',
    at('model.safetensors'),
    '--overlay',
    'none',
    '--out',
    at('few'),
    '--accept-implausible',
  ];
  const { exitCode, stderr } = await runCli(args);
  assert.is(exitCode, 0, stderr);
  assert.is(count(stderr, 'FEW_SLICES'), 1, stderr);
  const { warnings } = JSON.parse(await readFile(join(at('few'), 'report.json'), 'utf8'));
  assert.is(warnings.filter(({ code }: { code: string }) => code === 'FEW_SLICES').length, 1);
});

test('control characters of strangers’ texts reach no terminal', async () => {
  const odd = 'odd\x1b[31m\x9b2J\rname\n.txt';
  const shown = 'odd\\x1b[31m\\x9b2J\\x0dname\\x0a.txt';
  const study = at('odd-study');
  await writeSeries(join(study, 'ct'), makePhantom({ size: [48, 48, 6] }), {});
  await copyFile(at('text.txt'), join(study, odd));
  const leftOut = await runCli(['preprocess', study, '--out', at('odd-study-out')]);
  const failed = await runCli(['preprocess', join(study, odd), '--out', at('odd-file')]);
  const missing = await runCli(['segment', at(odd), '--out', at('odd-missing')]);
  const usage = await runCli([odd]);
  for (const { stderr } of [leftOut, failed, missing, usage]) {
    assert.not.match(stderr, /[^\n\t\P{Cc}]/u, JSON.stringify(stderr));
  }
  for (const { stderr } of [leftOut, failed, missing]) assert.ok(stderr.includes(shown), stderr);
  const { stdout } = await runCli(['segment', at(odd), '--out', at('odd-missing'), '--json']);
  assert.ok(JSON.parse(stdout).error.message.includes(odd), 'a program is told the name as it is');
});

test('a remedy names flags, not the options of calls', () => {
  const remedies = {
    "Fetch the whole series, or read with gaps: 'interpolate'.":
      'Fetch the whole series, or read with --gaps interpolate.',
    'Choose one with the option phase.': 'Choose one with --phase.',
    'Choose one of the series that listSeries shows.': 'Choose one of these with --series.',
    'If the stored values are HU already, read with the option raw.':
      'If the stored values are HU already, read with --raw.',
    'Crop or resample the volume, or raise the option maxVoxels if the memory is there.':
      'Crop or resample the volume, or raise --max-voxels if the memory is there.',
    'Go on from it with resume, name another folder, or begin anew with the option overwrite: true.':
      'Go on from it with --resume, name another folder, or begin anew with --overwrite.',
  };
  for (const [remedy, typed] of Object.entries(remedies)) {
    const error = nativeError(Object.assign(new Error('what'), { code: 'NO_DICOM', kind: 'input', remedy }));
    assert.is(errorDocument(error).error.remedy, typed);
  }
});

test('a working folder that was removed is said to be, without a stack', async () => {
  const { cwd } = process;
  process.cwd = () => {
    throw new Error('ENOENT: no such file or directory, uv_cwd');
  };
  try {
    assert.is(await run(['segment', 'scan', '--out', at('nowhere')]), 'NO_WORKING_DIRECTORY');
  } finally {
    process.cwd = cwd;
  }
});

test('of anonymous objects it is said what beside them is not', async () => {
  const model = ['--model', at('model.safetensors'), '--overlay', 'none', '--accept-implausible'];
  const args = ['segment', at('series'), ...model, '--dicom', 'seg', '--out', at('anonymous')];
  const { exitCode, stderr } = await runCli([...args, '--deidentify']);
  assert.is(exitCode, 0, stderr);
  assert.match(stderr, /--deidentify is of the DICOM objects alone: report\.json.* hold the patient ID/);
  assert.not.match((await runCli(args)).stderr, /deidentify/);
});

for (const files of [1, 2, 1234]) {
  test(`${files} files left out are one line with their number, and each one with --verbose`, async () => {
    const study = at(`study-${files}`);
    await mkdir(join(study, 'notes'), { recursive: true });
    for (const name of ['one', 'two']) await mkdir(join(study, name), { recursive: true });
    await writeSeries(join(study, 'ct'), makePhantom({ size: [48, 48, 6] }), {});
    for (let i = 0; i < files; i++) await copyFile(at('text.txt'), join(study, 'notes', `${i}.txt`));
    const args = ['preprocess', study, '--out', at(`left-${files}`)];
    const brief = (await runCli(args)).stderr.split('\n').filter((line) => line.startsWith('left out'));
    assert.is(brief.length, 1, brief.join('\n'));
    assert.match(brief[0] as string, files === 1 ? /0\.txt: .* \(NOT_DICOM\)/ : /files: .*\(NOT_DICOM;/);
    if (files > 1) assert.ok(brief[0]?.includes(files.toLocaleString('en')), brief[0]);
    const verbose = await runCli([...args.slice(0, -1), at(`left-${files}-verbose`), '--verbose']);
    const each = verbose.stderr.split('\n').filter((line) => line.startsWith('left out'));
    assert.is(new Set(each).size, files);
    assert.ok(each.every((line) => line.endsWith('(NOT_DICOM)')));
  });
}

test.run();
