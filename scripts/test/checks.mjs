// Checks of the sources: types, lint, layout, include direction, file length. Each counts as one test.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findOnPath, outputOf, say } from '../setup/process.mjs';
import { kRoot } from '../setup.mjs';
import { runProgram } from './program.mjs';
import { add, kNothing } from './tally.mjs';

const kLongestFile = 400;
const kSource = /\.(h|cpp|cu|cuh|ts|mjs)$/;

/** Files of the working tree that git knows or would add. */
function sourceFiles(pattern) {
  const listed = outputOf('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: kRoot }) ?? '';
  const removed = new Set((outputOf('git', ['ls-files', '--deleted'], { cwd: kRoot }) ?? '').split('\n'));
  return listed.split('\n').filter((file) => pattern.test(file) && !removed.has(file));
}

function checkFileLengths() {
  const files = sourceFiles(kSource);
  const lengths = files.map((file) => ({
    file,
    lines: readFileSync(join(kRoot, file), 'utf8').split('\n').length - 1,
  }));
  const long = lengths.filter(({ lines }) => lines > kLongestFile);
  for (const { file, lines } of long) say(`${file} has ${lines} lines, more than ${kLongestFile}`);
  return files.length > 0 && long.length === 0;
}

/** A number names one file of tests. */
function checkTestNumbers() {
  const files = sourceFiles(/^test\/[^/]*\.ts$/);
  const wrong = files.filter((file) => {
    const [number] = /^test\/\d\d\./.exec(file) ?? [];
    return number === undefined || files.some((other) => other !== file && other.startsWith(number));
  });
  for (const file of wrong) say(`${file} has no number of its own`);
  return files.length > 0 && wrong.length === 0;
}

/** Sources of packages are those that apt, npm and pip are configured with. */
const kRegistryHost =
  /\b(deb|snapshot|security|ftp)\.debian\.org|registry\.(npmjs\.org|yarnpkg\.com)|\bpypi\.org|files\.pythonhosted\.org/;

export function registryHosts(folder, files) {
  const named = files.filter((file) => kRegistryHost.test(readFileSync(join(folder, file), 'utf8')));
  for (const file of named) say(`${file} names the host of a registry: use scripts/setup/package-sources.mjs`);
  return named;
}

/** What npm would publish: built files alone, and no binding.gyp, which would make npm compile on install. */
function checkPackage() {
  const listed = outputOf('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: kRoot });
  const files = listed === null ? [] : JSON.parse(listed)[0].files.map(({ path }) => path);
  const foreign = files.filter((file) => !/^(dist|weights)\/|^(package\.json|README\.md|LICENSE)$/.test(file));
  for (const file of foreign) say(`${file} must not be published`);
  return files.length > 0 && foreign.length === 0;
}

async function passes(command, args) {
  return (await runProgram(command, args, { cwd: kRoot })).exitCode === 0;
}

async function checkLayout() {
  const files = sourceFiles(/^(bench|native|test|scripts)\/.*\.(h|cpp|cu|cuh)$/);
  return files.length === 0 || passes('clang-format', ['--dry-run', '--Werror', ...files]);
}

/** Runs the checks one after the other; those whose tool is absent are skipped. */
export async function runChecks() {
  const bin = (name) => join(kRoot, 'node_modules/.bin', name);
  const checks = [
    { name: 'TypeScript types', check: () => passes(bin('tsc'), ['-p', 'tsconfig.check.json']) },
    { name: 'TypeScript types of the page', check: () => passes(bin('tsc'), ['-p', 'tsconfig.page.json']) },
    { name: 'biome', check: () => passes(bin('biome'), ['check', '--error-on-warnings', '.']) },
    { name: 'clang-format', check: checkLayout, isAbsent: !findOnPath('clang-format') },
    { name: 'include direction', check: () => passes(process.execPath, ['scripts/check-includes.mjs']) },
    {
      name: 'options: declarations and tables follow from the schemas',
      check: () => passes(process.execPath, ['--import', 'tsx', 'scripts/options.mjs', '--check']),
    },
    {
      name: 'API reference: all is said, and etc/ is of this API',
      check: () => passes(process.execPath, ['scripts/api-reference.mjs', '--check']),
    },
    { name: 'error codes', check: () => passes(process.execPath, ['scripts/error-codes.mjs', '--check']) },
    {
      name: 'no registry by name',
      check: async () =>
        registryHosts(kRoot, sourceFiles(/^(scripts|bench)\/.*\.(mjs|js|sh|json|ya?ml)$/)).length === 0,
    },
    { name: `no file over ${kLongestFile} lines`, check: async () => checkFileLengths() },
    { name: 'tests have a number each', check: async () => checkTestNumbers() },
    { name: 'published files', check: async () => checkPackage() },
  ];
  let tally = kNothing;
  for (const { name, check, isAbsent } of checks) {
    const outcome = isAbsent ? 'skipped' : (await check()) ? 'passed' : 'failed';
    say(`check: ${name}: ${outcome}`);
    tally = add(tally, { ...kNothing, [outcome]: 1 });
  }
  return tally;
}
