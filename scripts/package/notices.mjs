// The licences of what each package holds besides hepatica's own code, as THIRD-PARTY-NOTICES.txt.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { bundledPackages } from '../bundles.mjs';
import { outputOf, SetupError } from '../setup/process.mjs';
import { kRoot } from '../setup.mjs';
import { kSources } from './sources.mjs';

const kRule = '='.repeat(100);

function section(title, text) {
  return `${kRule}\n${title}\n${kRule}\n\n${text.trim()}\n`;
}

function licenseText(...candidates) {
  const path = candidates.find((candidate) => existsSync(candidate));
  if (!path) throw new SetupError(`no licence text at ${candidates.join(' or ')}`);
  return readFileSync(path, 'utf8');
}

export function moduleVersion(name) {
  return JSON.parse(readFileSync(join(kRoot, 'node_modules', name, 'package.json'), 'utf8')).version;
}

/** The licence that NVIDIA ships with the static CUDA runtime: an archive's, a Debian package's or a wheel's. */
function cudaLicense(nvcc) {
  const toolkit = dirname(dirname(outputOf('readlink', ['-f', nvcc])?.trim() ?? nvcc));
  const packages = readdirSync('/usr/share/doc').filter((name) => /^cuda-cudart-dev-/.test(name));
  const candidates = [join(toolkit, 'EULA.txt'), ...packages.map((name) => `/usr/share/doc/${name}/copyright`)];
  for (const root of ['/usr/local/cuda', ...readdirSync('/usr/local').map((name) => join('/usr/local', name))]) {
    const wheels = join(root, 'dist-info');
    if (!root.includes('cuda') || !existsSync(wheels)) continue;
    const runtime = readdirSync(wheels).filter((name) => /cuda_runtime/.test(name));
    candidates.push(...runtime.map((name) => join(wheels, name, 'licenses/License.txt')));
    candidates.push(join(root, 'EULA.txt'));
  }
  return licenseText(...candidates);
}

/** What the add-on and the kernel library carry inside; `staticLibraries` is null where Debian's shared ones are linked. */
export function platformNotices(staticLibraries, cuda) {
  const parts = (staticLibraries ? kSources : []).map(({ name, version }) =>
    section(
      `${name} ${version} (Debian's source package, with its patches), linked statically`,
      licenseText(join(staticLibraries, 'licenses', `${name}.txt`)),
    ),
  );
  parts.push(
    section('nlohmann/json, compiled in', licenseText('/usr/share/doc/nlohmann-json3-dev/copyright')),
    section(
      `node-addon-api ${moduleVersion('node-addon-api')}, compiled in`,
      licenseText(join(kRoot, 'node_modules/node-addon-api/LICENSE.md')),
    ),
  );
  if (cuda.nvcc) {
    parts.push(section(`NVIDIA CUDA runtime ${cuda.version}, in libhepatica_cuda.so`, cudaLicense(cuda.nvcc)));
  }
  const head =
    "hepatica's own code is under the Apache License 2.0 (LICENSE). The binaries in this package hold the following too.\n";
  return [head, ...parts].join('\n');
}

function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

/** The licences of libtorch and its parts (folders, by what they are of), each text once, and of GCC's OpenMP library. */
export function libtorchNotices(licenses) {
  const titles = new Map();
  for (const [name, folder] of Object.entries(licenses)) {
    for (const path of filesBelow(folder)) {
      const text = readFileSync(path, 'utf8').trim();
      const place = relative(folder, path).replace(/^[^/]*dist-info\/(licenses\/)?/, '');
      titles.set(text, [...(titles.get(text) ?? []), `${name}: ${place}`]);
    }
  }
  const parts = [...titles].map(([text, names]) => section(names.join('\n'), text));
  const gomp = 'libgomp.so.1: the OpenMP library of GCC, GPL-3.0 with the GCC Runtime Library Exception';
  parts.push(section(gomp, licenseText('/usr/share/doc/gcc-12-base/copyright', '/usr/share/doc/libgomp1/copyright')));
  parts.push(section('GNU General Public License, version 3', licenseText('/usr/share/common-licenses/GPL-3')));
  const head = 'The libraries in lib/ are those of the wheel of torch, without symbols that only a debugger reads.\n';
  return [head, ...parts].join('\n');
}

/** NiiVue's package holds no text of its licence (BSD-2-Clause): the one of its repository. */
const kNiivueLicense = join(kRoot, 'scripts/package/niivue-license.txt');

function bundledLicense(folder) {
  if (folder.endsWith('/@niivue/niivue')) return readFileSync(kNiivueLicense, 'utf8');
  const names = readdirSync(join(kRoot, folder)).filter((name) => /^licen[cs]e(\.\w+)?$/i.test(name));
  // seedrandom has it at the end of its README.
  const readme = join(kRoot, folder, 'README.md');
  const section = names.length === 0 && existsSync(readme) && readFileSync(readme, 'utf8').match(/^LICENSE .*/ms);
  return section ? section[0] : licenseText(...names.map((name) => join(kRoot, folder, name)), readme);
}

/** Of what lies in files of dist/. */
function bundledNotices() {
  return bundledPackages().map(({ folder, files }) => {
    const { name, version } = JSON.parse(readFileSync(join(kRoot, folder, 'package.json'), 'utf8'));
    return section(`${name} ${version}, in ${files.join(' and ')}`, bundledLicense(folder));
  });
}

/** The main package's: its dependencies are installed beside it and bring their own. */
export function mainNotices() {
  const weights = licenseText(join(kRoot, 'weights/LICENSE'));
  const head =
    "hepatica's code is under the Apache License 2.0 (LICENSE); the packages that it depends on bring their own licences.\n";
  return [head, section('The weights in weights/', weights), ...bundledNotices()].join('\n');
}
