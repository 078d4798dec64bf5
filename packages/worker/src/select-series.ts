// The best series of a study, by rules: reports, localizers and reformats are told by what QIDO-RS says of them, before a
// pixel is fetched.
import { WorkerError } from './failure.js';
import type { SeriesRules } from './series-rules.js';

/** A data set as DICOMweb writes it (PS3.18, annex F). */
export type DicomJson = Readonly<Record<string, { readonly vr?: string; readonly Value?: readonly unknown[] }>>;

/** What the rules look at; a field is absent where the archive does not tell. */
export interface SeriesDescription {
  seriesInstanceUid: string;
  seriesNumber?: number;
  modality?: string;
  bodyPart?: string;
  /** SeriesDescription and ProtocolName. */
  texts: string[];
  imageTypes: string[];
  slices?: number;
  sliceThicknessMm?: number;
  plane?: 'axial' | 'coronal' | 'sagittal';
}

/** Why a series was taken or not: no text of the series' own, which may name a patient, only the rules' words and numbers. */
export interface SeriesReason {
  rule: keyof SeriesRules;
  message: string;
}

export interface SeriesVerdict {
  seriesInstanceUid: string;
  verdict: 'selected' | 'suitable' | 'excluded';
  reasons: SeriesReason[];
}

export interface SeriesSelection {
  selected: string | null;
  /** Of every series, the best first. */
  verdicts: SeriesVerdict[];
}

/** Where the metadata come from: QIDO-RS of the series and the header of one of their instances. */
export interface SeriesMetadata {
  searchSeries(studyInstanceUid: string, signal?: AbortSignal): Promise<readonly DicomJson[]>;
  oneInstance(studyInstanceUid: string, seriesInstanceUid: string, signal?: AbortSignal): Promise<DicomJson | null>;
}

const valuesOf = (data: DicomJson, tag: string): readonly unknown[] => data[tag]?.Value ?? [];

function textOf(data: DicomJson, tag: string): string | undefined {
  const [value] = valuesOf(data, tag);
  return value === undefined || value === null ? undefined : String(value).trim() || undefined;
}

function numberOf(data: DicomJson, tag: string): number | undefined {
  const number = Number(textOf(data, tag) ?? Number.NaN);
  return Number.isFinite(number) ? number : undefined;
}

function planeOf(data: DicomJson): SeriesDescription['plane'] {
  const [rx, ry, rz, cx, cy, cz] = valuesOf(data, '00200037').map(Number) as [
    ...[number, number, number],
    ...[number, number, number],
  ];
  const normal = [ry * cz - rz * cy, rz * cx - rx * cz, rx * cy - ry * cx].map(Math.abs);
  const largest = Math.max(...normal);
  if (!(largest > 0)) return undefined;
  return (['sagittal', 'coronal', 'axial'] as const)[normal.indexOf(largest)];
}

/** @param instance - The header of one of its instances, which tells what archives do not answer of a series */
export function describeSeries(series: DicomJson, instance: DicomJson | null = null): SeriesDescription {
  const data = { ...instance, ...series };
  const found = {
    seriesNumber: numberOf(data, '00200011'),
    modality: textOf(data, '00080060'),
    bodyPart: textOf(data, '00180015'),
    slices: numberOf(data, '00201209'),
    sliceThicknessMm: numberOf(data, '00180050'),
    plane: planeOf(data),
  };
  const known = Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
  return {
    seriesInstanceUid: textOf(data, '0020000E') ?? '',
    texts: [textOf(data, '0008103E'), textOf(data, '00181030')].filter((text) => text !== undefined),
    imageTypes: valuesOf(data, '00080008').map(String),
    ...known,
  };
}

const kMarks = /\p{M}/gu;
const wordsOf = (text: string): string[] =>
  text
    .normalize('NFD')
    .replace(kMarks, '')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');

/** Whether a rule's words follow each other in a text. */
function holds(text: readonly string[], rule: string): boolean {
  const wanted = wordsOf(rule);
  const isPrefix = rule.endsWith('*');
  const isAt = (start: number) =>
    wanted.every((word, index) => {
      const found = text[start + index];
      return found === word || (isPrefix && index === wanted.length - 1 && found?.startsWith(word));
    });
  return wanted.length > 0 && text.some((_, start) => isAt(start));
}

const firstOf = (rules: readonly string[], texts: readonly string[]): string | undefined =>
  rules.find((rule) => texts.some((text) => holds(wordsOf(text), rule)));

const codeOf = (text: string) => text.toUpperCase().replaceAll(/[^A-Z0-9]/g, '');

const isOneOf = (value: string | undefined, allowed: readonly string[]) =>
  value === undefined || allowed.some((each) => codeOf(each) === codeOf(value));

const isWithin = (value: number | undefined, { min, max }: { min: number; max: number }) =>
  value === undefined || (value >= min && value <= max);

