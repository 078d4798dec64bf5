// What serves machines with a GPU, as far as it shows on one without: the add-on's links, and a GPU beside a libtorch
// without CUDA (the interpreter of the kernels stands for the GPU).
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { writeThresholdModel } from './support/models.js';
import { findLibtorch, kRoot, makeFolder, runCode } from './support/programs.js';

const kRelease = join(kRoot, 'build', 'Release');
const kAddon = join(kRelease, 'hepatica.node');
const kInterpreted = join(kRelease, 'libhepatica_cuda_interpreted.so');

function output(program: string, args: readonly string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 28 });
}

function neededLibraries(file: string): string[] {
  return [...output('readelf', ['-d', file]).matchAll(/\(NEEDED\).*\[(.*)\]/g)].map((match) => match[1] as string);
}

/** Mangled names of libtorch's: in the namespaces at, c10, caffe2 and torch. */
const kOfLibtorch = /^_Z\w*?(2at|3c10|6caffe2|5torch)\d/;

function symbolsNeeded(file: string): string[] {
  const lines = output('nm', ['-D', '--undefined-only', file]).split('\n');
  // U: needed; w may be absent.
  return lines.flatMap((line) => line.match(/^\s*U (\w+)/)?.[1] ?? []).filter((name) => kOfLibtorch.test(name));
}

function symbolsOffered(libtorch: string): Set<string> {
  const offered = new Set<string>();
  for (const name of ['libtorch_cpu.so', 'libc10.so']) {
    for (const line of output('nm', ['-D', '--defined-only', join(libtorch, name)]).split('\n')) {
      offered.add(line.split(' ').at(-1)?.split('@')[0] as string);
    }
  }
  return offered;
}

const folder = makeFolder();
const test = suite('cuda');
test.after(() => folder.remove());

test('the add-on needs no library of CUDA, so that it loads where there is none', () => {
  for (const file of [kAddon, join(kRelease, 'hepatica_preload.node')]) {
    const needed = neededLibraries(file);
    assert.ok(needed.includes('libc.so.6'));
    assert.equal(
      needed.filter((name) => /cuda|cudnn|cublas|nvrtc|nccl/i.test(name)),
      [],
    );
  }
});

test('the add-on needs of libtorch what every build of it offers, with or without CUDA', () => {
  const needed = symbolsNeeded(kAddon);
  assert.ok(needed.length > 100, `${needed.length} symbols`);
  const missing = (libtorch: string) => {
    const offered = symbolsOffered(libtorch);
    return needed.filter((name) => !offered.has(name));
  };
  assert.equal(missing(findLibtorch()), []);
});

test('the add-on links with a CUDA build of libtorch', () => {
  const libtorch = process.env.HEPATICA_CUDA_LIBTORCH;
  if (!libtorch || !existsSync(join(libtorch, 'lib', 'libtorch_cuda.so'))) {
    console.log('skipped: HEPATICA_CUDA_LIBTORCH names no CUDA build of libtorch to compare with');
    return;
  }
  const offered = symbolsOffered(join(libtorch, 'lib'));
  assert.equal(
    symbolsNeeded(kAddon).filter((name) => !offered.has(name)),
    [],
  );
});

test('beside a GPU, a libtorch without CUDA makes auto the CPU, which is told, and refuses cuda', async () => {
  if (!existsSync(kInterpreted)) {
    console.log('skipped: the interpreted kernels were not built (no nvcc)');
    return;
  }
  const model = writeThresholdModel(join(folder.path, 'model.safetensors'));
  const code = `
    const { makePhantom } = await import(${JSON.stringify(join(kRoot, 'test/support/volumes.ts'))});
    const volume = makePhantom({ size: [40, 36, 5], organRadius: 8 });
    const model = await hepatica.loadModel(${JSON.stringify(model)});
    const results = {};
    for (const device of ['cpu', 'auto', 'cuda', 'cuda:0', 'cuda:1']) {
      const picture = await hepatica.preprocess(volume, { device }).catch((error) => ({ device: error.code }));
      results[device] = await hepatica.segmentLiver(volume, { model, device }).then(
        ({ mask, warnings, device: used }) => ({
          used,
          told: warnings.filter(({ code }) => code === 'GPU_NOT_USED').map(({ message }) => message),
          voxels: mask.reduce((sum, value) => sum + value, 0),
        }),
        ({ code, message, field }) => ({ code, message, field }),
      );
      results[device].preprocessedOn = picture.device;
    }
    const { cuda, queues } = await hepatica.deviceInfo();
    console.log(JSON.stringify({ results, cuda, queues }));`;
  const { stdout, stderr, exitCode } = await runCode(code, { HEPATICA_CUDA_LIBRARY: kInterpreted });
  assert.is(exitCode, 0, stderr);
  const { results, cuda, queues } = JSON.parse(stdout);
  assert.ok(results.cpu.voxels > 0);
  assert.equal(results.cpu.told, []);
  assert.is(results.cpu.preprocessedOn, 'cpu');
  assert.match(results.auto.preprocessedOn, /^cuda:0 /);
  assert.is(results.auto.used, 'cpu');
  assert.is(results.auto.voxels, results.cpu.voxels);
  assert.is(results.auto.told.length, 1);
  assert.match(results.auto.told[0], 'this libtorch was built without CUDA');
  for (const device of ['cuda', 'cuda:0', 'cuda:1']) {
    assert.is(results[device].code, 'NO_CUDA_DEVICE');
    assert.is(results[device].field, 'device');
    assert.match(results[device].message, `'${device}'`);
  }
  assert.match(results['cuda:0'].preprocessedOn, /^cuda:0 /);
  assert.is(results['cuda:1'].preprocessedOn, 'NO_CUDA_DEVICE');
  assert.is(cuda.networks, false);
  assert.match(cuda.networksReason, 'built without CUDA');
  assert.equal(
    queues.map(({ device, running, waiting }: Record<string, unknown>) => [`${device}`.slice(0, 6), running, waiting]),
    [
      ['cpu', 0, 0],
      ['cuda:0', 0, 0],
    ],
  );
});

test.run();
