import { type Command, InvalidArgumentError as CommanderArgumentError, Option } from 'commander';
import { perimetersDocument } from '../documents/results.js';
import {
  type LesionType,
  readSeries,
  type SyntheticArterialScan,
  type SyntheticLesions,
  synthesizeLesions,
  tracePerimeters,
  type Volume,
  writeMask,
  writeSeries,
  writeVolume,
} from '../index.js';
import { kLesionTypes, kLesionTypeValues } from '../lesions/lesion-types.js';
import { manifest } from '../loading/packages.js';
import { synthesizeOptions } from '../schema/evaluate.js';
import { runOptions } from '../schema/run.js';
import type { ContrastPhase, Mask, MaskInput, Perimeter, WrittenSeries } from '../types.js';
import { givenFlags, refuseWithout, withFlags } from './flags.js';
import { checkSameGrid } from './grid.js';
import { type InputOptions, readInput, readMaskInput } from './input.js';
import { kPaper, segmenterFile, segmentWith, withModel } from './model.js';
import {
  outOption,
  withAcceptImplausibleOption,
  withCommonOptions,
  withGridOption,
  withInputOptions,
  withOverwriteOption,
} from './options.js';
import { OutputFolder } from './output.js';
import { type ImplausibleOptions, setExitCode, warnOfResult } from './plausibility.js';
import { kFindings } from './segment.js';
import { type OutputOptions, runCommand, type Session } from './session.js';

interface SynthesizeCommandOptions extends InputOptions, OutputOptions, ImplausibleOptions {
  readonly liver?: string;
  readonly liverModel?: string;
  readonly realLesions?: string;
  readonly types: readonly LesionType[];
  readonly seed: number;
  readonly count: readonly [number, number];
  readonly look: ContrastPhase;
  readonly margin: number;
  readonly arterial?: boolean;
  readonly dicom?: boolean;
  readonly grid: 'orthonormal' | 'source';
}

const kPatientId = 'SYNTHETIC';

/** The calls of every command have the others. */
const synthesisFlags = synthesizeOptions.omit({ signal: true, onProgress: true, threads: true });

function parseTypes(text: string): LesionType[] {
  const names = text.toUpperCase().split(',');
  const types = kLesionTypes.filter((type) => names.includes(type));
  if (names.every((name) => kLesionTypes.includes(name as LesionType))) return types;
  throw new CommanderArgumentError('Expected --types to be some of CYS, ANG, HCC and MET, separated by commas.');
}

function parseCount(text: string): [number, number] {
  const match = /^(\d{1,3})(?:-(\d{1,3}))?$/.exec(text);
  const [least, most] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
  if (match && least <= most && most <= 255) return [least, most];
  throw new CommanderArgumentError('Expected --count to be MIN-MAX or a number, within 0 to 255.');
}

function parseVector(name: string) {
  return (text: string): [number, number, number] => {
    const numbers = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
    if (numbers.length === 3 && numbers.every(Number.isFinite)) return numbers as [number, number, number];
    throw new CommanderArgumentError(`Expected ${name} to be three numbers, separated by commas.`);
  };
}

async function readMaskOf(
  volume: Volume,
  file: string,
  options: SynthesizeCommandOptions,
  session: Session,
): Promise<Mask> {
  const mask = await readMaskInput(file, options, session, { volume });
  checkSameGrid(volume, mask, file);
  return mask;
}

/** The liver as the caller gives it, or as the caller's network finds it, or the default one. */
async function liverOf(volume: Volume, options: SynthesizeCommandOptions, session: Session): Promise<MaskInput> {
  if (options.liver !== undefined) return readMaskOf(volume, options.liver, options, session);
  const { signal, onProgress } = session;
  const segmentation = await withModel(options.liverModel, signal, (model) =>
    segmentWith(model, volume, { signal, onProgress, ...givenFlags(runOptions, options) }),
  );
  warnOfResult(segmentation, session);
  setExitCode(segmentation, options);
  const { size, spacing, origin, direction } = segmentation;
  return { size, spacing, origin, direction, data: segmentation.mask };
}

/** For DerivationDescription: that the lesions are not real, and what they were made with. */
function derivationOf(made: SyntheticLesions, options: SynthesizeCommandOptions): string {
  const found = options.liverModel === undefined ? 'weights of hepatica' : 'a network that the caller chose';
  const liver = options.liver === undefined ? `liver found by ${found}` : 'liver given by the caller';
  return (
    `${made.lesions.length} synthetic lesions put into a real scan by hepatica ${manifest.version}: seed ${options.seed}, ` +
    `types ${options.types.join(' ')}, count ${options.count.join('-')}, look ${options.look}, ` +
    `margin ${options.margin} mm, ${liver}`
  );
}

/**
 * The scan as a CT series, and the outlines of its lesions. Lesions never touch, so that an outline's first pixel, which
 * is part of the lesion, tells which one it is.
 */
async function writeDicom(
  folder: OutputFolder,
  made: SyntheticLesions,
  options: SynthesizeCommandOptions,
  session: Session,
): Promise<void> {
  const { signal } = session;
  const series = await folder.place('dicom/');
  const attributes = {
    patientId: kPatientId,
    seriesDescription: 'Synthetic lesions (hepatica)',
    derivation: derivationOf(made, options),
  };
  const portal = await writeSeries(series, made.volume, attributes, { signal });
  session.warn(portal.warnings);
  if (made.arterial) await writeArterialDicom(folder, made.arterial, attributes.derivation, portal, session);
  const written = await readSeries(series, { signal });
  const ids = made.ids.data;
  const [width, height] = made.ids.size;
  const labelOf = ({ slice, pixels: [x = 0, y = 0] }: Perimeter) => {
    const id = ids[(slice * height + y) * width + x] as number;
    return { id, type: made.lesions[id - 1]?.type };
  };
  const perimeters = await tracePerimeters(made.ids, { signal });
  const outlined = { structure: 'lesions', size: made.ids.size, perimeters };
  await folder.writeJson('perimeters.json', perimetersDocument(written, outlined, labelOf));
}

