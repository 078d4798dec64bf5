import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readErrorTable, staleFiles } from '../scripts/error-codes.mjs';
import { type ErrorCode, kErrorCodes, kErrorKinds } from '../src/error-codes.js';
import { nativeError } from '../src/errors.js';
import * as hepatica from '../src/index.js';
import { native } from '../src/native/load.js';
import { rejection } from './support/rejections.js';

const kRoot = fileURLToPath(new URL('..', import.meta.url));
const kTable = readErrorTable();

/** Text in capitals that is no code: values of DICOM, a variable of the environment, a name in two parts. */
const kOtherCapitals = new Set([
  'CLOSED_PLANAR',
  'EFF_ATOMIC_NUM',
  'ELECTRON_DENSITY',
  'FAT_MAP',
  'HEPATICA_CUDA_LIBRARY',
  'HU_MOD',
  'IODINE_MAP',
  'MAT_FRACTIONAL',
  'MAT_MOD',
  'MAT_REMOVED',
  'MAT_VALUE_BASED',
  'MONO_E',
  'URIC_ACID',
  'DOSE_INFO',
  'Z_EFF',
  'CUBLAS_WORKSPACE_CONFIG',
  'WORLD_SIZE',
  'MASTER_ADDR',
  'MASTER_PORT',
  'GOMP_SPINCOUNT',
  'OMP_WAIT_POLICY',
  'HEPATICA_NCCL_LIBRARY',
  'TORCH_NCCL_ASYNC_ERROR_HANDLING',
  'TORCH_NCCL_ENABLE_MONITORING',
  'TORCH_NCCL_DUMP_ON_TIMEOUT',
  'TORCH_NCCL_PROPAGATE_ERROR',
  'TORCH_NCCL_LOG_CPP_STACK_ON_UNCLEAN_SHUTDOWN',
  'ONEDNN_MAX_CPU_ISA',
  'DNNL_MAX_CPU_ISA',
]);

interface Literal {
  readonly text: string;
  readonly file: string;
}

/** Literals that look like a code, in all sources of a folder but the table's own. */
function capitals(folder: string): Literal[] {
  const literals: Literal[] = [];
  for (const name of readdirSync(join(kRoot, folder), { recursive: true }) as string[]) {
    if (!/\.(h|cpp|cu|cuh|ts)$/.test(name) || name === 'error-codes.ts') continue;
    const code = readFileSync(join(kRoot, folder, name), 'utf8').replace(/^\s*(\/\/|\*|\/\*).*$/gm, '');
    for (const [, text] of code.matchAll(/["']((?:[A-Z][A-Z0-9]*_[A-Z0-9_]+)|DISPOSED|ABORTED|CANCELLED)["']/g)) {
      literals.push({ text: text as string, file: join(folder, name) });
    }
  }
  return literals;
}

const kLiterals = [...capitals('native'), ...capitals('src')];

test('every code in the sources is in the table', () => {
  const known = new Set([...kTable.errors, ...kTable.warnings].map(({ code }) => code));
  const unknown = kLiterals.filter(({ text }) => !known.has(text) && !kOtherCapitals.has(text));
  assert.equal(
    unknown.map(({ text, file }) => `${text} in ${file}`),
    [],
  );
});

test('every row of the table is used, and no code has two rows', () => {
  const used = new Set(kLiterals.map(({ text }) => text));
  const codes = [...kTable.errors, ...kTable.warnings].map(({ code }) => code);
  assert.equal(
    codes.filter((code) => !used.has(code)),
    [],
  );
  assert.is(new Set(codes).size, codes.length);
});

test('the table of TypeScript is the one of C++', async () => {
  assert.equal(staleFiles(), [], 'node scripts/error-codes.mjs was not run');
  const table = (await native()).binding.errorTable();
  assert.equal(table.codes, kErrorCodes);
  assert.equal(table.kinds, kErrorKinds);
});

test("each code's error is of its kind's class, whichever side throws it", () => {
  for (const [code, kind] of Object.entries(kErrorCodes)) {
    const { className } = kErrorKinds[kind];
    const thrown = Object.assign(new Error('what happened'), { code, kind, file: 'f', field: 'x', remedy: 'r' });
    const error = nativeError(thrown) as hepatica.HepaticaError;
    assert.ok(Object.values(hepatica).includes(error.constructor as never), `${error.constructor} is not public`);
    assert.is(error.constructor.name, className, code);
    const { name, message, file, field, remedy } = error;
    assert.equal([name, error.code, message, file, field, remedy], [className, code, 'what happened', 'f', 'x', 'r']);
  }
});

test('errors that were taken for unusable input have their own class and exit code', () => {
  const kinds: Partial<Record<ErrorCode, string>> = {
    TRAINING_DIVERGED: 'training',
    PATIENT_LEAK: 'argument',
    CANCELLED: 'cancelled',
    UNSUPPORTED_PRECISION: 'device',
  };
  for (const [code, kind] of Object.entries(kinds)) assert.is(kErrorCodes[code as ErrorCode], kind);
  const ownCodes = Object.values(kErrorKinds).map(({ exitCode }) => exitCode);
  assert.equal(
    [...new Set(ownCodes)].sort((a, b) => a - b),
    [1, 2, 3, 4, 5, 6, 7, 9, 130],
  );
});

test('an error of the native part comes in its class', async () => {
  const absent = join(kRoot, 'no-such-file.nii.gz');
  const error = await rejection(hepatica.readVolume(absent), hepatica.InputFileError, 'FILE_NOT_FOUND');
  assert.is(error.file, absent);
  await rejection(hepatica.loadModel(absent), hepatica.InputFileError, 'FILE_NOT_FOUND');
});

test("each code that a comment's @throws names is of the class before it", () => {
  let named = 0;
  for (const name of readdirSync(join(kRoot, 'src'), { recursive: true }) as string[]) {
    if (!name.endsWith('.ts')) continue;
    for (const [comment] of readFileSync(join(kRoot, 'src', name), 'utf8').matchAll(/\/\*\*[\s\S]*?\*\//g)) {
      let className = '';
      for (const [, link, code] of (comment.split('@throws')[1] ?? '').matchAll(/(\w+Error)\b|`([A-Z]+_[A-Z_]+)`/g)) {
        className = link ?? className;
        if (!code) continue;
        named++;
        assert.is(kErrorKinds[kErrorCodes[code as ErrorCode]]?.className, className, `${code} in ${name}`);
      }
    }
  }
  assert.ok(named > 50);
});

test('what is no error of hepatica stays itself, a native error without a code is an internal one', () => {
  const reason = { why: 'aborted' };
  assert.is(nativeError(reason), reason);
  const own = new hepatica.ModelError('WRONG_MODEL', 'x');
  assert.is(nativeError(own), own);
  assert.is((nativeError(new TypeError('x')) as hepatica.HepaticaError).code, 'INTERNAL_ERROR');
});

test.run();
