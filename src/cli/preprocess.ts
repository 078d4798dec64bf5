import type { Command } from 'commander';
import { preprocess, renderPreprocessing, writeMask } from '../index.js';
import { preprocessOptions } from '../schema/run.js';
import { givenFlags, integerFrom, withFlags } from './flags.js';
import { type InputOptions, readInput } from './input.js';
import {
  outOption,
  type WindowFlags,
  withCommonOptions,
  withInputOptions,
  withOverwriteOption,
  withWindowFlags,
} from './options.js';
import { OutputFolder } from './output.js';
import { type OutputOptions, runCommand, type Session } from './session.js';

interface PreprocessCommandOptions extends InputOptions, OutputOptions, WindowFlags {
  readonly slice?: number;
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
    ...givenFlags(preprocessOptions, options),
  });
  session.warn(preprocessed.warnings);
  const slice = options.slice ?? Math.floor(volume.size[2] / 2);
  const figure = await renderPreprocessing(volume, preprocessed, slice);
  await output.write(async (folder) => {
    await folder.writeFile('preprocessing.png', figure.png);
    const { warnings } = await writeMask(
      await folder.place('clipped.nii.gz'),
      {
        ...preprocessed,
        data: preprocessed.clipped,
      },
      { signal },
    );
    session.warn(warnings);
    await writeMask(await folder.place('equalized.nii.gz'), preprocessed, { signal });
  }, signal);
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
    .addOption(outOption('where to write preprocessing.png, clipped.nii.gz and equalized.nii.gz'))
    .option('--slice <z>', 'the slice that is drawn (default: the middle one)', integerFrom(0, '--slice'));
  const { window } = preprocessOptions.shape;
  withWindowFlags(command, window, { low: 'lower end of the window', high: 'upper end of the window' });
  withFlags(command, preprocessOptions, ['device', 'equalization']);
  withOverwriteOption(withInputOptions(withCommonOptions(command))).action((input: string, options) =>
    runCommand(options, (session) => runPreprocess(input, options, session)),
  );
}
