import { readFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError as CommanderArgumentError } from 'commander';
import { InputFileError, InvalidArgumentError, unreadableFile } from '../errors.js';
import {
  type LearningCurvePoint,
  renderLearningCurves,
  renderOverlay,
  type SliceChoice,
  tracePerimeters,
} from '../index.js';
import { refuseIncomplete } from '../output/commit.js';
import { readSeriesOptions } from '../schema/files.js';
import { renderOptions } from '../schema/render.js';
import { runOptions } from '../schema/run.js';
import { flagsOf, refuseWithout, withFlags } from './flags.js';
import { checkSameGrid } from './grid.js';
import { type InputOptions, readInput, readMaskInput } from './input.js';
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
import { counted } from './text.js';

interface RenderCommandOptions extends InputOptions, OutputOptions, WindowFlags {
  readonly mask?: string;
  readonly history?: string;
  readonly slices: SliceChoice;
}

function parseSlices(text: string): SliceChoice {
  if (text === 'structure' || text === 'all') return text;
  const slices = text.split(',');
  if (slices.every((slice) => /^ *\d{1,9} *$/.test(slice))) return slices.map(Number);
  throw new CommanderArgumentError('Expected --slices to be structure, all, or z indices separated by commas.');
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
  }, signal);
  session.result({ out: options.out, slices: pictures.map(({ slice }) => slice) }, [
    counted(pictures.length, 'picture'),
    output.summary,
  ]);
}

async function readHistory(path: string): Promise<LearningCurvePoint[]> {
  await refuseIncomplete(path);
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw unreadableFile(path, cause);
  });
  try {
    const parsed = JSON.parse(text) as { epochs?: unknown } | null;
    if (Array.isArray(parsed?.epochs)) return parsed.epochs as LearningCurvePoint[];
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
  if ((input === undefined) !== (options.mask === undefined)) {
    const history = options.history === undefined ? '' : ' beside --history';
    const received = input === undefined ? `--mask without INPUT${history}` : `INPUT ${input} without --mask${history}`;
    throw new InvalidArgumentError(
      'INVALID_ARGUMENT',
      `Expected INPUT with --mask, or --history, received ${received}`,
      {
        field: input === undefined ? 'input' : 'mask',
        remedy: 'Give a scan and a mask on its grid; learning curves take --history alone.',
      },
    );
  }
  if (options.history !== undefined) {
    const names = ['learning-curves.svg', 'learning-curves.png'];
    const output = await planOutput(names, [options.history], options);
    const { svg, png } = await renderLearningCurves(await readHistory(options.history));
    await output.write(async (folder) => {
      await folder.writeFile('learning-curves.svg', svg);
      await folder.writeFile('learning-curves.png', png);
    }, session.signal);
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
    .addOption(outOption('where to write overlay/ or learning-curves.svg and .png'))
    .option('--mask <file>', 'a mask on the grid of INPUT (NIfTI)')
    .option('--history <file>', 'history.json of a training run');
  withFlags(command, renderOptions, ['slices'], { parsers: { slices: parseSlices } });
  withWindowFlags(command, renderOptions.shape.window, { low: 'HU shown black', high: 'HU shown white' });
  withOverwriteOption(withInputOptions(withCommonOptions(command)));
  const ofScans = Object.keys(readSeriesOptions.shape).filter((name) => !(name in runOptions.shape));
  const drawing = ['--slices', '--hu-min', '--hu-max', ...flagsOf(readSeriesOptions, ofScans)];
  refuseWithout(command, drawing, ['--mask']);
  command.action((input: string | undefined, options) =>
    runCommand(options, (session) => render(input, options, session)),
  );
}
