// Other people's DICOM tools that the tests read written objects with, each in an environment of its own (their
// dependencies disagree), in vendor/dicom-tools: node scripts/dicom-tools.mjs [NAME...]. What cannot be had is said, and
// its tests are skipped.
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { outputOf, say } from './setup/process.mjs';

const kFolder = fileURLToPath(new URL('../vendor/dicom-tools', import.meta.url));

export const kDicomTools = {
  highdicom: ['highdicom==0.28.2'],
  dcmqi: ['dcmqi==1.5.7'],
  simpleitk: ['SimpleITK==2.5.7', 'pydicom==3.0.1'],
  'rt-utils': ['rt-utils==1.2.7', 'opencv-python-headless==4.12.0.88', 'numpy<2.3', 'pydicom<3'],
};

/** The Python of a tool's environment, or null where it was not made. */
export function pythonOf(tool) {
  const python = join(kFolder, tool, 'bin/python');
  return existsSync(python) ? python : null;
}

function make(tool, packages) {
  const folder = join(kFolder, tool);
  mkdirSync(kFolder, { recursive: true });
  const made =
    outputOf('python3', ['-m', 'venv', folder]) !== null &&
    outputOf(join(folder, 'bin/python'), ['-m', 'pip', 'install', '--quiet', ...packages]) !== null;
  if (!made) rmSync(folder, { recursive: true, force: true });
  say(`dicom-tools: ${tool} ${made ? 'is ready' : 'cannot be had: its tests will be skipped'}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const wanted = process.argv.slice(2);
  for (const [tool, packages] of Object.entries(kDicomTools)) {
    if ((wanted.length === 0 || wanted.includes(tool)) && !pythonOf(tool)) make(tool, packages);
  }
}
