// Why the native part cannot be loaded on this machine, and what to type.
import type { ErrorCode } from '../error-codes.js';
import { NativeLoadError } from '../errors.js';
import { isCheckout, packageRoot, platformPackage } from './packages.js';

export interface Machine {
  readonly platform: string;
  readonly arch: string;
  /** The C library's version; null where it is not glibc (Alpine's musl). */
  readonly glibc: string | null;
}

interface ReportHeader {
  readonly glibcVersionRuntime?: string;
}

export function thisMachine(): Machine {
  // Asking every network interface for its name takes seconds on some machines.
  const report = process.report as (typeof process.report & { excludeNetwork?: boolean }) | undefined;
  if (report) report.excludeNetwork = true;
  const { header } = (report?.getReport() ?? { header: {} }) as unknown as { header: ReportHeader };
  return { platform: process.platform, arch: process.arch, glibc: header.glibcVersionRuntime ?? null };
}

/** Why there is no package for a machine, or null where there is one. */
export function unsupportedMachine({ platform, arch, glibc }: Machine): { reason: string; remedy: string } | null {
  const remedy = 'Run it on Linux x64 with glibc, as in the container image node:22-bookworm-slim';
  if (platform !== 'linux') return { reason: `there is no package for ${platform}`, remedy };
  if (arch !== 'x64') {
    return { reason: `this Node is built for ${arch}, and hepatica for x64`, remedy: `${remedy}, with a Node for x64` };
  }
  if (glibc === null) return { reason: 'the C library here is musl (Alpine), and hepatica needs glibc', remedy };
  return null;
}

/** The error where no add-on was found. */
export function missingAddon(cause: unknown, machine: Machine = thisMachine()): NativeLoadError {
  const unsupported = unsupportedMachine(machine);
  if (unsupported) {
    const { reason, remedy } = unsupported;
    return new NativeLoadError('UNSUPPORTED_PLATFORM', `hepatica cannot run here: ${reason}`, {
      file: packageRoot,
      remedy,
      cause,
    });
  }
  if (isCheckout()) {
    return new NativeLoadError('ADDON_NOT_FOUND', `No native add-on under ${packageRoot}`, {
      file: packageRoot,
      remedy: 'In a checkout type: npm run build',
      cause,
    });
  }
  return new NativeLoadError('ADDON_NOT_FOUND', `The package ${platformPackage}, with the native add-on, is missing`, {
    file: packageRoot,
    remedy:
      'Type: npm install --include=optional hepatica (a lock file written on another system, or --omit=optional, leaves ' +
      'it out; then remove node_modules and the lock file first)',
    cause,
  });
}

const rebuild = 'Type: npx hepatica doctor, or in a checkout: npm run build';

/** What the dynamic loader complains of, in words, with what to do. */
interface Complaint {
  readonly pattern: RegExp;
  readonly code: ErrorCode<'load'>;
  explain(match: RegExpMatchArray): [string, string];
}

const complaints: readonly Complaint[] = [
  {
    pattern: /version [`'](GLIBC|GLIBCXX|CXXABI)_([\d.]+)' not found \(required by (.+?)\)/,
    code: 'UNSUPPORTED_PLATFORM',
    explain: ([, library, version, file]) => {
      const isC = library === 'GLIBC';
      const found = isC ? `; this system has glibc ${thisMachine().glibc}` : '';
      return [
        `${isC ? 'glibc' : 'libstdc++'} is too old: ${file} needs ${library}_${version}${found}`,
        'Use a newer system: Debian 12, Ubuntu 22.04, Fedora 36 or later',
      ];
    },
  },
  {
    pattern: /(libstdc\+\+\.so\.6|libgcc_s\.so\.1|libm\.so\.6): cannot open shared object file/,
    code: 'UNSUPPORTED_PLATFORM',
    explain: ([, library]) => [
      `the system lacks ${library}`,
      'Install it: apt-get install libstdc++6 libgcc-s1, or dnf install libstdc++ libgcc',
    ],
  },
  {
    pattern: /ld-musl|Error loading shared library|Error relocating/,
    code: 'UNSUPPORTED_PLATFORM',
    explain: () => [
      'the C library here is musl (Alpine), and hepatica needs glibc',
      'Run it on Linux x64 with glibc, as in the container image node:22-bookworm-slim',
    ],
  },
  {
    pattern: /^.*(wrong ELF class|cannot open shared object file: Exec format|invalid ELF header|file too short).*$/m,
    code: 'ADDON_LOAD_FAILED',
    explain: ([complaint]) => [
      `a file is damaged or made for another processor (${complaint})`,
      `Install hepatica anew: remove node_modules and type npm install, or set HEPATICA_LIBTORCH to another libtorch`,
    ],
  },
  {
    pattern: /the working directory was removed/,
    code: 'NO_WORKING_DIRECTORY',
    explain: () => [
      'the folder that this program was started in was removed',
      'Change to one that exists, in the shell or with process.chdir(), and call again',
    ],
  },
  {
    pattern: /another libtorch is already loaded: (.+)/,
    code: 'LIBTORCH_CONFLICT',
    explain: ([, other]) => [
      `another libtorch is already loaded in this process: ${other}`,
      'Two copies crash: use hepatica in a process of its own (node:child_process), or name that copy in HEPATICA_LIBTORCH ' +
        'where it is of the same version',
    ],
  },
];

/** The error where `file` was found, but cannot be loaded. */
export function loadFailure(file: string, cause: unknown): NativeLoadError {
  const text = cause instanceof Error ? cause.message : String(cause);
  for (const { pattern, code, explain } of complaints) {
    const match = text.match(pattern);
    if (!match) continue;
    const [reason, remedy] = explain(match);
    return new NativeLoadError(code, `${file} cannot be loaded: ${reason}`, { file, remedy, cause });
  }
  return new NativeLoadError('ADDON_LOAD_FAILED', `${file} cannot be loaded: ${text}`, {
    file,
    remedy: rebuild,
    cause,
  });
}
