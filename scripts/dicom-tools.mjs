// Other people's DICOM tools that the tests read written objects with, each in an environment of its own (their
// dependencies disagree), in vendor/dicom-tools: node scripts/dicom-tools.mjs [NAME...]. What cannot be had is said, and
// its tests are skipped. Debian's plastimatch, dicom3tools and dcmtk are used where they are installed.
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { outputOf, say } from './setup/process.mjs';

const kFolder = fileURLToPath(new URL('../vendor/dicom-tools', import.meta.url));

const kDicomTools = {
  highdicom: ['highdicom==0.28.2'],
  dcmqi: ['dcmqi==1.5.7'],
  simpleitk: ['SimpleITK==2.5.7', 'numpy==2.2.6'],
  'rt-utils': ['rt-utils==1.2.7', 'opencv-python-headless==4.12.0.88', 'numpy<2.3', 'pydicom<3'],
};

/** Of npm; pinned like those of Python. */
const kNodeTools = { dcmjs: ['dcmjs@0.52.0'] };

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

function makePython(folder, packages) {
  if (outputOf('python3', ['-m', 'venv', folder]) === null) return false;
  return outputOf(join(folder, 'bin/python'), ['-m', 'pip', 'install', '--quiet', ...packages]) !== null;
}

function makeNode(folder, packages) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  return (
    outputOf('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', ...packages], { cwd: folder }) !== null
  );
}

function make(tool, packages) {
  const folder = join(kFolder, tool);
  mkdirSync(kFolder, { recursive: true });
  const made = tool in kNodeTools ? makeNode(folder, packages) : makePython(folder, packages);
  if (!made) rmSync(folder, { recursive: true, force: true });
  say(`dicom-tools: ${tool} ${made ? 'is ready' : 'cannot be had: its tests will be skipped'}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const wanted = process.argv.slice(2);
  for (const [tool, packages] of Object.entries({ ...kDicomTools, ...kNodeTools })) {
    if (wanted.length > 0 && !wanted.includes(tool)) continue;
    if (!pythonOf(tool) && !modulesOf(tool)) make(tool, packages);
  }
}
