import type { Command } from 'commander';
import { forgetChoice } from '../loading/choice.js';
import { chooseGpu, type Diagnosis, diagnose } from '../loading/doctor.js';
import { neededLibtorch } from '../loading/packages.js';
import { pathOf, refuseBeside } from './flags.js';
import { withCommonOptions } from './options.js';
import { type CommonOptions, kExitCodes, runCommand } from './session.js';

interface DoctorOptions extends CommonOptions {
  readonly gpu?: string;
  readonly cpu?: boolean;
}

function libtorchLine({ libtorch }: Diagnosis): string {
  if (!libtorch) return 'not loaded';
  return `${libtorch.version ?? 'unknown version'} for ${libtorch.cuda ? 'GPUs' : 'CPUs'}, ${libtorch.folder} (${libtorch.origin})`;
}

function linesOf(found: Diagnosis): string[] {
  const { machine, device } = found;
  const rows: [string, string][] = [
    ['hepatica', found.hepatica],
    [
      'Node',
      `${found.node}, ${machine.platform}-${machine.arch}, ${machine.glibc ? `glibc ${machine.glibc}` : 'no glibc'}`,
    ],
    ...found.packages.map(({ name, version, folder }): [string, string] => [name, `${version} ${folder}`]),
    ['add-on', found.addon ?? 'not loaded'],
    ['libtorch', `${libtorchLine(found)}; ${neededLibtorch} is needed`],
    ['CUDA kernels', found.kernels ?? 'not there'],
  ];
  if (device) {
    const gpu = device.cuda.available ? device.cuda.devices.join(', ') : `none: ${device.cuda.reason}`;
    const networks = device.cuda.networks ? 'the GPU' : `the CPU: ${device.cuda.networksReason}`;
    rows.push(
      ['GPU', gpu],
      ['networks on', networks],
      ['CPU', `${device.cpu.features.join(' ')}; bf16: ${device.cpu.bf16 ? 'yes' : 'no'}`],
      ['threads', String(device.cpu.threads)],
    );
  }
  for (const { path, bytes, sha256 } of found.weights)
    rows.push(['weights', `${path}, ${bytes} bytes, SHA-256 ${sha256}`]);
  for (const { code, message } of found.warnings) rows.push(['warning', `${message} (${code})`]);
  if (found.error) {
    rows.push(['error', `${found.error.message} (${found.error.code})`]);
    if (found.error.remedy) rows.push(['', found.error.remedy]);
  }
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  return rows.map(([name, text]) => `${name.padEnd(width)}${text}`);
}

export function addDoctorCommand(program: Command): void {
  const command = program
    .command('doctor')
    .description('what is installed and loaded, and why something is not')
    .option('--gpu <folder>', `test a libtorch ${neededLibtorch} for CUDA and use it from now on`, pathOf('--gpu'))
    .option('--cpu', 'forget that choice')
    .addHelpText('after', '\nHEPATICA_LIBTORCH, where it is set, comes before the choice.');
  refuseBeside(withCommonOptions(command), ['--gpu'], ['--cpu']).action((options: DoctorOptions) =>
    runCommand(options, async (session) => {
      if (options.cpu) forgetChoice();
      if (options.gpu) {
        const { choice, devices } = await chooseGpu(options.gpu);
        session.note(`${options.gpu} computes on ${devices.join(', ')}; kept in ${choice}`);
      }
      const found = await diagnose();
      session.result(found, linesOf(found));
      if (found.error) process.exitCode = kExitCodes.failure;
    }),
  );
}
