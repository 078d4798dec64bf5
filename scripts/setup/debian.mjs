// Compilers and libraries from Debian's (or Ubuntu's) packages.
import { findOnPath, outputOf, run, SetupError, say } from './process.mjs';

// Each package with why it is needed, and the command (or probe) that makes it unnecessary where it came another way.
const kBuildPackages = [
  { name: 'g++', why: 'C++20 compiler', command: 'g++' },
  { name: 'cmake', why: 'build system', command: 'cmake' },
  { name: 'ninja-build', why: 'build tool', command: 'ninja' },
  { name: 'pkg-config', why: 'finds libraries', command: 'pkg-config' },
  { name: 'libdcmtk-dev', why: 'DICOM' },
  { name: 'libopenjp2-7-dev', why: 'JPEG 2000 in DICOM' },
  { name: 'zlib1g-dev', why: 'compressed NIfTI' },
  { name: 'libnifti2-dev', why: 'NIfTI' },
  { name: 'nlohmann-json3-dev', why: 'JSON in weights and labels' },
  { name: 'doctest-dev', why: 'native tests' },
];
const kTestPackages = [
  { name: 'dcmtk', why: 'checks written DICOM', command: 'dcmdump' },
  { name: 'dicom3tools', why: 'checks written DICOM', command: 'dciodvfy' },
  { name: 'clang-format', why: 'checks the C++ layout', command: 'clang-format' },
];
/**
 * Tests that need one of these are skipped, and say so, where it cannot be had. Whose installation starts a service is
 * installed in CI alone.
 */
const kOptionalTestPackages = [
  { name: 'chromium', why: 'opens the page that classify writes', command: 'chromium' },
  { name: 'plastimatch', why: 'reads written DICOM contours', command: 'plastimatch' },
  {
    name: 'python3-venv',
    why: "environments of others' DICOM tools",
    probe: ['python3', '-c', 'import ensurepip, venv'],
  },
  { name: 'orthanc', why: 'archive of the DICOMweb tests', command: 'Orthanc', startsService: true },
  { name: 'orthanc-dicomweb', why: 'DICOMweb of that archive', startsService: true },
  { name: 'redis-server', why: "queue of the worker's tests", command: 'redis-server', startsService: true },
];
const kPackagingPackages = [
  {
    name: 'dpkg-dev',
    why: "unpacks and patches Debian's sources of DCMTK, OpenJPEG, NIfTI and zlib",
    command: 'dpkg-source',
  },
  { name: 'make', why: 'builds zlib', command: 'make' },
];
const kFetchPackages = [
  { name: 'unzip', why: 'unpacks libtorch', command: 'unzip' },
  {
    name: 'python3-pip',
    why: 'downloads the torch wheel that holds libtorch',
    probe: ['python3', '-m', 'pip', '--version'],
  },
  { name: 'ca-certificates', why: 'secure downloads' },
];

const kCrossPackages = [
  { name: 'g++-aarch64-linux-gnu', why: 'compiles for arm64', command: 'aarch64-linux-gnu-g++' },
  { name: 'qemu-user', why: 'runs the tests for arm64', command: 'qemu-aarch64' },
];

const kExitPackagesMissing = 3;

function missingPackages(packages) {
  return packages.filter(({ name, command, probe }) => {
    if (command && findOnPath(command)) return false;
    if (probe && outputOf(probe[0], probe.slice(1)) !== null) return false;
    return !outputOf('dpkg-query', ['-s', name])?.includes('Status: install ok installed');
  });
}

/** `sudo` where it asks for no password, nothing for root, or null where packages cannot be installed from here. */
function privilege() {
  if (process.getuid?.() === 0) return [];
  return outputOf('sudo', ['-n', 'true']) === null ? null : ['sudo', '-n'];
}

function aptGet(prefix, args) {
  const command = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-qq', ...args];
  run(command[0], command.slice(1));
}

function installOptional(packages) {
  const missing = missingPackages(packages);
  if (missing.length === 0) return;
  const prefix = privilege();
  for (const { name, why, startsService } of missing) {
    try {
      if (startsService && process.env.CI !== 'true') throw new SetupError(`type apt-get install ${name}`);
      if (prefix === null) throw new SetupError('neither root nor a password-free sudo is at hand');
      say(`set-up: apt-get install ${name} (${why})`);
      aptGet(prefix, ['install', '-y', '--no-install-recommends', name]);
    } catch (error) {
      if (!(error instanceof SetupError)) throw error;
      say(`set-up: no ${name} (${why}), its tests are skipped: ${error.message}`);
    }
  }
}

/** Installs what is missing for `{ tests, packaging, libtorch }`: the native tests' tools, Debian's sources, the download of libtorch. */
export function installPackages({ tests, packaging, libtorch }) {
  const packages = [
    ...kBuildPackages,
    ...(tests ? kTestPackages : []),
    ...(packaging ? kPackagingPackages : []),
    ...(libtorch || packaging ? kFetchPackages : []),
  ];
  const list = packages.map(({ name, why }) => `  ${name.padEnd(20)} ${why}`).join('\n');
  if (process.env.HEPATICA_SKIP_SYSTEM_PACKAGES === '1') return;
  if (!findOnPath('dpkg-query') || !findOnPath('apt-get')) {
    throw new SetupError(
      `hepatica installs its system packages on Debian and Ubuntu only. Install the equivalents of\n${list}\n` +
        'and run this again with HEPATICA_SKIP_SYSTEM_PACKAGES=1.',
      kExitPackagesMissing,
    );
  }
  installRequired(packages);
  if (tests) installOptional(kOptionalTestPackages);
}

function installRequired(packages) {
  const missing = missingPackages(packages);
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => name);
  const prefix = privilege();
  if (prefix === null) {
    throw new SetupError(
      `System packages are missing, and neither root nor a password-free sudo is at hand. Type\n` +
        `  sudo apt-get update && sudo apt-get install --no-install-recommends ${names.join(' ')}\nand run this again.`,
      kExitPackagesMissing,
    );
  }
  say('set-up: installing system packages with apt-get:');
  for (const { name, why } of missing) say(`  ${name.padEnd(20)} ${why}`);
  aptGet(prefix, ['update']);
  aptGet(prefix, ['install', '-y', '--no-install-recommends', ...names]);
}

/** Tries to install Debian's cross compiler for arm64; where it cannot be had the callers find none. */
export function installCrossCompiler() {
  const missing = missingPackages(kCrossPackages).map(({ name }) => name);
  const prefix = findOnPath('apt-get') ? privilege() : null;
  if (missing.length === 0 || prefix === null || process.env.HEPATICA_SKIP_SYSTEM_PACKAGES === '1') return;
  say(`set-up: installing ${missing.join(', ')} with apt-get`);
  try {
    aptGet(prefix, ['update']);
    aptGet(prefix, ['install', '-y', '--no-install-recommends', ...missing]);
  } catch (error) {
    say(`set-up: ${missing.join(', ')} could not be installed: ${error.message}`);
  }
}
