import { type Command, Option } from 'commander';
import { InvalidArgumentError, type Model, renderFilters, type Segmentation, type Volume } from '../index.js';
import { lesionModel, liverModel } from '../models/model.js';
import { renderFiltersOptions } from '../schema/render.js';
import { deviceOptions, runOptions } from '../schema/run.js';
import { givenFlags, refuseWithout, withFlags } from './flags.js';
import { type InputOptions, readInput } from './input.js';
import { kPaper, segmenterFile, segmentWith, withModel } from './model.js';
import {
  outOption,
  withAcceptImplausibleOption,
  withCommonOptions,
  withInputOptions,
  withOverwriteOption,
} from './options.js';
import { OutputFolder } from './output.js';
import { type ImplausibleOptions, setExitCode, warnOfResult } from './plausibility.js';
import { type OutputOptions, runCommand, type Session } from './session.js';
import { counted } from './text.js';

interface FiltersCommandOptions extends InputOptions, OutputOptions, ImplausibleOptions {
  readonly model?: string;
  readonly lesions?: boolean;
  readonly liverModel?: string;
}

/** What the network looks at: a lesion network the liver alone. */
async function scanFor(
  model: Model,
  volume: Volume,
  command: FiltersCommandOptions,
  session: Session,
): Promise<Volume | Segmentation> {
  if (model.info.kind !== 'mdl_cnn') {
    if (command.liverModel === undefined) return volume;
    const message = `Expected --liver-model with a lesion network alone, received it beside ${command.model}`;
    throw new InvalidArgumentError('INVALID_ARGUMENT', message, {
      field: 'liver-model',
      remedy: 'Leave out --liver-model, or name a lesion network with --model.',
    });
  }
  const { signal, onProgress } = session;
  const options = { signal, onProgress, ...givenFlags(runOptions, command), ...givenFlags(deviceOptions, command) };
  const liver = await withModel(command.liverModel, signal, (given) => segmentWith(given, volume, options));
  warnOfResult(liver, session);
  setExitCode(liver, command);
  return liver;
}

async function filters(input: string, options: FiltersCommandOptions, session: Session): Promise<void> {
  const output = await OutputFolder.plan(options.out, {
    writes: ['filters/'],
    inputs: [input, options.model, options.liverModel],
    overwrite: options.overwrite,
  });
  const volume = await readInput(input, options, session);
  const { signal, onProgress } = session;
  const figure = await withModel(options.model, signal, async (given) => {
    const model = given ?? (await (options.lesions ? lesionModel() : liverModel('paper')));
    return renderFilters(model, await scanFor(model, volume, options, session), {
      signal,
      onProgress,
      ...givenFlags(renderFiltersOptions, options),
    });
  });
  const { slice, pages, device, warnings } = figure;
  session.warn(warnings);
  const names = pages.map(({ layer, part }, index) => {
    const several = part > 1 || pages.some((other) => other.layer === layer && other.part > 1);
    return `filters/${String(index + 1).padStart(2, '0')}-${layer}${several ? `-${part}` : ''}.png`;
  });
  await output.write(async (folder) => {
    for (const [index, { png }] of pages.entries()) await folder.writeFile(names[index] as string, png);
  }, signal);
  session.result({ input, out: options.out, slice, pages: names, device }, [
    `${counted(pages.length, 'page')}, slice ${slice}, on ${device}`,
    output.summary,
  ]);
}

export function addFiltersCommand(program: Command): void {
  const command = program
    .command('filters')
    .description("draw the network's filters, and what its layers answer to a slice (figure 8)")
    .argument('<input>', 'DICOM folder or file, or NIfTI')
    .addOption(outOption('where to write filters/, a page a layer'))
    .option('--model <file>', "weights of a network of your own (default: those of the paper's liver network)")
    .addOption(new Option('--lesions', 'the weights of the lesion network').conflicts('model'))
    .option(
      '--liver-model <file>',
      `weights that find the liver for a lesion network, or ${kPaper} (default: those of the liver)`,
      segmenterFile,
    );
  withFlags(command, renderFiltersOptions, ['slice', 'device', 'layers']);
  withAcceptImplausibleOption(withOverwriteOption(withInputOptions(withCommonOptions(command))));
  refuseWithout(command, ['--liver-model'], ['--lesions', '--model']);
  command.action((input: string, options) => runCommand(options, (session) => filters(input, options, session)));
}
