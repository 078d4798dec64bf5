import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { addCommands } from '../src/cli/commands.js';
import { readMask, writeMask, writeVolume } from '../src/index.js';
import { writeLesionModel } from './support/lesion-model.js';
import { kMain, kRoot, runCli } from './support/programs.js';

const kGeometry = {
  size: [48, 40, 4],
  spacing: [2, 2, 5],
  origin: [-48, -40, 0],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
} as const;
const kVoxels = 48 * 40 * 4;

/** An elliptic body of 60 HU in air. */
function bodyVolume() {
  const data = new Int16Array(kVoxels).map((_, i) => {
    const x = (i % 48) - 24;
    const y = (Math.floor(i / 48) % 40) - 20;
    return (x / 20) ** 2 + (y / 15) ** 2 < 1 ? 60 : -1000;
  });
  return { ...kGeometry, data };
}

const test = suite<{ folder: string }>('cli');
test.before.each(async (context) => {
  context.folder = await mkdtemp(join(tmpdir(), 'hepatica-cli-'));
});
test.after.each(async ({ folder }) => {
  await chmod(folder, 0o700);
  await rm(folder, { recursive: true });
});

test('help names every command, and each command what it takes', async () => {
  const { exitCode, stdout } = await runCli(['--help']);
  assert.is(exitCode, 0);
  for (const command of ['info', 'segment', 'train', 'evaluate', 'render', 'preprocess']) {
    assert.match(stdout, new RegExp(`^ {2}${command} `, 'm'));
  }
  const segment = await runCli(['segment', '--help']);
  assert.is(segment.exitCode, 0);
  assert.match(segment.stdout, /--out <folder>/);
});

test('wrong use ends with 2 and says what is wrong', async () => {
  const missing = await runCli(['segment', 'somewhere']);
  assert.is(missing.exitCode, 2);
  assert.match(missing.stderr, /--out <folder>/);
  const unknown = await runCli(['segmnet']);
  assert.is(unknown.exitCode, 2);
  const noInteger = await runCli(['preprocess', 'x.nii', '--out', 'y', '--threads', '1.5']);
  assert.is(noInteger.exitCode, 2);
  assert.match(noInteger.stderr, /integer of at least 1/);
});

function makeProgram(): Command {
  const program = new Command('hepatica').exitOverride().configureOutput({ writeErr: () => {} });
  addCommands(program);
  return program;
}

/** What is said of a command line that is refused as it is read, before anything is done. */
async function wrongUse(args: readonly string[]): Promise<string> {
  try {
    await makeProgram().parseAsync(['node', 'hepatica', ...args]);
  } catch (error) {
    assert.instance(error, CommanderError, args.join(' '));
    return (error as CommanderError).message;
  }
  throw new Error(`${args.join(' ')} was taken`);
}

test('an empty name of a folder is refused as the command line is read', async () => {
  const writing = makeProgram().commands.filter(({ options }) => options.some(({ long }) => long === '--out'));
  assert.ok(writing.length >= 10);
  for (const command of writing) {
    const said = await wrongUse([command.name(), 'x', '--out', '']);
    assert.match(said, /'--out <folder>'.*Expected --out to be a path/);
  }
  const { exitCode, stdout } = await runCli(['preprocess', 'x', '--out', '', '--json']);
  assert.equal([exitCode, JSON.parse(stdout).error.code], [2, 'INVALID_ARGUMENT']);
});

