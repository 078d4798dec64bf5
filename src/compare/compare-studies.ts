import type { NativePairing } from '../native/binding.js';
import { runJobOn } from '../native/job.js';
import { checkOptions, invalidArgument } from '../schema/check.js';
import { runOptions } from '../schema/run.js';
import { checkStructure, segmentedMaskArgument } from '../segment/segmentation.js';
import type {
  BeforeAndAfter,
  ComparedLesion,
  ComparedStudy,
  LesionChange,
  RunOptions,
  SourceIdentity,
  StudyComparison,
  Volume,
  Warning,
} from '../types.js';
import { checkSameGrid } from '../volume/geometry.js';
import { volumeArgument } from '../volume/volume.js';
import { distinctWarnings, warningsOf } from '../warnings.js';

/** RECIST 1.1 (Eisenhauer et al., Eur J Cancer 2009; 45: 228), section 4.3.1. */
const kGrownBy = 0.2;
const kGrownMm = 5;
const kShrunkBy = 0.3;
/** Target lesions of an organ (section 3.1.1). */
const kTargets = 2;

type FoundLesion = ComparedStudy['lesions'][number];
type LesionsById = ReadonlyMap<number, FoundLesion>;

function isLesion(value: unknown): value is FoundLesion {
  const { id, diameterMm, volumeMl } = (value ?? {}) as Record<string, unknown>;
  return Number.isInteger(id) && Number.isFinite(diameterMm) && Number.isFinite(volumeMl);
}

function lesionsById(field: string, lesions: unknown): LesionsById {
  if (!Array.isArray(lesions) || !lesions.every(isLesion)) {
    throw invalidArgument(`${field}.lesions`, 'lesions with id, diameterMm and volumeMl', lesions, `${field}.lesions`);
  }
  return new Map(lesions.map((lesion) => [lesion.id, lesion]));
}

/** The study's arguments for the native call, checked. */
function checkStudy(field: string, study: ComparedStudy) {
  const parts = typeof study === 'object' && study !== null && 'volume' in study && 'liver' in study && 'mask' in study;
  if (!parts) throw invalidArgument(field, 'a result of classifyLesions', study);
  checkStructure(`${field}.liver`, study.liver);
  const volume = volumeArgument(study.volume);
  const liver = segmentedMaskArgument(`${field}.liver`, study.liver);
  const lesions = segmentedMaskArgument(field, study);
  checkSameGrid(`${field}.liver`, study.volume, study.liver);
  checkSameGrid(field, study.volume, study);
  return { volume, liver, lesions, found: lesionsById(field, study.lesions) };
}

/** Added up over the lesions of a date; null where there is none. */
function sumOf(ids: readonly number[], lesions: LesionsById, measure: 'diameterMm' | 'volumeMl'): number | null {
  if (ids.length === 0) return null;
  return ids.reduce((sum, id) => sum + (lesions.get(id)?.[measure] ?? 0), 0);
}

function changeOf({ before, after }: BeforeAndAfter): number | null {
  return before === null || after === null || before === 0 ? null : (after - before) / before;
}

function kindOf({ before, after, shown }: NativePairing, diameterMm: BeforeAndAfter): LesionChange {
  if (!shown) return 'not-shown';
  if (before.length === 0) return 'new';
  if (after.length === 0) return 'gone';
  const change = changeOf(diameterMm) ?? 0;
  const grownMm = (diameterMm.after ?? 0) - (diameterMm.before ?? 0);
  if (change >= kGrownBy && grownMm >= kGrownMm) return 'grown';
  return change <= -kShrunkBy ? 'shrunk' : 'stable';
}

