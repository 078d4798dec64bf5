import type { Command } from 'commander';
import { comparisonDocument, lesionsDocument } from '../documents/results.js';
import {
  type BeforeAndAfter,
  type ComparedLesion,
  classifyLesions,
  compareStudies,
  type LesionClassification,
  type Segmentation,
  writeMask,
} from '../index.js';
import { classifyOptions } from '../schema/segment.js';
import { givenFlags } from './flags.js';
import { type InputOptions, readInput } from './input.js';
import { checkExtent, kPaper, kPaperLesions, lesionFile, segmenterFile, withLesionModel } from './model.js';
import { outOption, type ScanNetworkOptions, withLesionFlags, withScanNetworkOptions } from './options.js';
import { OutputFolder } from './output.js';
import { type ImplausibleOptions, setExitCode, verdictLines, warnOfResult } from './plausibility.js';
import { segmentInput } from './segment.js';
import { type OutputOptions, runCommand, type Session } from './session.js';

interface CompareCommandOptions extends InputOptions, OutputOptions, ImplausibleOptions, ScanNetworkOptions {
  readonly liverModel?: string;
}

type When = keyof BeforeAndAfter;
const kDates: readonly When[] = ['before', 'after'];
const kStudyNames = ['liver.nii.gz', 'lesions.nii.gz', 'lesions.json'];

/** What one date was found to be. */
type Found = LesionClassification<Segmentation>;

async function find(input: string, when: When, options: CompareCommandOptions, session: Session): Promise<Found> {
  session.note(`the ${when === 'before' ? 'earlier' : 'later'} study: ${input}`);
  const volume = await readInput(input, options, session);
  const liver = await segmentInput(volume, options.liverModel, options, session);
  const { signal, onProgress } = session;
  const given = givenFlags(classifyOptions.omit({ model: true }), options);
  const found = await withLesionModel(options.model, signal, (model) =>
    classifyLesions(liver, { signal, onProgress, ...given, ...(model && { model }) }),
  );
  warnOfResult(found, session, when);
  return found;
}

async function writeStudy(
  folder: OutputFolder,
  when: When,
  input: string,
  found: Found,
  { grid }: CompareCommandOptions,
  session: Session,
): Promise<void> {
  const { signal } = session;
  const { warnings } = await writeMask(await folder.place(`${when}-liver.nii.gz`), found.liver, { grid, signal });
  session.warn(warnings, when);
  await writeMask(await folder.place(`${when}-lesions.nii.gz`), found, { grid, signal });
  await folder.writeJson(`${when}-lesions.json`, lesionsDocument(input, found));
}

const percent = (change: number) => `${change >= 0 ? '+' : '−'}${Math.abs(change * 100).toFixed(0)} %`;

function line({ before, after, change, diameterMm, volumeMl, diameterChange }: ComparedLesion): string {
  const ids = (numbers: readonly number[]) => (numbers.length === 0 ? '–' : numbers.join('+'));
  const measured = ({ before: earlier, after: later }: BeforeAndAfter, digits: number, unit: string) =>
    `${[earlier, later].map((value) => value?.toFixed(digits) ?? '–').join(' → ')} ${unit}`;
  const grown = diameterChange === null ? '' : ` (${percent(diameterChange)})`;
  const diameter = `${measured(diameterMm, 1, 'mm')}${grown}`;
  return `  ${ids(before)} → ${ids(after)}: ${change}, ${diameter}, ${measured(volumeMl, 2, 'ml')}`;
}

async function compare(before: string, after: string, options: CompareCommandOptions, session: Session): Promise<void> {
  await checkExtent(options.model, options);
  const output = await OutputFolder.plan(options.out, {
    writes: ['comparison.json', ...kDates.flatMap((when) => kStudyNames.map((name) => `${when}-${name}`))],
    inputs: [before, after, lesionFile(options.model), options.liverModel],
    overwrite: options.overwrite,
  });
  const earlier = await find(before, 'before', options, session);
  const later = await find(after, 'after', options, session);
  const { signal, onProgress } = session;
  const compared = await compareStudies(earlier, later, { signal, onProgress });
  session.warn(compared.warnings);
  const document = comparisonDocument({ before, after }, compared);
  await output.write(async (folder) => {
    await writeStudy(folder, 'before', before, earlier, options, session);
    await writeStudy(folder, 'after', after, later, options, session);
    await folder.writeJson('comparison.json', document);
  }, signal);
  const { targets, registration } = compared;
  session.result(document, [
    ...verdictLines(earlier),
    ...verdictLines(later),
    `the livers meet with a Dice of ${registration.liverDice.toFixed(3)}`,
    compared.lesions.length === 0 ? 'no lesions' : 'lesions, before → after:',
    ...compared.lesions.map(line),
    `target lesions: ${targets.before.toFixed(1)} → ${targets.after.toFixed(1)} mm`,
    output.summary,
  ]);
  setExitCode(earlier.plausibility === 'implausible' ? earlier : later, options);
}

export function addCompareCommand(program: Command): void {
  const command = program
    .command('compare')
    .description('find the lesions of two scans of one patient, and tell which grew, shrank, came and went')
    .argument('<before>', 'the earlier scan: DICOM folder or file, or NIfTI')
    .argument('<after>', 'the later scan')
    .addOption(outOption('where to write comparison.json, and masks and lesions of both dates'))
    .option('--model <file>', `weights of a lesion network of your own (safetensors), or ${kPaperLesions}`)
    .option(
      '--liver-model <file>',
      `weights of a liver network of your own (safetensors), or ${kPaper}`,
      segmenterFile,
    );
  withLesionFlags(command);
  withScanNetworkOptions(command, ['series', 'phase']).action((before: string, after: string, options) =>
    runCommand(options, (session) => compare(before, after, options, session)),
  );
}