/** What each means nothing with, or without. */
const kIdle: readonly (readonly [first: string, second: string, line: string])[] = [
  ['--out', '--dataset or --lesions', 'evaluate --prediction a --reference b --out c'],
  ['--model', '--dataset', 'evaluate --prediction a --reference b --model c'],
  ['--patients', '--dataset', 'evaluate --prediction a --reference b --patients c'],
  ['--lesion-values', '--lesions', 'evaluate --prediction a --reference b --lesion-values 1=HCC'],
  ['--device', '--dataset', 'evaluate --prediction a --reference b --device cpu'],
  ['--resamples', '--lesions', 'evaluate --dataset a --resamples 3'],
  ['--prediction', '--dataset', 'evaluate --prediction a --dataset b'],
  ['--reference', '--dataset', 'evaluate --lesions --reference a --dataset b'],
  ['--model', '--predictions', 'evaluate --lesions --dataset a --predictions b --model c'],
  ['--overwrite', '--out', 'evaluate --dataset a --overwrite'],
  ['--arterial-turn', '--arterial', 'synthesize a --out b --arterial-turn 1,2,3'],
  ['--gpu', '--cpu', 'doctor --gpu a --cpu'],
  ['--margin', '--real-lesions', 'synthesize a --out b --margin 3'],
  ['--deidentify', '--dicom', 'segment a --out b --deidentify'],
  ['--deidentify', '--dicom', 'classify a --out b --deidentify'],
  ['--liver-model', '--lesions or --model', 'filters a --out b --liver-model c'],
  ['--gaps', '--mask', 'render --history a --out b --gaps interpolate'],
  ['--slices', '--mask', 'render --history a --out b --slices all'],
  ['--extent-threshold', '--threshold', 'classify a --out b --threshold 0.3 --extent-threshold 0.5'],
  ['--extent-threshold', '--threshold', 'compare a b --out c --threshold 0.3 --extent-threshold 0.5'],
];

test('an option that would be dropped is refused as the command line is read, with the one that it is for', async () => {
  for (const [first, second, line] of kIdle) {
    const said = await wrongUse(line.split(' '));
    assert.ok(said.includes(first) && said.includes(second), `${line}: ${said}`);
  }
  for (const [line, named] of [
    ['render a --history b --out c', ['INPUT a', '--mask', '--history']],
    ['render --mask a --history b --out c', ['INPUT', '--mask', '--history']],
  ] as const) {
    const { exitCode, stderr } = await runCli(line.split(' '));
    assert.is(exitCode, 2, line);
    assert.ok(
      named.every((name) => stderr.includes(name)),
      stderr,
    );
  }
});

test('a value that a call would refuse after hours is refused as the command line is read', async () => {
  for (const [line, expected] of [
    ['classify a --out b --threshold 0', /--threshold to be a number above 0 and below 1/],
    ['classify a --out b --threshold 1', /--threshold to be a number above 0 and below 1/],
    ['render a --mask b --out c --slices foo', /--slices to be structure, all, or z indices/],
    ['segment a --out b --phase 65536', /--phase to be an integer from 0 to 65535/],
  ] as const) {
    assert.match(await wrongUse(line.split(' ')), expected);
  }
});

