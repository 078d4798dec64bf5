/** The page of a result that was written without one, made of its files and of the scan. */
import { readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { type LesionsDocument, lesionsSchema } from '../documents/lesions.js';
import { type ReportDocument, reportSchema } from '../documents/report.js';
import { InputFileError, InvalidArgumentError } from '../errors.js';
import { hashAt, type Manifest } from '../output/manifest.js';
import { factsOf } from '../page/facts.js';
import { renderPage } from '../page/report-page.js';
import type { Mask, Volume, Warning } from '../types.js';
import { isSameGrid } from '../volume/geometry.js';
import { type InputOptions, readInput, readMaskInput } from './input.js';
import { maskNameOf } from './model.js';
import { OutputFolder } from './output.js';
import { hashedInputs } from './provenance.js';
import { kLesionNames, kPageName } from './segment.js';
import type { Session } from './session.js';

/**
 * Refuses a part of a result that is no longer as hepatica wrote it: what the other parts say may not hold for it.
 *
 * @throws InputFileError `CORRUPT_FILE`
 */
export async function refuseChanged(folder: string, name: string, manifest: Manifest, remedy: string): Promise<void> {
  const file = join(folder, name);
  const hash = await hashAt(file);
  if (hash === manifest[name]) return;
  const how = hash === undefined ? 'is missing' : 'was changed since hepatica wrote it';
  throw new InputFileError('CORRUPT_FILE', `${file} ${how}`, { file, remedy });
}

const isOfLesions = (manifest: Manifest) => kLesionNames.some((name) => name in manifest);

/** Of every version's report. */
const structureSchema = z.object({ structure: z.string() });

/**
 * Refuses a result of which a mask or a document is no longer as it was written.
 *
 * @throws InputFileError `CORRUPT_FILE`
 */
export async function refuseChangedResult(folder: string, manifest: Manifest): Promise<void> {
  const remedy = 'Write the result again: the page would show figures of one mask beside another.';
  await refuseChanged(folder, 'report.json', manifest, remedy);
  const { structure } = await readDocument(join(folder, 'report.json'), structureSchema);
  const names = [maskNameOf(structure), 'perimeters.json', ...(isOfLesions(manifest) ? kLesionNames : [])];
  for (const name of names) await refuseChanged(folder, name, manifest, remedy);
}

async function readDocument<Schema extends z.ZodType>(file: string, schema: Schema): Promise<z.output<Schema>> {
  try {
    return schema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (cause) {
    throw new InputFileError('CORRUPT_FILE', `${file} is not as this version of hepatica writes it`, {
      file,
      remedy: 'Write the result again with this version.',
      cause,
    });
  }
}

/** As the scan was read for the result. */
function readingOptions({ options }: ReportDocument): InputOptions {
  const names = ['series', 'phase', 'gaps', 'raw', 'maxVoxels', 'threads'];
  return Object.fromEntries(Object.entries(options).filter(([name]) => names.includes(name)));
}

/** A scan may have been moved or copied; another one says so. */
async function changedInput(
  scan: string,
  volume: Volume,
  { inputs }: ReportDocument,
  { signal }: Session,
): Promise<Warning[]> {
  const hashes = (files: ReportDocument['inputs']) =>
    files
      .map(({ sha256 }) => sha256)
      .sort()
      .join();
  if (hashes(await hashedInputs(scan, volume, signal)) === hashes(inputs)) return [];
  const message = `The files of ${scan} are not those that the result was computed from: what is drawn on them may lie elsewhere`;
  return [{ code: 'CHANGED_INPUT', message }];
}

/** What to do about masks on another grid than the scan that is looked at. */
function gridRemedy({ warnings }: ReportDocument): string {
  return warnings.some(({ code }) => code === 'RESAMPLED_GRID')
    ? 'Write the result again with --grid source: the masks of this tilted series were resampled (RESAMPLED_GRID).'
    : 'Name the scan that the result was computed from with --scan.';
}

async function readOwnMask(
  folder: string,
  name: string,
  volume: Volume,
  report: ReportDocument,
  session: Session,
): Promise<Mask> {
  const file = join(folder, name);
  const mask = await readMaskInput(file, {}, session);
  if (isSameGrid(volume, mask)) return mask;
  throw new InvalidArgumentError('GEOMETRY_MISMATCH', `The mask ${file} lies on another grid than the scan`, {
    file,
    field: 'scan',
    remedy: gridRemedy(report),
  });
}

const isPresent = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );

/**
 * Where the scan lies, of which the report has the name as it was typed: in the folder that the command ran in then,
 * which may be this one or be around the result.
 *
 * @throws InputFileError `FILE_NOT_FOUND`; InvalidArgumentError `INVALID_ARGUMENT` where there are two
 */
async function scanOf(folder: string, { input }: ReportDocument): Promise<string> {
  const places = [...new Set([resolve(input), resolve(folder, input), resolve(folder, '..', input)])];
  const present: string[] = [];
  for (const place of places) if (await isPresent(place)) present.push(place);
  const [found, other] = present;
  const remedy = 'Name the scan with --scan.';
  if (found === undefined) {
    const message = `The scan ${input} that the result was computed from is not there; looked for ${places.join(', ')}`;
    throw new InputFileError('FILE_NOT_FOUND', message, { file: input, field: 'scan', remedy });
  }
  if (other === undefined) return found;
  const message = `Expected --scan, for ${input} may be ${present.join(' or ')}`;
  throw new InvalidArgumentError('INVALID_ARGUMENT', message, { file: input, field: 'scan', remedy });
}

async function contentOf(
  folder: string,
  scan: string,
  [report, lesions]: readonly [ReportDocument, LesionsDocument | undefined],
  session: Session,
) {
  const volume = await readInput(scan, readingOptions(report), session);
  const changed = await changedInput(scan, volume, report, session);
  session.warn(changed);
  const { structure, boundingBox, volumeMl, device } = report;
  const mask = await readOwnMask(folder, maskNameOf(structure), volume, report, session);
  const ids = lesions && (await readOwnMask(folder, 'lesions.nii.gz', volume, report, session));
  const { plausibility, plausibilityReasons } = lesions ?? report;
  return {
    title: basename(report.input),
    volume,
    structure: { name: structure, mask: mask.data, boundingBox },
    lesions: lesions && ids ? { mask: ids.data, found: lesions.lesions } : null,
    facts: factsOf({
      series: report.series,
      grid: volume,
      structure,
      volumeMl,
      ...(lesions && { threshold: lesions.threshold }),
      contrast: report.contrast,
      device,
      networks: report.models,
      hepatica: report.hepatica,
    }),
    warnings: [...changed, ...report.warnings, ...(lesions?.warnings ?? [])],
    plausibility,
    plausibilityReasons,
  };
}

/**
 * Writes the page beside the files of a result that {@link refuseChangedResult} let pass.
 *
 * @param scan - where the scan lies now; default: where it lay
 * @throws InputFileError `CORRUPT_FILE`, and what reading throws; InvalidArgumentError `GEOMETRY_MISMATCH` where the
 *   masks lie on another grid, as those of a tilted scan do
 */
export async function makePage(
  folder: string,
  manifest: Manifest,
  scan: string | undefined,
  session: Session,
): Promise<void> {
  const report = await readDocument(join(folder, 'report.json'), reportSchema);
  const isClassified = isOfLesions(manifest);
  const lesions = isClassified ? await readDocument(join(folder, 'lesions.json'), lesionsSchema) : undefined;
  const input = scan === undefined ? await scanOf(folder, report) : resolve(scan);
  const output = await OutputFolder.plan(folder, {
    writes: [kPageName],
    inputs: [input],
    remedy: 'Move it away: it is not known to be the page of this result.',
  });
  const content = await contentOf(folder, input, [report, lesions], session);
  await output.write(async (target) => {
    await target.writeFile(kPageName, await renderPage(content, session.signal));
  }, session.signal);
}
