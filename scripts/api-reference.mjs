// The public API as its declarations and their TSDoc have it: etc/*.api.md, in which a review sees what changes, and with
// --reference a page an item in build/reference, in Markdown. Fails where an exported item has no text.
//   --check   writes nothing in etc/, fails where a file there is stale
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor';
import { main, run, say } from './setup/process.mjs';
import { kRoot } from './setup.mjs';

const kDeclarations = join(kRoot, 'build/declarations');
const kModels = join(kRoot, 'build/api');
const kBinaries = join(kRoot, 'node_modules/.bin');

/** What makes declarations, into a folder of kDeclarations each. */
const kProjects = { hepatica: 'tsconfig.json', worker: 'packages/worker/tsconfig.json' };

/** What the worker's name: the declarations made here, as nothing need be built. */
const kOwnNames = {
  hepatica: [join(kDeclarations, 'hepatica/index.d.ts')],
  'hepatica/documents': [join(kDeclarations, 'hepatica/documents/index.d.ts')],
};

/** What users import, and its declarations. */
const kEntryPoints = [
  { report: 'hepatica', declarations: 'hepatica/index.d.ts' },
  { report: 'hepatica-documents', declarations: 'hepatica/documents/index.d.ts' },
  { report: 'hepatica-worker', declarations: 'worker/index.d.ts' },
];

const silent = { logLevel: 'none' };
const error = { logLevel: 'error', addToApiReportFile: false };

/** Messages that nobody sees elsewhere are errors; forgotten exports are classes that users get as interfaces. */
const kMessages = {
  compilerMessageReporting: { default: error },
  extractorMessageReporting: {
    default: error,
    'ae-undocumented': error,
    'ae-forgotten-export': silent,
    'ae-missing-release-tag': silent,
  },
  tsdocMessageReporting: { default: error },
};

function configOf({ report, declarations }) {
  const compiler = {
    target: 'ES2023',
    module: 'nodenext',
    moduleResolution: 'nodenext',
    lib: ['ES2023', 'esnext.disposable'],
    types: ['node'],
    paths: kOwnNames,
  };
  return ExtractorConfig.prepare({
    configObject: {
      projectFolder: kRoot,
      mainEntryPointFilePath: join(kDeclarations, declarations),
      newlineKind: 'lf',
      compiler: {
        overrideTsconfig: {
          compilerOptions: { ...compiler, strict: true, skipLibCheck: true },
          include: [kDeclarations],
        },
      },
      apiReport: {
        enabled: true,
        reportFileName: `${report}.api.md`,
        reportFolder: join(kRoot, 'etc'),
        reportTempFolder: kModels,
        includeForgottenExports: false,
      },
      docModel: { enabled: true, apiJsonFilePath: join(kModels, `${report}.api.json`) },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: kMessages,
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(kRoot, 'package.json'),
  });
}

function emitDeclarations(folder, project) {
  const config = join(kModels, `${folder}.tsconfig.json`);
  const compilerOptions = { emitDeclarationOnly: true, outDir: join(kDeclarations, folder), paths: kOwnNames };
  writeFileSync(config, JSON.stringify({ extends: join(kRoot, project), compilerOptions }));
  run(join(kBinaries, 'tsc'), ['-p', config], { cwd: kRoot });
}

function said({ sourceFilePath = '', sourceFileLine = '', messageId, text }) {
  return `${sourceFilePath.replace(`${kDeclarations}/`, '')}:${sourceFileLine} ${messageId}: ${text}`;
}

/** True where all is said, and with `check` the report is as it was. */
function extracted(entry, check) {
  const complaints = [];
  const { apiReportChanged } = Extractor.invoke(configOf(entry), {
    localBuild: !check,
    messageCallback: (message) => {
      message.handled = true;
      if (message.logLevel === 'error') complaints.push(said(message));
    },
  });
  for (const complaint of complaints) say(complaint);
  if (check && apiReportChanged)
    say(`etc/${entry.report}.api.md is not of this API: run node scripts/api-reference.mjs`);
  return complaints.length === 0 && !(check && apiReportChanged);
}

/** Of what `hepatica` exports; its documents' fields are told by their schemas. */
function writeReference() {
  const [{ report }] = kEntryPoints;
  const model = join(kModels, report);
  const pages = join(kRoot, 'build/reference');
  rmSync(model, { recursive: true, force: true });
  mkdirSync(model, { recursive: true });
  cpSync(join(kModels, `${report}.api.json`), join(model, `${report}.api.json`));
  run(join(kBinaries, 'api-documenter'), ['markdown', '-i', model, '-o', pages], { cwd: kRoot, stdio: 'ignore' });
  say(`the reference is in ${pages}, from index.md on`);
}

await main(() => {
  const flag = { type: 'boolean', default: false };
  const { values } = parseArgs({ options: { check: flag, reference: flag } });
  rmSync(kDeclarations, { recursive: true, force: true });
  mkdirSync(kModels, { recursive: true });
  for (const [folder, project] of Object.entries(kProjects)) emitDeclarations(folder, project);
  const passed = kEntryPoints.map((entry) => extracted(entry, values.check)).every(Boolean);
  if (passed && values.reference) writeReference();
  return passed ? 0 : 1;
});
