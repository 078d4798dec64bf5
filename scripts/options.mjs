// Writes what follows from the schemas in src/schema: the declarations of their types, and the tables of options in docs/.
//   --check   writes nothing, fails where a file is stale
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { kOptionTypes, kPictureOptionTypes, kTrainingOptionTypes } from '../src/schema/calls.ts';
import { declarations } from './options/declarations.mjs';
import { withTables } from './options/tables.mjs';
import { main, say } from './setup/process.mjs';
import { kRoot } from './setup.mjs';

const kTypes = { ...kOptionTypes, ...kPictureOptionTypes, ...kTrainingOptionTypes };
const kImports = {
  '../render/scene.js': ['SliceChoice'],
  '../train/training-run.js': ['EpochRecord'],
  '../types.js': [
    ...['ContrastPhase', 'DeviceChoice', 'HistogramEqualization', 'LesionType', 'MaskInput', 'Model', 'Postprocessing'],
    ...['Progress', 'RvdConvention', 'Volume', 'VolumeInput'],
  ],
  './option-types.js': ['DeviceOptions', 'RunOptions'],
};

/** As biome lays it out. */
function formatted(file, text) {
  const biome = join(kRoot, 'node_modules/.bin/biome');
  return execFileSync(biome, ['check', '--write', `--stdin-file-path=${file}`], {
    cwd: kRoot,
    input: text,
    encoding: 'utf8',
  });
}

/** Each file with what it should hold. */
function generatedFiles() {
  const types = (name, names, imports) => {
    const file = `src/schema/${name}.ts`;
    return [file, formatted(file, declarations(names, kTypes, imports))];
  };
  const pages = readdirSync(join(kRoot, 'docs')).filter((name) => name.endsWith('.md'));
  const { './option-types.js': _own, ...common } = kImports;
  return [
    types('option-types', Object.keys(kOptionTypes), common),
    types('picture-option-types', Object.keys(kPictureOptionTypes), kImports),
    types('training-option-types', Object.keys(kTrainingOptionTypes), kImports),
    ...pages.map((name) => [`docs/${name}`, withTables(readFileSync(join(kRoot, 'docs', name), 'utf8'), kTypes)]),
  ];
}

function held(file) {
  try {
    return readFileSync(join(kRoot, file), 'utf8');
  } catch {
    return null;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(() => {
    const stale = generatedFiles().filter(([file, text]) => held(file) !== text);
    if (!process.argv.includes('--check')) {
      for (const [file, text] of stale) writeFileSync(join(kRoot, file), text);
      return 0;
    }
    for (const [file] of stale)
      say(`${file} does not follow from the schemas: run node --import tsx scripts/options.mjs`);
    return stale.length > 0 ? 1 : 0;
  });
}
