import { type Command, Option } from 'commander';
import type { ReportDocument } from '../documents/report.js';
import { perimetersDocument, reportDocument } from '../documents/results.js';
import {
  type LesionClassification,
  renderOverlay,
  renderOverview,
  type Segmentation,
  type Volume,
  writeMask,
  writeMesh,
} from '../index.js';
import { manifest } from '../loading/packages.js';
import { segmentOptions } from '../schema/segment.js';
import { phaseName } from '../segment/contrast.js';
import {
  checkDicomInput,
  checkDicomVolume,
  type DicomCommandOptions,
  dicomNames,
  withDicomOptions,
  writeDicomObjects,
} from './dicom-objects.js';
import { givenFlags } from './flags.js';
import { type InputOptions, readInput } from './input.js';
import { fileNameOf, kPaper, maskNameOf, plannedMaskName, segmenterFile, segmentWith, withModel } from './model.js';
import { outOption, type ScanNetworkOptions, withScanNetworkOptions } from './options.js';
import { OutputFolder } from './output.js';
import { type ImplausibleOptions, setExitCode, verdictLines, warnOfResult } from './plausibility.js';
import { givenOptions, hashedInputs } from './provenance.js';
import { type OutputOptions, runCommand, type Session } from './session.js';

export interface SegmentCommandOptions
  extends InputOptions,
    OutputOptions,
    ImplausibleOptions,
    DicomCommandOptions,
    ScanNetworkOptions {
  readonly overlay: 'structure' | 'all' | 'none';
  readonly mesh?: 'stl' | 'ply';
}

async function writeOverlays(
  folder: OutputFolder,
  volume: Volume,
  outlines: Segmentation | LesionClassification,
  choice: 'structure' | 'all',
  session: Session,
): Promise<void> {
  const { signal, onProgress } = session;
  const pictures = await renderOverlay(volume, outlines, { slices: choice, signal, onProgress });
  for (const { slice, png } of pictures) await folder.writeFile(`overlay/${String(slice).padStart(4, '0')}.png`, png);
  if (pictures.length === 0) return;
  const overview = await renderOverview(volume, outlines, { slices: choice, signal });
  await folder.writeFile('overview.png', overview.png);
}

/** The surface of the structure, and of each lesion by its number. */
async function writeMeshes(
  folder: OutputFolder,
  segmentation: Segmentation,
  lesions: LesionClassification | undefined,
  format: 'stl' | 'ply',
  session: Session,
): Promise<void> {
  const { signal } = session;
  const surfaces =
    segmentation.volumeMl > 0 ? [{ name: fileNameOf(segmentation.structure), mask: segmentation, value: 1 }] : [];
  const found = lesions?.lesions.map(({ id }) => ({ name: `lesion-${id}`, mask: lesions, value: id })) ?? [];
  for (const { name, mask, value } of [...surfaces, ...found]) {
    const { warnings } = await writeMesh(await folder.place(`mesh/${name}.${format}`), mask, { value, signal });
    session.warn(warnings, name);
  }
}

export function segmentInput(
  volume: Volume,
  model: string | undefined,
  options: ScanNetworkOptions,
  session: Session,
): Promise<Segmentation> {
  const { signal, onProgress } = session;
  const given = givenFlags(segmentOptions.omit({ model: true }), options);
  return withModel(model, signal, (loaded) => segmentWith(loaded, volume, { signal, onProgress, ...given }));
}

const kPictures = ['overlay/', 'overview.png'];
const kMeshes = ['mesh/'];
export const kPageName = 'report.html';

/** A result of segment or classify, to synthesize. */
export const kFindings = {
  command: 'segment',
  mark: 'report.json',
  names: ['report.json', 'perimeters.json', ...kPictures, ...kMeshes, ...dicomNames({}).removes, kPageName],
} as const;

/** What {@link writeSegmentation} will write. */
export async function segmentationNames(model: string | undefined, options: SegmentCommandOptions) {
  const dicom = dicomNames(options);
  const written = [await plannedMaskName(model), 'perimeters.json', 'report.json', ...dicom.writes];
  const writes = [...written, ...(options.overlay === 'none' ? [] : kPictures), ...(options.mesh ? kMeshes : [])];
  return { writes, removes: [...kPictures, ...kMeshes, ...dicom.removes] };
}

