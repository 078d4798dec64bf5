import { basename } from 'node:path';
import type { Command } from 'commander';
import { lesionsDocument } from '../documents/results.js';
import {
  classifyLesions,
  type Lesion,
  type LesionClassification,
  renderReportPage,
  type Volume,
  writeMask,
} from '../index.js';
import { natureOf } from '../lesions/lesion-nature.js';
import { classifyOptions } from '../schema/segment.js';
import { checkDicomInput, checkDicomVolume } from './dicom-objects.js';
import { givenFlags } from './flags.js';
import { readInput } from './input.js';
import { checkExtent, kPaper, kPaperLesions, lesionFile, segmenterFile, withLesionModel } from './model.js';
import { outOption, withLesionFlags } from './options.js';
import { OutputFolder } from './output.js';
import { setExitCode, verdictLines, warnOfResult } from './plausibility.js';
import {
  kLesionNames,
  kPageName,
  kSynthesis,
  type SegmentCommandOptions,
  segmentationNames,
  segmentationSummary,
  segmentInput,
  withSegmentOptions,
  writeSegmentation,
} from './segment.js';
import { runCommand, type Session } from './session.js';

interface ClassifyCommandOptions extends SegmentCommandOptions {
  readonly liverModel?: string;
  readonly page: boolean;
  readonly arterial?: string;
  readonly arterialSeries?: string;
}

function lesionLine(lesion: Lesion): string {
  const { id, type, probability, volumeMl, diameterMm, perpendicularMm, centre, octant, arterial } = lesion;
  const nature = natureOf(lesion);
  const size = `${diameterMm.toFixed(1)} × ${perpendicularMm.toFixed(1)} mm, ${volumeMl.toFixed(2)} ml`;
  const place = octant ? `, ${octant.side} ${octant.sector}` : '';
  const slice = Math.round(centre[2]);
  const enhanced = arterial ? `, arterial ${signed(arterial.arterial.meanHu - arterial.arterial.liverHu)} HU` : '';
  return `  ${id}: ${type} ${(probability * 100).toFixed(0)} % (${nature}), ${size}${place}${enhanced}, slice ${slice}`;
}

const signed = (hu: number) => `${hu < 0 ? '−' : '+'}${Math.abs(hu).toFixed(0)}`;

function arterialLines({ arterial }: LesionClassification): string[] {
  if (!arterial) return [];
  const { agreement, covered, contrast } = arterial;
  const shown = `${(covered * 100).toFixed(0)} % of the liver`;
  return [`arterial scan: ${shown}, agreement ${agreement.toFixed(2)}, contrast phase ${contrast.phase}`];
}

/** The second scan: beside INPUT, or another series in it. */
async function readArterial(
  input: string,
  { arterial, arterialSeries: series, series: _, phase: __, ...reading }: ClassifyCommandOptions,
  session: Session,
): Promise<Volume | undefined> {
  if (arterial === undefined && series === undefined) return undefined;
  return readInput(arterial ?? input, { ...reading, ...(series !== undefined && { series }) }, session, 'arterial');
}

async function classify(input: string, options: ClassifyCommandOptions, session: Session): Promise<void> {
  checkDicomInput(input, options);
  await checkExtent(options.model, options);
  const names = await segmentationNames(options.liverModel, options);
  const output = await OutputFolder.plan(options.out, {
    writes: [...kLesionNames, ...(options.page ? [kPageName] : []), ...names.writes],
    removes: [...names.removes, kPageName],
    other: kSynthesis,
    inputs: [input, options.arterial, lesionFile(options.model), options.liverModel],
    overwrite: options.overwrite,
  });
  const volume = await readInput(input, options, session);
  checkDicomVolume(volume, options);
  const arterial = await readArterial(input, options, session);
  const liver = await segmentInput(volume, options.liverModel, options, session);
  warnOfResult(liver, session);
  const { signal, onProgress } = session;
  const found: LesionClassification = await withLesionModel(options.model, signal, (model) =>
    classifyLesions(liver, {
      signal,
      onProgress,
      ...givenFlags(classifyOptions.omit({ model: true }), options),
      ...(model && { model }),
      ...(arterial && { arterial }),
    }),
  );
  session.warn(found.warnings);
  const document = lesionsDocument(input, found);
  await output.write(async (folder) => {
    const { warnings } = await writeMask(await folder.place('lesions.nii.gz'), found, { grid: options.grid, signal });
    session.warn(warnings);
    await folder.writeJson('lesions.json', document);
    const second = arterial && { input: options.arterial ?? input, volume: arterial };
    const result = {
      ...({ command: 'classify', input, segmentation: liver, lesions: found } as const),
      ...(second && { arterial: second }),
    };
    await writeSegmentation(folder, result, options, session);
    if (options.page) {
      await folder.writeFile(kPageName, await renderReportPage(found, { title: basename(input), signal }));
    }
  }, signal);
  const count = found.lesions.length;
  session.result(document, [
    ...verdictLines(found),
    segmentationSummary(liver),
    ...arterialLines(found),
    `${count === 0 ? 'no lesions' : count === 1 ? '1 lesion' : `${count} lesions`}`,
    ...found.lesions.map(lesionLine),
    output.summary,
  ]);
  setExitCode(found, options);
}

export function addClassifyCommand(program: Command): void {
  const command = program
    .command('classify')
    .description('find the lesions of the liver in a CT scan and tell their types')
    .argument('<input>', 'DICOM folder or file, or NIfTI')
    .addOption(outOption('where to write what segment writes, lesions.nii.gz, lesions.json and report.html'))
    .option('--arterial <input>', 'the arterial scan of the same examination: types are told from both')
    .option('--arterial-series <uid>', 'SeriesInstanceUID of the arterial scan, in INPUT where --arterial is not given')
    .option('--no-page', 'leave out report.html, the page with the scan, the liver and the lesions')
    .option('--model <file>', `weights of a lesion network of your own (safetensors), or ${kPaperLesions}`)
    .option(
      '--liver-model <file>',
      `weights of a liver network of your own (safetensors), or ${kPaper}`,
      segmenterFile,
    );
  withLesionFlags(command);
  withSegmentOptions(command).action((input: string, options) =>
    runCommand(options, (session) => classify(input, options, session)),
  );
}
