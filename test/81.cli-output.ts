// What the command line leaves on disk: the content of its files, and nothing where it fails or is interrupted.
import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createCanvas, type Image, loadImage } from '@napi-rs/canvas';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readMask, writeVolume } from '../src/index.js';
import { writeThresholdModel } from './support/models.js';
import { kMain, kRoot, makeFolder, type Outcome } from './support/programs.js';
import { makePhantom } from './support/volumes.js';

const kCommand = [process.execPath, '--import', 'tsx', kMain] as const;

/** Runs a program to its end; `watch` sees what it writes to standard error. */
function run(command: readonly string[], watch: (text: string, stop: () => void) => void = () => {}): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const [program, ...args] = command as readonly [string, ...string[]];
    const child = spawn(program, args, { cwd: kRoot });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
      watch(stderr, () => child.kill('SIGINT'));
    });
    child.on('error', reject);
    child.on('close', (exitCode, signal) => resolve({ stdout, stderr, exitCode, signal }));
  });
}

const folder = makeFolder();
const phantom = makePhantom();
const test = suite<{ input: string; model: string; out: string }>('cli output');
test.before(async (context) => {
  context.input = join(folder.path, 'scan.nii.gz');
  context.model = writeThresholdModel(join(folder.path, 'model.safetensors'));
  context.out = join(folder.path, 'out');
  await writeVolume(context.input, phantom);
});
test.after(() => folder.remove());

interface PerimetersFile {
  readonly slices: readonly {
    readonly slice: number;
    readonly polygons: readonly { hole: boolean; points: number[]; mm: number[] }[];
  }[];
}

const greatestDivisor = (a: number, b: number): number => (b === 0 ? a : greatestDivisor(b, a % b));

/** Pixels whose centres lie inside or on a polygon of pixel centres: Pick's theorem, A + B / 2 + 1. */
function pixelsOf(points: readonly number[]): number {
  let doubleArea = 0;
  let onBorder = 0;
  for (let i = 0; i < points.length; i += 2) {
    const next = (i + 2) % points.length;
    const [x0, y0, x1, y1] = [points[i], points[i + 1], points[next], points[next + 1]] as number[] as [
      number,
      number,
      number,
      number,
    ];
    doubleArea += x0 * y1 - x1 * y0;
    onBorder += greatestDivisor(Math.abs(x1 - x0), Math.abs(y1 - y0));
  }
  return Math.abs(doubleArea) / 2 + onBorder / 2 + 1;
}

async function readPerimeters(out: string): Promise<PerimetersFile> {
  return JSON.parse(await readFile(join(out, 'perimeters.json'), 'utf8'));
}

test('segment: the perimeters enclose the pixels of the mask, in pixels and in mm', async ({ input, model, out }) => {
  const command = [...kCommand, 'segment', input, '--out', out, '--model', model, '--accept-implausible'];
  const { exitCode, stderr } = await run(command);
  assert.is(exitCode, 0, stderr);
  const mask = await readMask(join(out, 'liver.nii.gz'));
  const { slices } = await readPerimeters(out);
  assert.ok(slices.length > 3);
  const [columns, rows] = phantom.size;
  for (let z = 0; z < phantom.size[2]; z++) {
    const inMask = mask.data.subarray(z * columns * rows, (z + 1) * columns * rows).reduce((sum, v) => sum + v, 0);
    const polygons = slices.find(({ slice }) => slice === z)?.polygons ?? [];
    assert.ok(polygons.every(({ hole }) => !hole));
    assert.is(
      polygons.reduce((sum, { points }) => sum + pixelsOf(points), 0),
      inMask,
      `slice ${z}`,
    );
    for (const { points, mm } of polygons) {
      assert.is(mm[0], phantom.origin[0] + (points[0] as number) * phantom.spacing[0]);
      assert.is(mm[1], phantom.origin[1] + (points[1] as number) * phantom.spacing[1]);
      assert.is(mm[2], phantom.origin[2] + z * phantom.spacing[2]);
    }
  }
});

function pixelsOfImage(image: Image): (x: number, y: number) => readonly [number, number, number] {
  const context = createCanvas(image.width, image.height).getContext('2d');
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  return (x, y) => {
    const at = 4 * (Math.floor(y) * image.width + Math.floor(x));
    return [data[at] as number, data[at + 1] as number, data[at + 2] as number];
  };
}