function comparedLesion(pairing: NativePairing, earlier: LesionsById, later: LesionsById): ComparedLesion {
  const { before, after, distanceMm } = pairing;
  const both = (measure: 'diameterMm' | 'volumeMl'): BeforeAndAfter => ({
    before: sumOf(before, earlier, measure),
    after: sumOf(after, later, measure),
  });
  const [diameterMm, volumeMl] = [both('diameterMm'), both('volumeMl')];
  return {
    before,
    after,
    change: kindOf(pairing, diameterMm),
    diameterMm,
    volumeMl,
    diameterChange: changeOf(diameterMm),
    volumeChange: changeOf(volumeMl),
    distanceMm,
  };
}

function sumOfDiameters(lesions: readonly ComparedLesion[]) {
  const sum = (when: keyof BeforeAndAfter) =>
    lesions.reduce((total, { diameterMm }) => total + (diameterMm[when] ?? 0), 0);
  return { before: sum('before'), after: sum('after') };
}

function targetsOf(lesions: readonly ComparedLesion[], earlier: LesionsById): StudyComparison['targets'] {
  const measurable = lesions.filter(
    ({ before, change }) => change !== 'not-shown' && before.some((id) => earlier.get(id)?.recistMeasurable),
  );
  const longest = measurable.toSorted((a, b) => (b.diameterMm.before ?? 0) - (a.diameterMm.before ?? 0));
  const targets = longest.slice(0, kTargets);
  return { lesions: targets.flatMap(({ before }) => before), ...sumOfDiameters(targets) };
}

/** Of one study, which its message names. */
function warningsOfStudy(field: string, study: ComparedStudy): Warning[] {
  return warningsOf(study).map(({ code, message }) => ({ code, message: `${field}: ${message}` }));
}

/** What the headers say of both studies' belonging together. */
function disagreements(before: ComparedStudy, after: ComparedStudy): Warning[] {
  const sourceOf = ({ volume }: ComparedStudy): SourceIdentity | undefined =>
    (volume as Partial<Volume>).report?.source;
  const [earlier, later] = [sourceOf(before), sourceOf(after)];
  if (!earlier || !later) return [];
  const found: string[] = [];
  if (earlier.patientId !== later.patientId) found.push('The studies have different patient IDs');
  if (earlier.studyDate !== '' && later.studyDate !== '' && earlier.studyDate > later.studyDate) {
    found.push('The study that was named as the earlier one has the later date');
  }
  return found.map((message) => ({ code: 'STUDIES_DISAGREE', message }));
}

/**
 * What became of a patient's lesions between two dates: the scans are registered as rigid bodies by the liver, and lesions
 * that meet are the same one. Registration is good to some millimetres where the livers have one shape; where it is not,
 * `registration.liverDice` and a warning say so.
 *
 * @param before - the earlier date: a result of `classifyLesions`, not disposed of
 * @param after - the later date
 * @throws {@link InvalidArgumentError} `REGISTRATION_FAILED` where the livers do not meet, `GEOMETRY_MISMATCH`, `WRONG_STRUCTURE`, `DISPOSED`
 */
export async function compareStudies(
  before: ComparedStudy,
  after: ComparedStudy,
  options: RunOptions = {},
): Promise<StudyComparison> {
  checkOptions(runOptions, options);
  const [earlier, later] = [checkStudy('before', before), checkStudy('after', after)];
  const compared = await runJobOn(
    [earlier.volume, earlier.liver, earlier.lesions, later.volume, later.liver, later.lesions],
    options,
    (native, control, ...handles) => native.compareStudies(...handles, control),
  );
  const lesions = compared.pairings.map((pairing) => comparedLesion(pairing, earlier.found, later.found));
  return {
    lesions,
    sumOfDiametersMm: sumOfDiameters(lesions.filter(({ change }) => change !== 'not-shown')),
    targets: targetsOf(lesions, earlier.found),
    registration: {
      rotation: compared.rotation,
      offsetMm: compared.offsetMm,
      liverDice: compared.liverDice,
    },
    timings: compared.timings,
    warnings: distinctWarnings([
      ...warningsOfStudy('before', before),
      ...warningsOfStudy('after', after),
      ...disagreements(before, after),
      ...compared.warnings,
    ]),
  };
}
