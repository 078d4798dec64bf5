import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  InvalidArgumentError as HepaticaArgumentError,
  writeReport,
  writeSecondaryCapture,
  writeSegmentation,
  writeStructureSet,
} from '../index.js';
import { makeDicomOptions } from '../schema/files.js';
import { runOptions } from '../schema/run.js';
import type { LesionClassification, Segmentation } from '../types.js';
import { withFlags } from './flags.js';
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
  return withFlags(command.addOption(kinds.argParser(parseKinds)), makeDicomOptions, kOwnOptions);
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

export async function writeDicomObjects(
  folder: OutputFolder,
  findings: Segmentation | LesionClassification,
  { dicom = [], deidentify = false }: DicomCommandOptions,
  session: Session,
): Promise<void> {
  for (const kind of dicom) {
    const { warnings } = await kWriters[kind](await folder.place(fileOf(kind)), findings, { deidentify });
    session.warn(warnings);
  }
}
