import { type Command, Option } from 'commander';
import type { z } from 'zod';
import { readSeriesOptions, writeNiftiOptions } from '../schema/files.js';
import { deviceOptions, runOptions, writeOptions } from '../schema/run.js';
import { classifyOptions, segmentOptions } from '../schema/segment.js';
import type { SegmentOptions, WriteNiftiOptions } from '../types.js';
import { finiteNumber, givenFlags, pathOf, withFlags } from './flags.js';

/** What every command takes. */
export function withCommonOptions(command: Command): Command {
  command
    .option('--json', 'print the result, or the error, as JSON on standard output')
    .option('--quiet', 'no progress and no notes')
    .option('--verbose', 'name every file that was left out');
  return withFlags(command, runOptions);
}

/** The folder of a command that writes; most write always. */
export function outOption(help: string): Option {
  return new Option('--out <folder>', help).argParser(pathOf('--out')).makeOptionMandatory();
}

/** What every command with an output folder takes. */
export function withOverwriteOption(command: Command): Command {
  return withFlags(command, writeOptions, ['overwrite']);
}

/** What every command takes that reads volumes. */
export function withMaxVoxelsOption(command: Command): Command {
  return withFlags(command, readSeriesOptions, ['maxVoxels']);
}

/** What every command takes that segments. */
export function withAcceptImplausibleOption(command: Command): Command {
  return command.option('--accept-implausible', 'end with 0 where a result is implausible too');
}

/** How INPUT is read; `without`: what means one scan, where a command reads several. */
export function withInputOptions(command: Command, without: readonly string[] = []): Command {
  const own = Object.keys(readSeriesOptions.shape).filter(
    (name) => !(name in runOptions.shape || without.includes(name)),
  );
  // No default is taken: of NIfTI, what speaks of series is refused where it is given.
  return withFlags(command, readSeriesOptions, own, { defaults: 'shown' });
}

export interface WindowFlags {
  readonly huMin: number;
  readonly huMax: number;
}

/** The two ends of a window of HU, by default those of a call's option. */
export function withWindowFlags(
  command: Command,
  window: z.ZodDefault<z.ZodType<[number, number]>>,
  { low, high }: { readonly low: string; readonly high: string },
): Command {
  const [least, most] = window.def.defaultValue;
  return command
    .option('--hu-min <hu>', low, finiteNumber('--hu-min'), least)
    .option('--hu-max <hu>', high, finiteNumber('--hu-max'), most);
}

export function withDeviceOption(command: Command): Command {
  return withFlags(command, deviceOptions);
}

/** Of what is computed once; trainings have an option of their own. */
export function withPrecisionOption(command: Command): Command {
  return withFlags(command, segmentOptions, ['precision']);
}

/** How tilted series are written as NIfTI. */
export function withGridOption(command: Command): Command {
  return withFlags(command, writeNiftiOptions, ['grid']);
}

/** What every command takes that runs a network over scans and writes masks; `without` as {@link withInputOptions}. */
export function withScanNetworkOptions(command: Command, without: readonly string[] = []): Command {
  const own = Object.keys(segmentOptions.shape).filter((name) => !(name in runOptions.shape));
  const answering = withAcceptImplausibleOption(withFlags(command, segmentOptions, own));
  return withGridOption(withOverwriteOption(withInputOptions(withCommonOptions(answering), without)));
}

/** How lesions are found, of what finding livers does not take already. */
export function withLesionFlags(command: Command): Command {
  const own = Object.keys(classifyOptions.shape).filter((name) => !(name in segmentOptions.shape));
  return withFlags(command, classifyOptions, own).hook('preAction', () => {
    const { threshold, extentThreshold } = givenFlags(classifyOptions, command.opts());
    if (threshold === undefined || extentThreshold === undefined || extentThreshold <= threshold) return;
    command.error(
      `error: Expected --extent-threshold to be at most --threshold, ${threshold}, received ${extentThreshold}.`,
    );
  });
}

export interface ScanNetworkOptions extends Required<Pick<SegmentOptions, 'precision' | 'device'>> {
  readonly model?: string;
  readonly grid: NonNullable<WriteNiftiOptions['grid']>;
}
