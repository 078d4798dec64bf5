// Each reason why the native part cannot be loaded, with what to type.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { kLibtorchVersion } from '../scripts/setup/libtorch.mjs';
import { loadFailure, missingAddon, thisMachine, unsupportedMachine } from '../src/loading/failure.js';
import { describeLibtorch, versionMismatch } from '../src/loading/libtorch.js';
import { neededLibtorch } from '../src/loading/packages.js';
import { findLibtorch, makeFolder, runCode } from './support/programs.js';

const test = suite('loading failures');
const folder = makeFolder();
test.after(() => folder.remove());

const kLinux = { platform: 'linux', arch: 'x64', glibc: '2.36' };

test('the machine is described by its C library', () => {
  assert.match(thisMachine().glibc ?? '', /^2\.\d+/);
  assert.is(unsupportedMachine(thisMachine()), null);
});

test('another system, another processor and musl are told apart', () => {
  const reasons = [
    { machine: { ...kLinux, platform: 'darwin' }, word: 'darwin' },
    { machine: { ...kLinux, arch: 'arm64' }, word: 'arm64' },
    { machine: { ...kLinux, glibc: null }, word: 'musl' },
  ];
  for (const { machine, word } of reasons) {
    const error = missingAddon(new Error('none'), machine);
    assert.is(error.code, 'UNSUPPORTED_PLATFORM');
    assert.match(error.message, word);
    assert.match(error.remedy ?? '', 'glibc');
  }
});

test("the dynamic loader's complaints are put into words", () => {
  const complaints = [
    {
      text: "/lib/x86_64-linux-gnu/libm.so.6: version `GLIBC_2.35' not found (required by /app/hepatica.glibc.node)",
      code: 'UNSUPPORTED_PLATFORM',
      words: ['glibc is too old', 'GLIBC_2.35', 'hepatica.glibc.node'],
    },
    {
      text: "libstdc++.so.6: version `GLIBCXX_3.4.30' not found (required by /app/hepatica.glibc.node)",
      code: 'UNSUPPORTED_PLATFORM',
      words: ['libstdc++ is too old', 'GLIBCXX_3.4.30'],
    },
    {
      text: 'libstdc++.so.6: cannot open shared object file: No such file or directory',
      code: 'UNSUPPORTED_PLATFORM',
      words: ['lacks libstdc++.so.6'],
    },
    { text: '/lib/libc10.so: wrong ELF class: ELFCLASS32', code: 'ADDON_LOAD_FAILED', words: ['wrong ELF class'] },
    {
      text: 'another libtorch is already loaded: /opt/torch/libc10.so',
      code: 'LIBTORCH_CONFLICT',
      words: ['/opt/torch/libc10.so'],
    },
    { text: 'something else', code: 'ADDON_LOAD_FAILED', words: ['something else'] },
  ];
  for (const { text, code, words } of complaints) {
    const error = loadFailure('/app/file', new Error(text));
    assert.is(error.code, code, text);
    assert.is(error.file, '/app/file');
    assert.ok(error.remedy);
    for (const word of words) assert.ok(error.message.includes(word), `${error.message} lacks ${word}`);
  }
});

test("the version is known from each of libtorch's distributions, and compared", () => {
  assert.is(neededLibtorch, kLibtorchVersion);
  const files = {
    'build-version': ['2.13.0+cu130\n', null],
    'version.py': ["__version__ = '2.12.1+cpu'\n", 'it is version 2.12.1+cpu'],
    'package.json': ['{ "hepatica": { "libtorch": "2.13.0" } }', null],
  } as const;
  for (const [name, [text, mismatch]] of Object.entries(files)) {
    const place = join(folder.path, name.replace('.', '-'));
    mkdirSync(join(place, 'lib'), { recursive: true });
    writeFileSync(join(place, 'lib', 'libtorch.so'), '');
    writeFileSync(join(place, name), text);
    const found = describeLibtorch(place, 'a test');
    assert.ok(found);
    assert.is(versionMismatch(found), mismatch);
  }
});

