// DCMTK, OpenJPEG, NIfTI and zlib as static libraries for the released add-on, in vendor/static or the folder named in
// HEPATICA_STATIC_LIBRARIES (kept between CI's runs). Builds of a checkout link Debian's shared libraries instead: these
// here take minutes to compile, and the code is the same.
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fetchFromApt } from '../setup/package-sources.mjs';
import { findOnPath, run, SetupError, say } from '../setup/process.mjs';
import { kRoot } from '../setup.mjs';
import { kSources } from './sources.mjs';

const kStatic = resolve(process.env.HEPATICA_STATIC_LIBRARIES || join(kRoot, 'vendor/static'));
const kStamp = join(kStatic, 'hepatica-static.json');
const kDownloads = join(kRoot, 'vendor/debian');

// Debian's hardening; sections of their own, so that the linker leaves out what is not called.
const kFlags = '-O2 -fPIC -fstack-protector-strong -D_FORTIFY_SOURCE=2 -ffunction-sections -fdata-sections';
// No path of this machine in what is published.
const kMappedFlags = `${kFlags} -ffile-prefix-map=${kDownloads}=.`;

const kNifti = [
  'USE_FSL_CODE',
  'USE_CIFTI_CODE',
  'USE_NIFTICDF_CODE',
  'NIFTI_BUILD_TESTING',
  'NIFTI_BUILD_APPLICATIONS',
];
const kDcmtkLeftOut = ['TIFF', 'PNG', 'XML', 'OPENSSL', 'SNDFILE', 'ICONV', 'ICU', 'WRAP', 'OPENJPEG', 'DOXYGEN'];

/** CMake's options of each package; zlib is configured by its own script, its CMake files want what Debian left out. */
const optionsWith = (flags) => ({
  openjpeg2: ['-DBUILD_SHARED_LIBS=OFF', '-DBUILD_CODEC=OFF', '-DBUILD_TESTING=OFF', `-DCMAKE_C_FLAGS=${flags}`],
  nifticlib: [
    '-DNIFTI_INSTALL_INCLUDE_DIR=include/nifti',
    ...kNifti.map((name) => `-D${name}=OFF`),
    `-DCMAKE_C_FLAGS=${flags}`,
  ],
  // As Debian builds it (debian/rules), but for what hepatica never calls, and with the dictionary inside: there is no
  // file of it on a user's machine. Texts are converted by glibc's iconv, as in Debian's.
  dcmtk: [
    '-DDCMTK_MODULES=ofstd;oflog;dcmdata;dcmimgle;dcmimage;dcmjpeg;dcmjpls;dcmsr;dcmiod;dcmfg;dcmseg',
    '-DBUILD_APPS=OFF',
    ...kDcmtkLeftOut.map((name) => `-DDCMTK_WITH_${name}=OFF`),
    '-DDCMTK_WITH_ZLIB=ON',
    '-DDCMTK_DEFAULT_DICT=builtin',
    '-DDCMTK_USE_DCMDICTPATH=OFF',
    '-DDCMTK_ENABLE_PRIVATE_TAGS=ON',
    '-DDCMTK_ENABLE_STL=ON',
    '-DDCMTK_ENABLE_MANPAGES=OFF',
    '-DCMAKE_CXX_STANDARD=17',
    '-DCMAKE_INSTALL_DATADIC=share/dcmtk',
    `-DCMAKE_C_FLAGS=${flags}`,
    `-DCMAKE_CXX_FLAGS=${flags} -DENABLE_DCMJPLS_INTERLEAVE_NONE`,
  ],
});

async function sha256Of(path) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

async function fetchFile(folder, name, sha256) {
  const path = join(kDownloads, name);
  if (existsSync(path) && (await sha256Of(path)) === sha256) return;
  fetchFromApt(`${folder}/${encodeURIComponent(name)}`, path, sha256);
}

/** The source tree with Debian's patches applied. */
async function unpack({ name, folder, files }) {
  for (const [file, sha256] of Object.entries(files)) await fetchFile(folder, file, sha256);
  const tree = join(kDownloads, name);
  rmSync(tree, { recursive: true, force: true });
  const dsc = Object.keys(files).find((file) => file.endsWith('.dsc'));
  // The files were compared with their pinned hashes; the signature of the .dsc says nothing more.
  run('dpkg-source', ['--no-check', '--extract', join(kDownloads, dsc), tree], { stdio: 'ignore' });
  return tree;
}

function build(name, tree) {
  const jobs = String(Math.max(1, availableParallelism()));
  say(`package: building ${name} (static, ${jobs} jobs)`);
  const output = { stdio: ['ignore', 'ignore', 'inherit'] };
  if (name === 'zlib') {
    const env = { ...process.env, CFLAGS: kMappedFlags };
    run('./configure', ['--static', `--prefix=${kStatic}`], { cwd: tree, env, ...output });
    run('make', ['-j', jobs, 'libz.a'], { cwd: tree, ...output });
    run('make', ['install'], { cwd: tree, ...output });
    return;
  }
  const folder = join(tree, 'build-static');
  // DCMTK compiles its prefix in: one that names no folder of this machine.
  const places = ['-DCMAKE_INSTALL_PREFIX=/usr', `-DCMAKE_PREFIX_PATH=${kStatic}`, '-DCMAKE_INSTALL_LIBDIR=lib'];
  const ccache = findOnPath('ccache');
  const launchers = ccache ? [`-DCMAKE_C_COMPILER_LAUNCHER=${ccache}`, `-DCMAKE_CXX_COMPILER_LAUNCHER=${ccache}`] : [];
  const options = [
    '-G',
    'Ninja',
    '-DCMAKE_BUILD_TYPE=Release',
    ...places,
    ...launchers,
    ...optionsWith(kMappedFlags)[name],
  ];
  run('cmake', ['-S', tree, '-B', folder, '--log-level=ERROR', '-Wno-dev', ...options], output);
  run('cmake', ['--build', folder, '--parallel', jobs], output);
  run('cmake', ['--install', folder, '--prefix', kStatic], output);
}

/** The texts of the licences, kept beside the libraries. */
function keepLicenses({ name, licenseFiles }, tree) {
  const folder = join(kStatic, 'licenses');
  mkdirSync(folder, { recursive: true });
  const texts = licenseFiles.map((file) => readFileSync(join(tree, file), 'utf8').trimEnd());
  writeFileSync(join(folder, `${name}.txt`), `${texts.join('\n\n')}\n`);
}

/** The folder with lib/, include/ and licenses/ of the static libraries; built where it is not what this file says. */
export async function ensureStaticLibraries() {
  const stamp = JSON.stringify({ sources: kSources, flags: kFlags, options: optionsWith(kFlags) }, null, 2);
  if (existsSync(kStamp) && readFileSync(kStamp, 'utf8') === stamp) return kStatic;
  mkdirSync(kDownloads, { recursive: true });
  rmSync(kStatic, { recursive: true, force: true });
  for (const source of kSources) {
    const tree = await unpack(source);
    build(source.name, tree);
    keepLicenses(source, tree);
    rmSync(tree, { recursive: true, force: true });
  }
  const shared = readdirSync(join(kStatic, 'lib')).filter((name) => name.includes('.so'));
  if (shared.length > 0) throw new SetupError(`${kStatic} must hold static libraries only, found ${shared.join(', ')}`);
  writeFileSync(kStamp, stamp);
  return kStatic;
}
