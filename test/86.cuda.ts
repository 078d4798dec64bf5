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

test('beside a GPU, a libtorch without CUDA computes the network on the CPU, and says so', async () => {
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
    for (const device of ['cpu', 'auto', 'cuda']) {
      const { mask, warnings, device: used } = await hepatica.segmentLiver(volume, { model, device });
      const picture = await hepatica.preprocess(volume, { device });
      results[device] = {
        used,
        preprocessedOn: picture.device,
        codes: warnings.map(({ code }) => code),
        voxels: mask.reduce((sum, value) => sum + value, 0),
      };
    }
    console.log(JSON.stringify(results));`;
  const { stdout, stderr, exitCode } = await runCode(code, { HEPATICA_CUDA_LIBRARY: kInterpreted });
  assert.is(exitCode, 0, stderr);
  const { cpu, auto, cuda } = JSON.parse(stdout);
  assert.ok(cpu.voxels > 0);
  assert.not.ok(cpu.codes.includes('NETWORK_ON_CPU'));
  for (const result of [auto, cuda]) {
    assert.match(result.preprocessedOn, /^cuda:0 /);
    assert.is(result.used, 'cpu');
    assert.ok(result.codes.includes('NETWORK_ON_CPU'));
    assert.is(result.voxels, cpu.voxels);
  }
});

test.run();
