import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  InvalidArgumentError as HepaticaArgumentError,
  writeReport,
  writeSecondaryCapture,
  writeSegmentation,
  writeStructureSet,
} from '../index.js';
import { checkDicomSource } from '../io/dicom-source.js';
import { makeDicomOptions } from '../schema/files.js';
import { runOptions } from '../schema/run.js';
import type { LesionClassification, Segmentation, Volume } from '../types.js';
import { refuseWithout, withFlags } from './flags.js';
import { isNifti } from './input.js';
import type { OutputFolder } from './output.js';
import type { Session } from './session.js';

const kWriters = {
  seg: writeSegmentation,
  sr: writeReport,
  rtstruct: writeStructureSet,
  sc: writeSecondaryCapture,
} as const;
type Kind = keyof typeof kWriters;
const kKinds = Object.keys(kWriters) as Kind[];
const fileOf = (kind: Kind) => `${kind}.dcm`;

/** Of the calls; the command line deals with the others itself. */
const kOwnOptions = Object.keys(makeDicomOptions.shape).filter((name) => !(name in runOptions.shape));

export interface DicomCommandOptions {
  readonly dicom?: readonly Kind[];
  readonly deidentify?: boolean;
}

function parseKinds(text: string): Kind[] {
  const kinds = text.split(',').map((part) => part.trim());
  const unknown = kinds.find((kind) => !Object.hasOwn(kWriters, kind));
  if (unknown !== undefined) throw new InvalidArgumentError(`Expected some of ${kKinds.join(', ')}.`);
  return kKinds.filter((kind) => kinds.includes(kind));
}

export function withDicomOptions(command: Command): Command {
  const kinds = new Option('--dicom <kinds>', `DICOM objects to write as well: ${kKinds.join(',')}, or some of them`);
  withFlags(command.addOption(kinds.argParser(parseKinds)), makeDicomOptions, kOwnOptions);
  return refuseWithout(command, ['--deidentify'], ['--dicom']);
}

/** What `--dicom` adds to an output folder, and what of an earlier run goes. */
export function dicomNames({ dicom = [] }: DicomCommandOptions): { writes: string[]; removes: string[] } {
  return { writes: dicom.map(fileOf), removes: kKinds.map(fileOf) };
}

/** Before anything is computed. */
export function checkDicomInput(input: string, { dicom = [] }: DicomCommandOptions): void {
  if (dicom.length === 0 || !isNifti(input)) return;
  throw new HepaticaArgumentError('NO_DICOM_SOURCE', `Expected --dicom with a DICOM input, received ${input}`, {
    file: input,
    field: 'dicom',
    remedy: 'Leave out --dicom, or name the DICOM series: the objects repeat its patient, study and images',
  });
}

/** Of the series that was read, before anything is computed. */
export function checkDicomVolume(volume: Volume, { dicom = [] }: DicomCommandOptions): void {
  if (dicom.length > 0) checkDicomSource(volume);
}

export async function writeDicomObjects(
  folder: OutputFolder,
  findings: Segmentation | LesionClassification,
  { dicom = [], deidentify = false }: DicomCommandOptions,
  session: Session,
): Promise<void> {
  // A reader of the flag's name may take the whole folder for anonymous.
  if (deidentify) {
    const line = '--deidentify is of the DICOM objects alone: report.json, and report.html where it is written, ';
    session.note(`${line}hold the patient ID`);
  }
  for (const kind of dicom) {
    const { warnings } = await kWriters[kind](await folder.place(fileOf(kind)), findings, {
      deidentify,
      signal: session.signal,
    });
    session.warn(warnings);
  }
}
