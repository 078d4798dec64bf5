import { type Command, Option } from 'commander';
import { type HistogramEqualization, preprocess, renderPreprocessing, writeMask } from '../index.js';
import type { DeviceChoice } from '../types.js';
import { type InputOptions, readInput } from './input.js';
import {
  finiteNumber,
  nonNegativeInteger,
  withCommonOptions,
  withDeviceOption,
  withInputOptions,
  withOverwriteOption,
} from './options.js';
import { OutputFolder } from './output.js';
import { type OutputOptions, runCommand, type Session } from './session.js';

interface PreprocessCommandOptions extends InputOptions, OutputOptions {
  readonly slice?: number;
  readonly huMin: number;
  readonly huMax: number;
  readonly equalization: HistogramEqualization;
  readonly device: DeviceChoice;
}

async function runPreprocess(input: string, options: PreprocessCommandOptions, session: Session): Promise<void> {
  const output = await OutputFolder.plan(options.out, {
    writes: ['preprocessing.png', 'clipped.nii.gz', 'equalized.nii.gz'],
    inputs: [input],
    overwrite: options.overwrite,
  });
  const volume = await readInput(input, options, session);
  const { signal, onProgress } = session;
  const preprocessed = await preprocess(volume, {
    signal,
    onProgress,
    window: [options.huMin, options.huMax],
    equalization: options.equalization,
    device: options.device,
    ...(options.threads === undefined ? {} : { threads: options.threads }),
  });
  session.warn(preprocessed.warnings);
  const slice = options.slice ?? Math.floor(volume.size[2] / 2);
  const figure = await renderPreprocessing(volume, preprocessed, slice);
  await output.write(async (folder) => {
    await folder.writeFile('preprocessing.png', figure.png);
    const { warnings } = await writeMask(await folder.place('clipped.nii.gz'), {
      ...preprocessed,
      data: preprocessed.clipped,
    });
    session.warn(warnings);
    await writeMask(await folder.place('equalized.nii.gz'), preprocessed);
  });
  const { device, timings, warnings, size, spacing } = preprocessed;
  session.result({ input, slice, device, timingsMs: timings, warnings, size, spacing }, [
    `slice ${slice} drawn`,
    output.summary,
  ]);
}

export function addPreprocessCommand(program: Command): void {
  const command = program
    .command('preprocess')
    .description('clip the HU and equalize the histogram of each slice; draw the steps (figure 2)')
    .argument('<input>', 'DICOM folder or file, or NIfTI')
    .requiredOption('--out <folder>', 'where to write preprocessing.png, clipped.nii.gz and equalized.nii.gz')
    .option('--slice <z>', 'the slice that is drawn (default: the middle one)', nonNegativeInteger('--slice'))
    .option('--hu-min <hu>', 'lower end of the window', finiteNumber('--hu-min'), -100)
    .option('--hu-max <hu>', 'upper end of the window', finiteNumber('--hu-max'), 400)
    .addOption(
      new Option('--equalization <what>', 'of each slice').choices(['global', 'clahe', 'none']).default('global'),
    );
  withOverwriteOption(withDeviceOption(withInputOptions(withCommonOptions(command)))).action((input: string, options) =>
    runCommand(options, (session) => runPreprocess(input, options, session)),
  );
}
