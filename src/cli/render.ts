import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { InputFileError, InvalidArgumentError } from '../errors.js';
import {
  type LearningCurvePoint,
  renderLearningCurves,
  renderOverlay,
  type SliceChoice,
  tracePerimeters,
} from '../index.js';
import { refuseIncomplete } from '../output/commit.js';
import { renderOptions } from '../schema/render.js';
import { withFlags } from './flags.js';
import { checkSameGrid } from './grid.js';
import { type InputOptions, readInput, readMaskInput } from './input.js';
import {
  type WindowFlags,
  withCommonOptions,
  withInputOptions,
  withOverwriteOption,
  withWindowFlags,
} from './options.js';
import { OutputFolder } from './output.js';
import { type OutputOptions, runCommand, type Session } from './session.js';

interface RenderCommandOptions extends InputOptions, OutputOptions, WindowFlags {
  readonly mask?: string;
  readonly history?: string;
  readonly slices: SliceChoice;
}

function parseSlices(text: string): SliceChoice {
  if (text === 'structure' || text === 'all') return text;
  return text.split(',').map(Number);
}

function planOutput(writes: readonly string[], inputs: readonly string[], { out, overwrite }: RenderCommandOptions) {
  return OutputFolder.plan(out, { writes, removes: writes, inputs, overwrite });
}

async function renderMask(input: string, mask: string, options: RenderCommandOptions, session: Session): Promise<void> {
  const output = await planOutput(['overlay/'], [input, mask], options);
  const volume = await readInput(input, options, session);
  const { signal, onProgress } = session;
  const drawn = await readMaskInput(mask, options, session, { volume });
  // Throws GEOMETRY_MISMATCH as evaluate does: a mask of another scan would be drawn in the wrong place.
  checkSameGrid(volume, drawn, mask);
  const perimeters = await tracePerimeters(drawn, { signal });
  const pictures = await renderOverlay(
    volume,
    { perimeters },
    { slices: options.slices, window: [options.huMin, options.huMax], signal, onProgress },
  );
  await output.write(async (folder) => {
    for (const { slice, png } of pictures) await folder.writeFile(`overlay/${String(slice).padStart(4, '0')}.png`, png);
  });
  session.result({ out: options.out, slices: pictures.map(({ slice }) => slice) }, [
    `${pictures.length} pictures`,
    output.summary,
  ]);
}

async function readHistory(path: string): Promise<LearningCurvePoint[]> {
  await refuseIncomplete(path);
  try {
    const parsed = JSON.parse(await readFile(path, 'utf8')) as { epochs?: unknown };
    if (Array.isArray(parsed.epochs)) return parsed.epochs as LearningCurvePoint[];
  } catch (cause) {
    throw new InputFileError('NOT_A_HISTORY', `Cannot read ${path}: ${(cause as Error).message}`, {
      file: path,
      remedy: 'Give the history.json that training writes.',
      cause,
    });
  }
  throw new InputFileError('NOT_A_HISTORY', `Expected ${path} to hold a list "epochs"`, {
    file: path,
    field: 'epochs',
    remedy: 'Give the history.json that training writes.',
  });
}

async function render(input: string | undefined, options: RenderCommandOptions, session: Session): Promise<void> {
  if (options.history !== undefined) {
    const names = ['learning-curves.svg', 'learning-curves.png'];
    const output = await planOutput(names, [options.history], options);
    const { svg, png } = await renderLearningCurves(await readHistory(options.history));
    await output.write(async (folder) => {
      await folder.writeFile('learning-curves.svg', svg);
      await folder.writeFile('learning-curves.png', png);
    });
    session.result({ out: options.out }, [output.summary]);
  }
  if (input !== undefined && options.mask !== undefined) await renderMask(input, options.mask, options, session);
  else if (options.history === undefined) {
    throw new InvalidArgumentError('INVALID_ARGUMENT', 'Expected INPUT with --mask, or --history', {
      remedy: 'Give a scan and a mask on its grid, or the history.json of a training run.',
    });
  }
}

export function addRenderCommand(program: Command): void {
  const command = program
    .command('render')
    .description("draw a mask's perimeter on its scan (figure 5), or a training's learning curves (figure 6)")
    .argument('[input]', 'DICOM folder or file, or NIfTI')
    .requiredOption('--out <folder>', 'where to write overlay/ or learning-curves.svg and .png')
    .option('--mask <file>', 'a mask on the grid of INPUT (NIfTI)')
    .option('--history <file>', 'history.json of a training run');
  withFlags(command, renderOptions, ['slices'], { parsers: { slices: parseSlices } });
  withWindowFlags(command, renderOptions.shape.window, { low: 'HU shown black', high: 'HU shown white' });
  withOverwriteOption(withInputOptions(withCommonOptions(command))).action((input: string | undefined, options) =>
    runCommand(options, (session) => render(input, options, session)),
  );
}
