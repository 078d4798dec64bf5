import type { Command } from 'commander';
import { renderFilters } from '../index.js';
import { defaultModel } from '../model.js';
import { type InputOptions, readInput } from './input.js';
import { withModel } from './model.js';
import { nonNegativeInteger, withCommonOptions, withInputOptions } from './options.js';
import { writeOutputFolder } from './output.js';
import { runCommand, type Session } from './session.js';

interface FiltersCommandOptions extends InputOptions {
  readonly out: string;
  readonly model?: string;
  readonly slice?: number;
  readonly layers?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

async function filters(input: string, options: FiltersCommandOptions, session: Session): Promise<void> {
  const volume = await readInput(input, options, session);
  const { signal, onProgress } = session;
  const figure = await withModel(options.model, async (given) =>
    renderFilters(given ?? (await defaultModel('liver')), volume, {
      signal,
      onProgress,
      ...(options.threads === undefined ? {} : { threads: options.threads }),
      ...(options.slice === undefined ? {} : { slice: options.slice }),
      ...(options.layers === undefined ? {} : { layers: options.layers.split(',') }),
    }),
  );
  await writeOutputFolder(options.out, (folder) => folder.write('filters.png', figure.png));
  session.result({ input, out: options.out, slice: figure.slice }, [
    `written to ${options.out}: filters.png (slice ${figure.slice})`,
  ]);
}

export function addFiltersCommand(program: Command): void {
  const command = program
    .command('filters')
    .description("draw the network's filters, and what its layers answer to a slice (figure 8)")
    .argument('<input>', 'DICOM folder or file, or NIfTI')
    .requiredOption('--out <folder>', 'where to write filters.png')
    .option('--model <file>', 'weights (default: those of the liver)')
    .option('--slice <z>', 'the slice (default: the middle one)', nonNegativeInteger('--slice'))
    .option('--layers <names>', 'conv1,conv2,conv3 or some of them (default: all)');
  withInputOptions(withCommonOptions(command)).action((input: string, options) =>
    runCommand(options, (session) => filters(input, options, session)),
  );
}
