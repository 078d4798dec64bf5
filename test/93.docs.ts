/** The examples in docs/: TypeScript is compiled, commands have only flags that exist, and what says `run` is run. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { addCommands } from '../src/cli/commands.js';
import { kMain, kRoot, runProgram } from './support/programs.js';

const test = suite('docs');

const kDocs = join(kRoot, 'docs');
const kPhantom = join(kRoot, 'test/data/phantom');

/** What examples speak of and do not make. */
const kGiven = `
declare const anyOfThem: unknown;
declare const seriesInstanceUid: string;
declare const keys: readonly string[];
declare const Bucket: string;
declare class GetObjectCommand { constructor(input: { Bucket: string; Key: string }); }
declare const s3: { send(command: GetObjectCommand): Promise<{ Body: import('node:stream').Readable }> };
`;

interface Example {
  readonly language: string;
  readonly isRun: boolean;
  readonly text: string;
}

function examplesOf(page: string): Example[] {
  const found = readFileSync(join(kDocs, page), 'utf8').matchAll(/^```(\w+)( run)?\n([\s\S]*?)^```$/gm);
  return [...found].map(([, language = '', run, text = '']) => ({ language, isRun: run !== undefined, text }));
}

const pages = readdirSync(kDocs).filter((name) => name.endsWith('.md'));
/** What is built, and ignored by git. */
const kWork = join(kRoot, 'build/docs');
mkdirSync(kWork, { recursive: true });
const folder = mkdtempSync(join(kWork, 'examples-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

/** All TypeScript of a page is one program: later examples go on from earlier ones. */
function programOf(page: string, wanted: (example: Example) => boolean): string {
  const parts = examplesOf(page).filter((example) => example.language === 'ts' && wanted(example));
  return parts.map(({ text }) => text).join('\n');
}

test('every example in TypeScript compiles', async () => {
  const paths = { hepatica: ['../../../src/index.ts'], 'hepatica/documents': ['../../../src/documents/index.ts'] };
  writeFileSync(join(folder, 'given.d.ts'), kGiven);
  for (const page of pages) {
    const program = programOf(page, () => true);
    if (program !== '')
      writeFileSync(join(folder, `${page}.ts`), program.includes('import ') ? program : `${program}\nexport {};\n`);
  }
  const compilerOptions = {
    paths,
    noEmit: true,
    rootDir: '../../..',
    noUnusedLocals: false,
    lib: ['ES2023', 'esnext.disposable'],
  };
  const config = {
    extends: '../../../tsconfig.json',
    compilerOptions,
    include: ['*.ts', '../../../src/mesh/*.d.ts'],
    exclude: [],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  const compiler = join(kRoot, 'node_modules/.bin/tsc');
  const { exitCode, stdout } = await runProgram(compiler, ['-p', join(folder, 'tsconfig.json')]);
  assert.is(stdout, '');
  assert.is(exitCode, 0);
});

/** The commands of a page, each as its words; a line that ends in a backslash goes on. */
function commandsOf(page: string): string[][] {
  const shell = examplesOf(page).filter(({ language }) => language === 'sh');
  const lines = shell.flatMap(({ text }) => text.replaceAll('\\\n', ' ').split('\n'));
  const words = lines.map((line) => line.replace(/ #.*$/, '').trim().split(/\s+/));
  return words.flatMap((line) => (line.includes('hepatica') ? [line.slice(line.indexOf('hepatica') + 1)] : []));
}

test('commands in examples exist, and have the flags that they are given', () => {
  const program = new Command();
  addCommands(program);
  let checked = 0;
  for (const page of pages) {
    for (const [name, ...words] of commandsOf(page)) {
      const command = program.commands.find((one) => one.name() === name);
      if (!command && !words.some((word) => word.startsWith('--'))) continue;
      assert.ok(command, `${page}: hepatica ${name}`);
      const flags = words.filter((word) => word.startsWith('--'));
      const known = new Set(command.options.map(({ long }) => long));
      assert.equal(
        flags.filter((flag) => !known.has(flag)),
        [],
        `${page}: hepatica ${name}`,
      );
      checked += 1;
    }
  }
  assert.ok(checked > 10, 'examples were found');
});

test('the pages that the index names are there, and it names every page', () => {
  const named = [...readFileSync(join(kDocs, 'README.md'), 'utf8').matchAll(/\]\(([^)]+)\)/g)].map(
    ([, path]) => path as string,
  );
  assert.equal(
    named.filter((path) => !existsSync(join(kDocs, path))),
    [],
  );
  assert.equal(
    pages.filter((page) => page !== 'README.md' && !named.includes(page)),
    [],
  );
});

const scans = join(folder, 'run');
test.before(() => {
  if (!existsSync(kPhantom)) return;
  mkdirSync(join(scans, 'study'), { recursive: true });
  cpSync(join(kPhantom, 'dicom'), join(scans, 'study/ct'), { recursive: true });
  for (const name of ['liver.nii.gz', 'lesions.nii.gz']) cpSync(join(kPhantom, name), join(scans, name));
});

for (const page of pages) {
  const program = programOf(page, ({ isRun }) => isRun);
  const shell = examplesOf(page).filter(({ language, isRun }) => language === 'sh' && isRun);
  if (program === '' && shell.length === 0) continue;
  test(`the examples of ${page} run on the phantom`, async () => {
    if (!existsSync(kPhantom)) return void console.log(`skipped: no ${kPhantom} (npm run phantom)`);
    const tsx = join(kRoot, 'node_modules/tsx/dist/loader.mjs');
    if (program !== '') {
      const file = join(scans, `${page}.mts`);
      const index = JSON.stringify(join(kRoot, 'src/index.ts'));
      writeFileSync(file, program.replaceAll(/from 'hepatica'/g, `from ${index}`));
      const run = `cd "${scans}" && exec "${process.execPath}" --import "${tsx}" "${file}"`;
      const { exitCode, stderr } = await runProgram('/bin/bash', ['-c', run]);
      assert.is(exitCode, 0, stderr);
    }
    const hepatica = `hepatica() { "${process.execPath}" --import "${tsx}" "${kMain}" "$@"; }`;
    for (const { text } of shell) {
      const { exitCode, stderr } = await runProgram('/bin/bash', ['-c', `set -e; cd "${scans}"; ${hepatica}\n${text}`]);
      assert.is(exitCode, 0, stderr);
    }
  });
}

test("the README's way from a PACS and back is the one that runs against an archive", () => {
  const [example] = examplesOf('dicomweb.md').filter(({ language }) => language === 'js');
  assert.ok(example && readFileSync(join(kRoot, 'README.md'), 'utf8').includes(example.text));
});

test.run();