/** A result, and what it was computed from. */
export interface SegmentedInput extends Pick<ReportDocument, 'command' | 'input'> {
  readonly segmentation: Segmentation;
  /** Boxed in the pictures. */
  readonly lesions?: LesionClassification;
  /** The second scan, and where it was read from. */
  readonly arterial?: { readonly input: string; readonly volume: Volume };
}

/** Everything that `segment` writes. Returns the report. */
export async function writeSegmentation(
  folder: OutputFolder,
  { input, segmentation, lesions, arterial, command }: SegmentedInput,
  options: SegmentCommandOptions,
  session: Session,
) {
  const { volume } = segmentation;
  const { grid } = options;
  const { warnings } = await writeMask(await folder.place(maskNameOf(segmentation.structure)), segmentation, {
    grid,
    signal: session.signal,
  });
  session.warn(warnings);
  const inputs = await hashedInputs(input, volume, session.signal);
  const arterialInputs = arterial && (await hashedInputs(arterial.input, arterial.volume, session.signal));
  const provenance = {
    ...{ hepatica: manifest.version, command, options: givenOptions(options), input, inputs },
    ...(arterialInputs && { arterialInputs }),
  };
  const found = reportDocument(provenance, segmentation, lesions);
  const report = { ...found, warnings: [...found.warnings, ...warnings] };
  await folder.writeJson('perimeters.json', perimetersDocument(volume, segmentation));
  await folder.writeJson('report.json', report);
  await writeDicomObjects(folder, lesions ?? segmentation, options, session);
  if (options.overlay !== 'none') {
    await writeOverlays(folder, volume, lesions ?? segmentation, options.overlay, session);
  }
  if (options.mesh) await writeMeshes(folder, segmentation, lesions, options.mesh, session);
  return report;
}

export function segmentationSummary(segmentation: Segmentation): string {
  const slices = segmentation.slices;
  const extent = slices.length > 0 ? `, slices ${slices[0]} to ${slices.at(-1)}` : '';
  const phase = segmentation.contrast ? `, ${phaseName(segmentation.contrast)}` : '';
  return `${segmentation.structure}: ${segmentation.volumeMl.toFixed(1)} ml${extent}${phase}, on ${segmentation.device}`;
}

/** What synthesize writes beside masks and lesions. */
export const kSynthesis = {
  command: 'synthesize',
  mark: 'lesion-ids.nii.gz',
  names: ['image.nii.gz', 'lesion-ids.nii.gz', 'dicom/'],
} as const;

/** What classify writes beside what segment does. */
export const kLesionNames = ['lesions.nii.gz', 'lesions.json'];

async function segment(input: string, options: SegmentCommandOptions, session: Session): Promise<void> {
  const { model, overwrite } = options;
  checkDicomInput(input, options);
  const names = await segmentationNames(model, options);
  const output = await OutputFolder.plan(options.out, {
    writes: names.writes,
    // What an earlier classify found in the liver that is replaced now.
    removes: [...names.removes, ...kLesionNames, kPageName],
    other: kSynthesis,
    inputs: [input, model],
    overwrite,
  });
  const volume = await readInput(input, options, session);
  checkDicomVolume(volume, options);
  const segmentation = await segmentInput(volume, model, options, session);
  warnOfResult(segmentation, session);
  const report = await output.write(
    (folder) => writeSegmentation(folder, { command: 'segment', input, segmentation }, options, session),
    session.signal,
  );
  session.result(report, [...verdictLines(segmentation), segmentationSummary(segmentation), output.summary]);
  setExitCode(segmentation, options);
}

/** The options that `segment` and `classify` share. */
export function withSegmentOptions(command: Command): Command {
  const shared = command.addOption(
    new Option('--overlay <slices>', 'which slices to draw').choices(['structure', 'all', 'none']).default('structure'),
  );
  shared.addOption(new Option('--mesh <format>', 'write the surfaces too, to mesh/, mm, LPS').choices(['stl', 'ply']));
  return withDicomOptions(withScanNetworkOptions(shared));
}

export function addSegmentCommand(program: Command): void {
  const command = program
    .command('segment')
    .description('find the liver in a CT scan: its mask, perimeters, volume and pictures')
    .argument('<input>', 'DICOM folder or file, or NIfTI')
    .addOption(outOption('where to write liver.nii.gz, perimeters.json, report.json and overlay/'))
    .option('--model <file>', `weights of your own (safetensors), or ${kPaper}`, segmenterFile);
  withSegmentOptions(command).action((input: string, options) =>
    runCommand(options, (session) => segment(input, options, session)),
  );
}