test('segment: the pictures show the scan in grey and the perimeter in yellow', async ({ out }) => {
  const { slices } = await readPerimeters(out);
  const names = slices.map(({ slice }) => `${String(slice).padStart(4, '0')}.png`);
  assert.equal((await readdir(join(out, 'overlay'))).sort(), names);
  for (const [index, { polygons }] of slices.entries()) {
    const image = await loadImage(await readFile(join(out, 'overlay', names[index] as string)));
    assert.is(Math.max(image.width, image.height), 512);
    const pixel = pixelsOfImage(image);
    const scale = image.width / phantom.size[0];
    const { points } = polygons[0] as { points: number[] };
    for (let i = 0; i < points.length; i += 2) {
      const at = [(points[i] as number) + 0.5, (points[i + 1] as number) + 0.5].map((v) => v * scale) as [
        number,
        number,
      ];
      // #ffe600, mixed with the grey below where a corner is smoothed.
      const [red, green, blue] = pixel(...at);
      assert.ok(red > 200 && green > 170 && blue < 80, `${names[index]} at ${at}: ${[red, green, blue]}`);
    }
    const [red, green, blue] = pixel(image.width / 2, image.height * 0.9);
    assert.ok(red === green && green === blue && red > 0, 'the body is grey');
    assert.equal(pixel(1, 1), [0, 0, 0], 'air is black');
  }
  const overview = await loadImage(await readFile(join(out, 'overview.png')));
  assert.ok(overview.width > 100 && overview.height > 100);
});

/** Every file below a folder, with its bytes. */
async function contentOf(path: string): Promise<Map<string, string>> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const contents = files.sort().map(async (file) => [file, await readFile(file, 'base64')] as const);
  return new Map(await Promise.all(contents));
}

test('segment: a disk that takes no more leaves the earlier result as it was', async ({ input, model, out }) => {
  const before = await contentOf(out);
  assert.ok(before.size > 4);
  const command = [...kCommand, 'segment', input, '--out', out, '--model', model, '--overlay', 'all'];
  // Files of at most 1 KiB: the mask still fits, the perimeters do not.
  const limited = ['bash', '-c', 'ulimit -f 1; exec "$@"', 'bash', ...command];
  const { exitCode, stderr } = await run(limited);
  assert.is(exitCode, 5, stderr);
  assert.match(stderr, /OUTPUT_UNWRITABLE/);
  assert.equal(await contentOf(out), before);
});

test('segment: interrupted while the outputs are staged, it leaves nothing behind', async ({ model }) => {
  const input = join(folder.path, 'long.nii');
  const size = [64, 56, 80] as const;
  await writeVolume(input, makePhantom({ size, organCentre: [26, 25, 40], organRadius: 12 }));
  const parent = join(folder.path, 'new');
  const out = join(parent, 'deeper', 'out');
  const command = [...kCommand, 'segment', input, '--out', out, '--model', model, '--overlay', 'all'];
  let staged: Promise<string[]> | undefined;
  const { exitCode, stderr } = await run(command, (text, stop) => {
    if (staged || !text.includes('rendering')) return;
    staged = readdir(out);
    stop();
  });
  assert.is(exitCode, 130, stderr);
  assert.match((await staged)?.join() ?? '', /^\.hepatica-/);
  assert.not.ok((await readdir(folder.path)).includes('new'), 'the folders made for it are gone');
});

test('segment: what else is in the folder stays when it fails', async ({ model }) => {
  const out = join(folder.path, 'kept');
  await mkdir(out);
  await writeFile(join(out, 'notes.txt'), 'mine');
  const text = join(folder.path, 'text.nii');
  await writeFile(text, 'not a scan');
  const { exitCode } = await run([...kCommand, 'segment', text, '--out', out, '--model', model]);
  assert.is(exitCode, 3);
  assert.equal(await readdir(out), ['notes.txt']);
});

test('render and train say of a JSON file that is not there that it is not', async () => {
  const missing = join(folder.path, 'missing.json');
  const out = join(folder.path, 'refused');
  for (const args of [
    ['render', '--history', missing, '--out', out],
    ['train', folder.path, '--config', missing, '--out', out],
  ]) {
    const { exitCode, stderr } = await run([...kCommand, ...args]);
    assert.is(exitCode, 3, stderr);
    assert.match(stderr, /missing\.json does not exist \(FILE_NOT_FOUND\)/);
  }
});

test('render and train refuse JSON files that are something else, by name', async () => {
  const out = join(folder.path, 'refused');
  const file = join(folder.path, 'other.json');
  for (const content of ['{"epochs":', '{"other": 1}']) {
    await writeFile(file, content);
    const { exitCode, stderr } = await run([...kCommand, 'render', '--history', file, '--out', out]);
    assert.is(exitCode, 3, stderr);
    assert.match(stderr, /other\.json.*\(NOT_A_HISTORY\)/);
  }
  for (const content of ['epochs = 3', '[]', 'null', '"text"']) {
    await writeFile(file, content);
    const { exitCode, stderr } = await run([...kCommand, 'train', folder.path, '--out', out, '--config', file]);
    assert.is(exitCode, 3, stderr);
    assert.match(stderr, /other\.json.*\(NOT_A_CONFIG\)/);
  }
  assert.not.ok((await readdir(folder.path)).includes('refused'));
});

test.run();