const describeArterial = ({ motion, liverHu, aortaHu }: SyntheticArterialScan) => ({ motion, liverHu, aortaHu });

/** The arterial scan as a CT series of the same study. */
async function writeArterialDicom(
  folder: OutputFolder,
  { volume }: SyntheticArterialScan,
  derivation: string,
  { studyInstanceUid, frameOfReferenceUid }: WrittenSeries,
  session: Session,
): Promise<void> {
  const attributes = {
    patientId: kPatientId,
    seriesDescription: 'Synthetic lesions, arterial (hepatica)',
    derivation,
    studyInstanceUid,
    frameOfReferenceUid,
  };
  const { warnings } = await writeSeries(await folder.place('arterial-dicom/'), volume, attributes, {
    signal: session.signal,
  });
  session.warn(warnings);
}

function reportOf(input: string, options: SynthesizeCommandOptions, made: SyntheticLesions) {
  return {
    format: 'hepatica-synthetic-lesions',
    version: 1,
    notice: 'Synthetic lesions in a real scan. For research use only. Not a medical device.',
    input,
    seed: options.seed,
    look: options.look,
    labels: kLesionTypeValues,
    lesions: made.lesions,
    ...(made.arterial && { arterial: describeArterial(made.arterial) }),
    warnings: made.warnings,
  };
}

const kDicomNames = ['dicom/', 'perimeters.json'];
const kArterialNames = ['arterial.nii.gz'];
const kArterialDicomNames = ['arterial-dicom/'];

function planOutput(input: string, options: SynthesizeCommandOptions): Promise<OutputFolder> {
  const masks = ['liver.nii.gz', 'lesions.nii.gz', 'lesion-ids.nii.gz'];
  return OutputFolder.plan(options.out, {
    writes: [
      'image.nii.gz',
      ...masks,
      'lesions.json',
      ...(options.dicom ? kDicomNames : []),
      ...(options.arterial ? kArterialNames : []),
      ...(options.arterial && options.dicom ? kArterialDicomNames : []),
    ],
    removes: [...kDicomNames, ...kArterialNames, ...kArterialDicomNames],
    other: kFindings,
    inputs: [input, options.liver, options.liverModel, options.realLesions],
    overwrite: options.overwrite,
  });
}

async function synthesize(input: string, options: SynthesizeCommandOptions, session: Session): Promise<void> {
  const output = await planOutput(input, options);
  const volume = await readInput(input, options, session);
  const liver = await liverOf(volume, options, session);
  const real =
    options.realLesions === undefined ? null : await readMaskOf(volume, options.realLesions, options, session);
  const { signal, onProgress } = session;
  const made = await synthesizeLesions(volume, liver, {
    signal,
    onProgress,
    ...givenFlags(synthesisFlags, options),
    ...givenFlags(runOptions, options),
    ...(real && { realLesions: real }),
  });
  session.warn(made.warnings);
  const report = reportOf(input, options, made);
  await output.write(async (folder) => {
    const { grid } = options;
    const image = await writeVolume(await folder.place('image.nii.gz'), made.volume, { signal, grid });
    session.warn(image.warnings);
    if (made.arterial) {
      await writeVolume(await folder.place('arterial.nii.gz'), made.arterial.volume, { signal, grid });
    }
    await writeMask(await folder.place('liver.nii.gz'), liver, { signal, grid });
    await writeMask(await folder.place('lesions.nii.gz'), made.types, { signal, grid });
    await writeMask(await folder.place('lesion-ids.nii.gz'), made.ids, { signal, grid });
    await folder.writeJson('lesions.json', report);
    if (options.dicom) await writeDicom(folder, made, options, session);
  }, signal);
  session.result(report, [
    ...made.lesions.map(
      ({ id, type, volumeMl, signs }) => `${id}: ${type} ${volumeMl.toFixed(1)} ml, ${signs.join(', ')}`,
    ),
    output.summary,
  ]);
}

export function addSynthesizeCommand(program: Command): void {
  const command = program
    .command('synthesize')
    .description('put synthetic lesions of known types into a scan of a liver')
    .argument('<input>', 'DICOM folder or file, or NIfTI')
    .addOption(outOption('where to write the scan, its masks and lesions.json'))
    .addOption(
      new Option('--liver <file>', 'mask of the liver on the grid of INPUT (default: found by segment)').conflicts(
        'liverModel',
      ),
    )
    .option(
      '--liver-model <file>',
      `weights that find the liver, or ${kPaper} (default: those of the liver)`,
      segmenterFile,
    )
    .option('--real-lesions <file>', 'mask of lesions that are there already: they are left alone')
    .option('--dicom', 'also write a DICOM series, and the outlines of the lesions as perimeters.json');
  withFlags(command, synthesisFlags, undefined, {
    parsers: {
      types: parseTypes,
      count: parseCount,
      arterialTurn: parseVector('--arterial-turn'),
      arterialShiftMm: parseVector('--arterial-shift'),
    },
  });
  const reading = withAcceptImplausibleOption(withInputOptions(withCommonOptions(command)));
  withGridOption(withOverwriteOption(reading));
  refuseWithout(command, ['--arterial-turn', '--arterial-shift', '--arterial-slice'], ['--arterial']);
  refuseWithout(command, ['--margin'], ['--real-lesions']);
  command.action((input: string, options) => runCommand(options, (session) => synthesize(input, options, session)));
}