/** What rules a series out; none for one that is suitable. */
function exclusionsOf(series: SeriesDescription, rules: SeriesRules): SeriesReason[] {
  const { modality, bodyPart, plane, slices, sliceThicknessMm, texts, imageTypes } = series;
  const { min, max } = rules.sliceThicknessMm;
  const word = firstOf(rules.excludedWords, texts);
  const imageType = firstOf(rules.excludedImageTypes, imageTypes);
  const reasons: (SeriesReason | false)[] = [
    (modality === undefined || !isOneOf(modality, rules.modalities)) && {
      rule: 'modalities',
      message: `Modality is not ${rules.modalities.join(' or ')}`,
    },
    rules.bodyParts.length > 0 &&
      !isOneOf(bodyPart, rules.bodyParts) && {
        rule: 'bodyParts',
        message: `BodyPartExamined is none of ${rules.bodyParts.join(', ')}`,
      },
    imageType !== undefined && { rule: 'excludedImageTypes', message: `ImageType says ${imageType}` },
    word !== undefined && { rule: 'excludedWords', message: `The description says ${word}` },
    plane !== undefined &&
      !rules.planes.includes(plane) && {
        rule: 'planes',
        message: `Its images are ${plane}, not ${rules.planes.join(' or ')}`,
      },
    !isWithin(slices, rules.slices) && {
      rule: 'slices',
      message: `It has ${slices} instances, not ${rules.slices.min} to ${rules.slices.max}`,
    },
    !isWithin(sliceThicknessMm, rules.sliceThicknessMm) && {
      rule: 'sliceThicknessMm',
      message: `Its slices are ${sliceThicknessMm} mm thick, not ${min} to ${max}`,
    },
  ];
  return reasons.filter((reason) => reason !== false);
}

interface Candidate {
  series: SeriesDescription;
  /** The lower, the better, the first that differs deciding. */
  rank: (number | string)[];
  reasons: SeriesReason[];
}

function candidate(series: SeriesDescription, rules: SeriesRules): Candidate {
  const {
    slices = 0,
    sliceThicknessMm,
    seriesNumber = Number.MAX_SAFE_INTEGER,
    texts,
    imageTypes,
    seriesInstanceUid,
  } = series;
  const isDerived = imageTypes[0] === 'DERIVED';
  const phase = rules.phases.findIndex(({ words }) => firstOf(words, texts) !== undefined);
  const { ideal } = rules.sliceThicknessMm;
  const off = sliceThicknessMm === undefined ? Number.MAX_SAFE_INTEGER : Math.abs(sliceThicknessMm - ideal);
  const thickness = sliceThicknessMm === undefined ? 'is not told' : `is ${sliceThicknessMm} mm (ideal: ${ideal})`;
  return {
    series,
    // One that names no phase may be the wanted one: before those that name another.
    rank: [phase === -1 ? 0.5 : phase, Number(isDerived), off, -slices, seriesNumber, seriesInstanceUid],
    reasons: [
      {
        rule: 'phases',
        message: phase === -1 ? 'The description names no phase' : `Phase: ${rules.phases[phase]?.name}`,
      },
      { rule: 'sliceThicknessMm', message: `Slice thickness ${thickness}` },
      ...(isDerived
        ? [{ rule: 'excludedImageTypes' as const, message: 'ImageType says DERIVED: originals first' }]
        : []),
      { rule: 'slices', message: slices > 0 ? `${slices} instances` : 'Number of instances is not told' },
    ],
  };
}

function byRank(a: Candidate, b: Candidate): number {
  const index = a.rank.findIndex((value, each) => value !== b.rank[each]);
  const [left, right] = [a.rank[index] ?? 0, b.rank[index] ?? 0];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The best series of a study with the reasons for each; `selected` is null where none is suitable. */
export function selectSeries(descriptions: readonly SeriesDescription[], rules: SeriesRules): SeriesSelection {
  const excluded: SeriesVerdict[] = [];
  const candidates: Candidate[] = [];
  for (const series of descriptions) {
    const reasons = exclusionsOf(series, rules);
    if (reasons.length === 0) candidates.push(candidate(series, rules));
    else excluded.push({ seriesInstanceUid: series.seriesInstanceUid, verdict: 'excluded', reasons });
  }
  const suitable = candidates.sort(byRank).map(({ series, reasons }, index) => ({
    seriesInstanceUid: series.seriesInstanceUid,
    verdict: index === 0 ? ('selected' as const) : ('suitable' as const),
    reasons,
  }));
  return { selected: suitable[0]?.seriesInstanceUid ?? null, verdicts: [...suitable, ...excluded] };
}

/** How many series a sentence names. */
const kNamed = 5;

/** For a person: which rule passes each series over, and for what value. */
export function passedOver(verdicts: readonly SeriesVerdict[]): string {
  const excluded = verdicts.filter(({ verdict }) => verdict === 'excluded');
  const lines = excluded.slice(0, kNamed).map(({ seriesInstanceUid, reasons }) => {
    return `${seriesInstanceUid}: ${reasons.map(({ rule, message }) => `${message} (rules.${rule})`).join(', ')}`;
  });
  const more = excluded.length - lines.length;
  return [...lines, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}

/**
 * As {@link selectSeries}, of a study in an archive. The header of an instance is asked for only of series that what
 * QIDO-RS tells of them does not exclude already.
 *
 * @throws {@link WorkerError} `NOT_IN_ARCHIVE`
 */
export async function selectSeriesOfStudy(
  archive: SeriesMetadata,
  studyInstanceUid: string,
  rules: SeriesRules,
  signal?: AbortSignal,
): Promise<SeriesSelection> {
  const descriptions: SeriesDescription[] = [];
  const found = await archive.searchSeries(studyInstanceUid, signal);
  if (found.length === 0) {
    // Many archives answer an empty list, and no 404.
    const remedy = 'Store it there first, or look at its UID (0020,000D)';
    throw new WorkerError('NOT_IN_ARCHIVE', 'The archive has no study of this UID', remedy);
  }
  for (const series of found) {
    const brief = describeSeries(series);
    if (brief.seriesInstanceUid === '') continue;
    const isExcluded = exclusionsOf(brief, rules).length > 0;
    const instance = isExcluded ? null : await archive.oneInstance(studyInstanceUid, brief.seriesInstanceUid, signal);
    descriptions.push(describeSeries(series, instance));
  }
  return selectSeries(descriptions, rules);
}
