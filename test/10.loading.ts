import { cpSync, existsSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as hepatica from '../src/index.js';
import { findLibtorch, kRoot, makeFolder, runCode, runNode } from './support/programs.js';

const test = suite('loading');

const kErrorClasses = [
  'DeviceError',
  'HepaticaError',
  'InputFileError',
  'InvalidArgumentError',
  'ModelError',
  'NativeLoadError',
  'OutputError',
];

test('the façade exports the documented calls', () => {
  const calls = [
    'deviceInfo',
    'evaluateSegmentation',
    'listSeries',
    'loadModel',
    'preprocess',
    'readMask',
    'readSeries',
  ];
  const more = ['readVolume', 'saveModel', 'segmentLiver', 'segmentStructure', 'writeMask', 'writeVolume'];
  for (const name of [...calls, ...more, ...kErrorClasses]) {
    assert.type((hepatica as Record<string, unknown>)[name], 'function', name);
  }
});

test('deviceInfo names the versions, the devices and the CPU', async () => {
  const info = await hepatica.deviceInfo();
  assert.match(info.version, /^\d+\.\d+\.\d+/);
  assert.match(info.libtorch, /^2\.13\.0/);
  assert.is(info.cuda.available, info.cuda.devices.length > 0);
  assert.is(info.cuda.reason === '', info.cuda.available);
  assert.ok(info.cpu.threads >= 1);
  if (info.cpu.bf16) assert.ok(info.cpu.features.some((feature) => /bf16/.test(feature)));
});

test('importing alone loads no native code', async () => {
  const code = `
    const { readFileSync } = await import('node:fs');
    console.log(/libtorch|\\.node$/m.test(readFileSync('/proc/self/maps', 'utf8')));`;
  const { stdout } = await runCode(code);
  assert.is(stdout.trim(), 'false');
});

test("threads of libtorch's that have no work do not keep the cores busy, unless the user says so", async () => {
  const code = `
    import { deviceInfo } from './src/index.ts';
    await deviceInfo();
    console.log(JSON.stringify(Object.keys(process.env).filter((name) => /^(GOMP|OMP_WAIT)/.test(name))));`;
  for (const [given, spins] of [
    [{}, '2000'],
    [{ GOMP_SPINCOUNT: '77' }, '77'],
    [{ OMP_WAIT_POLICY: 'PASSIVE' }, '0'],
  ] as const) {
    const { stdout, stderr } = await runCode(code, { ...given, OMP_DISPLAY_ENV: 'verbose' });
    assert.match(stderr, new RegExp(`GOMP_SPINCOUNT = '${spins}'`));
    assert.equal(JSON.parse(stdout), Object.keys(given), 'the environment, which children get, is as it was');
  }
});

test('a CommonJS program can require the package', async () => {
  assert.ok(existsSync(join(kRoot, 'dist/index.js')), 'dist/ is missing: npm run build:ts');
  const { stdout, stderr, exitCode } = await runNode(['test/fixtures/require.cjs']);
  assert.is(exitCode, 0, stderr);
  const result = JSON.parse(stdout) as { exports: string[]; first: number };
  assert.ok(result.exports.includes('segmentLiver'));
  assert.is(result.first, Math.floor((150 * 255 + 250) / 500));
});

const kReportFailure = `
  await hepatica.deviceInfo().then(
    () => console.log('{}'),
    ({ name, code, message, file, remedy }) => console.log(JSON.stringify({ name, code, message, file, remedy })));`;

test('a missing libtorch is said with the folder and what to type', async () => {
  const { stdout } = await runCode(kReportFailure, { HEPATICA_LIBTORCH: '/nowhere/libtorch' });
  const error = JSON.parse(stdout) as Record<string, string>;
  assert.is(error.name, 'NativeLoadError');
  assert.is(error.code, 'LIBTORCH_NOT_FOUND');
  assert.match(error.message ?? '', '/nowhere/libtorch');
  assert.match(error.message ?? '', 'HEPATICA_LIBTORCH');
  assert.match(error.remedy ?? '', 'npm ');
});

test('a package without an add-on for this machine says so', async () => {
  const folder = makeFolder();
  try {
    for (const name of ['src', 'package.json']) cpSync(join(kRoot, name), join(folder.path, name), { recursive: true });
    symlinkSync(join(kRoot, 'node_modules'), join(folder.path, 'node_modules'));
    const code = `const hepatica = await import(${JSON.stringify(join(folder.path, 'src/index.ts'))});${kReportFailure}`;
    const { stdout, stderr } = await runNode(['--import', 'tsx', '--input-type=module', '--eval', code], {
      HEPATICA_LIBTORCH: findLibtorch(),
    });
    const error = JSON.parse(stdout || stderr) as Record<string, string>;
    assert.is(error.name, 'NativeLoadError');
    assert.is(error.code, 'ADDON_NOT_FOUND');
    assert.is(error.file, folder.path);
    assert.match(error.remedy ?? '', 'npm ');
  } finally {
    folder.remove();
  }
});

test('a libtorch that cannot be opened is said with the file and the reason', async () => {
  const folder = makeFolder();
  for (const name of ['libc10.so', 'libtorch_cpu.so', 'libtorch.so']) writeFileSync(join(folder.path, name), 'text');
  writeFileSync(join(folder.path, 'build-version'), '2.13.0+cpu\n');
  const { stdout } = await runCode(kReportFailure, { HEPATICA_LIBTORCH: folder.path });
  folder.remove();
  const error = JSON.parse(stdout) as Record<string, string>;
  assert.is(error.code, 'ADDON_LOAD_FAILED');
  assert.is(error.file, folder.path);
  assert.match(error.message ?? '', 'libc10.so');
  assert.match(error.remedy ?? '', 'HEPATICA_LIBTORCH');
});

test('after a failure to load the next call tries again', async () => {
  const code = `
    const right = process.env.HEPATICA_LIBTORCH;
    process.env.HEPATICA_LIBTORCH = '/nowhere';
    const first = await hepatica.deviceInfo().catch((error) => error.code);
    if (right) process.env.HEPATICA_LIBTORCH = right;
    else delete process.env.HEPATICA_LIBTORCH;
    console.log(first, (await hepatica.deviceInfo()).libtorch);`;
  const { stdout, stderr } = await runCode(code);
  assert.match(stdout, /^LIBTORCH_NOT_FOUND 2\.13/, stderr);
});

test.run();
