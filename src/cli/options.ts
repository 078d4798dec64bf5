import { type Command, InvalidArgumentError as CommanderArgumentError, Option } from 'commander';
import { deviceField } from '../options.js';
import type { DeviceChoice } from '../types.js';

function integer(name: string, minimum: number) {
  return (text: string): number => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < minimum) {
      throw new CommanderArgumentError(`Expected ${name} to be an integer of at least ${minimum}.`);
    }
    return value;
  };
}

export function positiveInteger(name: string) {
  return integer(name, 1);
}

export function nonNegativeInteger(name: string) {
  return integer(name, 0);
}

export function finiteNumber(name: string) {
  return (text: string): number => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value)) {
      throw new CommanderArgumentError(`Expected ${name} to be a number.`);
    }
    return value;
  };
}

/** What every command takes. */
export function withCommonOptions(command: Command): Command {
  return command
    .option('--json', 'print the result, or the error, as JSON on standard output')
    .option('--quiet', 'no progress and no notes')
    .option('--verbose', 'name every file that was left out')
    .option('--threads <n>', 'threads to compute with (default: all cores)', positiveInteger('--threads'));
}

/** What every command with an output folder takes. */
export function withOverwriteOption(command: Command): Command {
  return command.option('--overwrite', 'replace files in the output folder that hepatica did not write (never inputs)');
}

/** What every command takes that reads volumes. */
export function withMaxVoxelsOption(command: Command): Command {
  return command.option(
    '--max-voxels <n>',
    'refuse larger volumes and masks (default: 1073741824)',
    positiveInteger('--max-voxels'),
  );
}

/** What every command takes that segments. */
export function withAcceptImplausibleOption(command: Command): Command {
  return command.option('--accept-implausible', 'end with 0 where a result is implausible too');
}

/** How INPUT is read. */
export function withInputOptions(command: Command): Command {
  return withMaxVoxelsOption(command)
    .option('--series <uid>', 'SeriesInstanceUID, where the folder holds several')
    .option('--phase <n>', 'which sub-volume of a series with several phases', nonNegativeInteger('--phase'))
    .addOption(
      new Option('--gaps <what>', 'missing or uneven slices (default: reject)').choices(['reject', 'interpolate']),
    )
    .option('--raw', 'accept objects without RescaleSlope and RescaleIntercept');
}

export function deviceOf(text: string): string {
  if (deviceField.safeParse(text).success) return text;
  throw new CommanderArgumentError("Expected --device to be 'auto', 'cpu', 'cuda' or 'cuda:N'.");
}

export function withDeviceOption(command: Command): Command {
  return command.option('--device <device>', 'where to compute: auto, cpu, cuda or cuda:N', deviceOf, 'auto');
}

/** Of what is computed once; trainings have an option of their own. */
export function withPrecisionOption(command: Command): Command {
  return command.addOption(
    new Option('--precision <what>', "the network's arithmetic; tf32 on a GPU alone")
      .choices(['auto', 'fp32', 'tf32', 'bf16'])
      .default('auto'),
  );
}

/** How tilted series are written as NIfTI. */
export function withGridOption(command: Command): Command {
  return command.addOption(
    new Option(
      '--grid <which>',
      'of masks of tilted series: resampled to be orthogonal, which others read, or as it is',
    )
      .choices(['orthonormal', 'source'])
      .default('orthonormal'),
  );
}

/** What every command takes that runs a network over a scan and writes its mask. */
export function withScanNetworkOptions(command: Command): Command {
  const answering = withAcceptImplausibleOption(withDeviceOption(withPrecisionOption(command)));
  return withGridOption(withOverwriteOption(withInputOptions(withCommonOptions(answering))));
}

export interface ScanNetworkOptions {
  readonly model?: string;
  readonly precision: 'auto' | 'fp32' | 'tf32' | 'bf16';
  readonly device: DeviceChoice;
  readonly grid: 'orthonormal' | 'source';
}