test('an extent beyond the threshold of the network itself is refused before the scan is read', async ({ folder }) => {
  const missing = join(folder, 'scan');
  const model = writeLesionModel(join(folder, 'model.safetensors'));
  for (const args of [
    ['classify', missing, '--model', model],
    ['compare', missing, missing],
  ]) {
    const { exitCode, stderr } = await runCli([...args, '--out', join(folder, 'out'), '--extent-threshold', '0.99']);
    assert.is(exitCode, 2, stderr);
    assert.match(stderr, /--extent-threshold to be at most the network's threshold, 0\.\d+, received 0\.99/);
  }
});

test('an input that is not there ends with 3, one line and a remedy, no stack', async ({ folder }) => {
  const { exitCode, stdout, stderr } = await runCli(['segment', join(folder, 'none'), '--out', join(folder, 'out')]);
  assert.is(exitCode, 3);
  assert.is(stdout, '');
  assert.match(stderr, /error .*none.*\([A-Z_]+\)/);
  assert.not.match(stderr, /\n\s+at /);
  assert.equal(await readdir(folder), [], 'nothing was written');
});

test('with --json an error is an object on standard output', async ({ folder }) => {
  await writeFile(join(folder, 'text.nii'), 'not a scan');
  const { exitCode, stdout } = await runCli(['segment', join(folder, 'text.nii'), '--out', folder, '--json']);
  assert.is(exitCode, 3);
  const { error } = JSON.parse(stdout);
  assert.type(error.code, 'string');
  assert.match(error.message, /text\.nii/);
});

test('segment writes the mask on the source grid, perimeters, report and pictures', async ({ folder }) => {
  const input = join(folder, 'scan.nii.gz');
  await writeVolume(input, bodyVolume());
  const out = join(folder, 'out');
  const { exitCode, stdout, stderr } = await runCli([
    'segment',
    input,
    '--out',
    out,
    '--overlay',
    'all',
    '--json',
    '--accept-implausible',
  ]);
  assert.is(exitCode, 0, stderr);
  const report = JSON.parse(stdout);
  assert.equal(report, JSON.parse(await readFile(join(out, 'report.json'), 'utf8')));
  assert.is(report.structure, 'liver');
  const mask = await readMask(join(out, 'liver.nii.gz'));
  assert.equal([...mask.size], [...kGeometry.size]);
  assert.equal([...mask.spacing], [...kGeometry.spacing]);
  const voxels = mask.data.reduce((sum, value) => sum + value, 0);
  assert.ok(Math.abs(report.volumeMl - (voxels * 2 * 2 * 5) / 1000) < 1e-6, 'the report counts the voxels of the mask');
  const perimeters = JSON.parse(await readFile(join(out, 'perimeters.json'), 'utf8'));
  assert.is(perimeters.format, 'hepatica-perimeters');
  assert.equal(
    perimeters.slices.map(({ slice }: { slice: number }) => slice),
    report.slices,
  );
  assert.equal((await readdir(join(out, 'overlay'))).sort(), ['0000.png', '0001.png', '0002.png', '0003.png']);
  assert.not.ok(
    (await readdir(out)).some((name) => name.startsWith('.hepatica') && name !== '.hepatica-manifest.json'),
    'no staging folder is left',
  );
});

test('evaluate prints overlap and distance of two masks', async ({ folder }) => {
  const prediction = { ...kGeometry, data: new Uint8Array(kVoxels) };
  const reference = { ...kGeometry, data: new Uint8Array(kVoxels) };
  prediction.data.fill(1, 100, 400);
  reference.data.fill(1, 200, 600);
  const [a, b] = [join(folder, 'a.nii.gz'), join(folder, 'b.nii.gz')];
  await writeMask(a, prediction);
  await writeMask(b, reference);
  const { exitCode, stdout } = await runCli(['evaluate', '--prediction', a, '--reference', b, '--json']);
  assert.is(exitCode, 0);
  const metrics = JSON.parse(stdout);
  assert.ok(Math.abs(metrics.dice - 400 / 700) < 1e-12);
  assert.ok(Math.abs(metrics.voe - 100 * (1 - 200 / 500)) < 1e-9);
  assert.ok(Math.abs(metrics.rvd - 25) < 1e-9, "the paper's sign: positive where the prediction is smaller");
  assert.ok(metrics.hd95Mm > 0 && metrics.surfaceDice > 0 && metrics.surfaceDice < 1);
  const { stdout: text } = await runCli(['evaluate', '--prediction', a, '--reference', b]);
  assert.match(text, /HD95 \d+\.\d\d mm {2}surface Dice 0\.\d{4}/);
});

test('evaluate without its masks ends with 2', async () => {
  assert.is((await runCli(['evaluate'])).exitCode, 2);
});

test('preprocess draws figure 2 and writes both volumes', async ({ folder }) => {
  const input = join(folder, 'scan.nii');
  await writeVolume(input, bodyVolume());
  const out = join(folder, 'out');
  const { exitCode, stderr } = await runCli(['preprocess', input, '--out', out]);
  assert.is(exitCode, 0, stderr);
  assert.equal((await readdir(out)).sort(), [
    '.hepatica-manifest.json',
    'clipped.nii.gz',
    'equalized.nii.gz',
    'preprocessing.png',
  ]);
});

test('render draws a mask on its scan', async ({ folder }) => {
  const input = join(folder, 'scan.nii.gz');
  const mask = join(folder, 'mask.nii.gz');
  await writeVolume(input, bodyVolume());
  const data = new Uint8Array(kVoxels);
  for (let y = 10; y < 20; y++) data.fill(1, 2 * 1920 + y * 48 + 10, 2 * 1920 + y * 48 + 30);
  await writeMask(mask, { ...kGeometry, data });
  const { exitCode, stdout, stderr } = await runCli(['render', input, '--mask', mask, '--out', join(folder, 'out')]);
  assert.is(exitCode, 0, stderr);
  assert.match(stdout, /^1 picture$/m);
  assert.equal(await readdir(join(folder, 'out', 'overlay')), ['0002.png']);
});

test('a mask of another scan is not drawn', async ({ folder }) => {
  const input = join(folder, 'scan.nii.gz');
  const mask = join(folder, 'mask.nii.gz');
  await writeVolume(input, bodyVolume());
  await writeMask(mask, { ...kGeometry, origin: [0, 0, 0], data: new Uint8Array(kVoxels).fill(1) });
  const { exitCode, stderr } = await runCli(['render', input, '--mask', mask, '--out', join(folder, 'out')]);
  assert.is(exitCode, 3);
  assert.match(stderr, /GEOMETRY_MISMATCH/);
  assert.match(stderr, /of a tilted series \(RESAMPLED_GRID\), one written with --grid source/);
});

test('a second run into the same folder leaves nothing of the first behind', async ({ folder }) => {
  const input = join(folder, 'scan.nii.gz');
  await writeVolume(input, bodyVolume());
  const out = join(folder, 'out');
  assert.is((await runCli(['segment', input, '--out', out, '--overlay', 'all', '--accept-implausible'])).exitCode, 0);
  assert.ok((await readdir(out)).includes('overlay'));
  assert.is((await runCli(['segment', input, '--out', out, '--overlay', 'none', '--accept-implausible'])).exitCode, 0);
  assert.equal((await readdir(out)).sort(), [
    '.hepatica-manifest.json',
    'liver.nii.gz',
    'perimeters.json',
    'report.json',
  ]);
});

test('train writes weights, history and learning curves', async ({ folder }) => {
  for (const patient of ['a', 'b', 'c', 'd']) {
    await mkdir(join(folder, 'data', patient), { recursive: true });
    await writeVolume(join(folder, 'data', patient, 'image.nii.gz'), bodyVolume());
    const data = new Uint8Array(kVoxels);
    for (let z = 0; z < 4; z++)
      for (let y = 12; y < 24; y++) data.fill(1, z * 1920 + y * 48 + 10, z * 1920 + y * 48 + 24);
    await writeMask(join(folder, 'data', patient, 'label.nii.gz'), { ...kGeometry, data });
  }
  const out = join(folder, 'run');
  const options = ['--epochs', '2', '--batch', '4', '--structure', 'block', '--json'];
  const { exitCode, stdout, stderr } = await runCli(['train', join(folder, 'data'), '--out', out, ...options]);
  assert.is(exitCode, 0, stderr);
  const names = [
    '.hepatica-manifest.json',
    'block.safetensors',
    'cache',
    'checkpoints',
    'history.json',
    'learning-curves.png',
    'learning-curves.svg',
  ];
  assert.equal((await readdir(out)).sort(), names);
  assert.is(JSON.parse(stdout).info.structure, 'block');
  assert.is(JSON.parse(await readFile(join(out, 'history.json'), 'utf8')).epochs.length, 2);
});

test('an output that cannot be written ends with 5', async ({ folder }) => {
  const input = join(folder, 'scan.nii.gz');
  await writeVolume(input, bodyVolume());
  const file = join(folder, 'file');
  await writeFile(file, '');
  const { exitCode, stderr } = await runCli(['preprocess', input, '--out', join(file, 'out')]);
  assert.is(exitCode, 5);
  assert.match(stderr, /OUTPUT_UNWRITABLE/);
});

test('an interrupted segmentation ends with 130 and leaves nothing behind', async ({ folder }) => {
  const size = [256, 256, 200] as const;
  const input = join(folder, 'scan.nii');
  await writeVolume(input, { ...kGeometry, size, data: new Int16Array(256 * 256 * 200).fill(50) });
  const out = join(folder, 'out');
  await mkdir(out);
  const child = spawn(process.execPath, ['--import', 'tsx', kMain, 'segment', input, '--out', out], { cwd: kRoot });
  child.stderr.on('data', (chunk) => {
    if (/locating|segmenting/.test(String(chunk))) child.kill('SIGINT');
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  assert.is(code, 130);
  assert.equal(await readdir(out), []);
});

test('info names versions and processor', async () => {
  const { exitCode, stdout } = await runCli(['info', '--json']);
  assert.is(exitCode, 0);
  const info = JSON.parse(stdout);
  assert.match(info.libtorch, /^2\./);
  assert.ok(info.cpu.threads >= 1);
});

test.run();