const kReport = `
  await hepatica.deviceInfo().then(
    (info) => console.log(JSON.stringify(info)),
    ({ code, message, remedy }) => console.log(JSON.stringify({ code, message, remedy })));`;

test('a libtorch of another version is refused before it is loaded', async () => {
  const place = join(folder.path, 'version-py');
  const { stdout } = await runCode(kReport, { HEPATICA_LIBTORCH: place });
  const error = JSON.parse(stdout) as Record<string, string>;
  assert.is(error.code, 'LIBTORCH_VERSION');
  assert.match(error.message ?? '', '2.12.1');
  assert.match(error.message ?? '', neededLibtorch);
});

test('another libtorch in the process is refused with both places', async () => {
  const other = join(folder.path, 'other');
  mkdirSync(other);
  copyFileSync(join(findLibtorch(), 'libc10.so'), join(other, 'libc10.so'));
  const { preloadOf, findAddon } = await import('../src/native/load.js');
  // Opens libc10.so, which stays, and then finds no libtorch_cpu.so.
  const code = `
    const { createRequire } = await import('node:module');
    const preload = createRequire('/')(${JSON.stringify(preloadOf(findAddon()))});
    await preload.open(${JSON.stringify(other)}).catch(() => {});`;
  const { stdout } = await runCode(code + kReport);
  const error = JSON.parse(stdout) as Record<string, string>;
  assert.is(error.code, 'LIBTORCH_CONFLICT');
  assert.match(error.message ?? '', other);
  assert.match(error.remedy ?? '', 'process of its own');
});

test('a GPU build that cannot be used gives way to the CPU, and the results say so', async () => {
  const place = join(folder.path, 'gpu');
  mkdirSync(join(place, 'lib'), { recursive: true });
  for (const name of ['libc10.so', 'libtorch_cpu.so', 'libtorch.so', 'libtorch_cuda.so']) {
    writeFileSync(join(place, 'lib', name), 'text');
  }
  writeFileSync(join(place, 'build-version'), `${neededLibtorch}+cu130\n`);
  const volumes = JSON.stringify(new URL('./support/volumes.ts', import.meta.url).href);
  const code = `
    const { makePhantom } = await import(${volumes});
    const liver = await hepatica.segmentLiver(makePhantom());
    console.log(JSON.stringify({ device: liver.device, warnings: liver.warnings }));`;
  const { stdout, stderr } = await runCode(code, { HEPATICA_LIBTORCH: place });
  if (/LIBTORCH_NOT_FOUND|ADDON_LOAD_FAILED/.test(stderr)) {
    console.log("skipped: there is no libtorch beside HEPATICA_LIBTORCH's to fall back to");
    return;
  }
  const result = JSON.parse(stdout) as { device: string; warnings: { code: string; message: string }[] };
  assert.is(result.device, 'cpu');
  const warning = result.warnings.find(({ code }) => code === 'GPU_LIBTORCH_UNUSABLE');
  assert.match(warning?.message ?? '', place);
});

test('the package names the version that the scripts set up', () => {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  assert.is(manifest.hepatica.libtorch, kLibtorchVersion);
});

test('a working directory that was removed is an error before loading, and no matter after', async () => {
  const program = (before: string) => `
    const { mkdtempSync, rmdirSync } = await import('node:fs');
    const { tmpdir } = await import('node:os');
    const gone = mkdtempSync(tmpdir() + '/hepatica-gone-');
    ${before}
    process.chdir(gone);
    rmdirSync(gone);
    const codes = [];
    for (let i = 0; i < 2; i++) {
      await hepatica.deviceInfo().then(() => codes.push('loaded'), ({ code, remedy }) => codes.push(code, !!remedy));
      if (i === 0) process.chdir('/');
    }
    console.log(codes.join());`;
  const { stdout, stderr, exitCode } = await runCode(program(''));
  assert.equal({ stdout, stderr, exitCode }, { stdout: 'NO_WORKING_DIRECTORY,true,loaded\n', stderr: '', exitCode: 0 });
  assert.is((await runCode(program('await hepatica.deviceInfo();'))).stdout, 'loaded,loaded\n');
});

test.run();
