/** The series that a DICOM object refers to: whether it says all that is needed for that. */
import { z } from 'zod';
import { InvalidArgumentError } from '../errors.js';
import type { DicomFindings, SeriesReport, SourceIdentity } from '../types.js';

const index = z.int().min(0);
const uid = z.string().min(1).max(64);
const sourceSchema = z.object({
  ...Object.fromEntries(
    [
      ...['patientId', 'patientName', 'patientBirthDate', 'patientSex', 'studyInstanceUid', 'studyDate', 'studyTime'],
      ...['studyId', 'studyDescription', 'accessionNumber', 'referringPhysician', 'seriesNumber', 'bodyPart'],
      ...['laterality', 'frameOfReferenceUid', 'positionReference', 'lossyRatio', 'lossyMethod'],
    ].map((name) => [name, z.string().max(1024)]),
  ),
  seriesInstanceUid: uid,
  lossy: z.boolean(),
  instances: z
    .array(z.object({ sopClassUid: uid, sopInstanceUid: uid, frame: z.int().min(1).max(65535).nullable() }))
    .min(1),
  slices: z.array(z.array(index).min(1)),
});

/** Without these an object cannot say what it is of. */
const kNeededTags: Readonly<Record<string, string>> = {
  seriesInstanceUid: 'SeriesInstanceUID (0020,000E)',
  sopClassUid: 'SOPClassUID (0008,0016)',
  sopInstanceUid: 'SOPInstanceUID (0008,0018)',
};

/** The file of what is wrong in a source, where its volume tells; of the whole series the first one. */
function fileOf([field, instance]: readonly PropertyKey[], { slices }: SourceIdentity, report?: SeriesReport | null) {
  const of = field === 'instances' ? slices.findIndex((made) => made.includes(instance as number)) : 0;
  return report?.slices[of]?.file;
}

/** No value of the source is quoted: most are patient data. */
function sourceError(path: readonly PropertyKey[], source: SourceIdentity, report?: SeriesReport | null) {
  const field = path.map(String).join('.');
  const value = path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown> | null)?.[key], source);
  const tag = kNeededTags[String(path.at(-1))];
  if (tag === undefined || typeof value !== 'string') {
    const expectation = 'Expected source to be the report.source of a volume from readSeries';
    return new InvalidArgumentError('INVALID_ARGUMENT', `${expectation}, received another ${field || 'value'}`, {
      field: field ? `source.${field}` : 'source',
      remedy: 'Pass it as readSeries made it',
    });
  }
  const file = fileOf(path, source, report);
  const what = value === '' ? 'lacks it' : 'has one of more than 64 characters';
  const message = `Expected a series with ${tag}, by which DICOM objects refer to it; ${file ?? 'one'} ${what}`;
  return new InvalidArgumentError('NO_DICOM_SOURCE', message, {
    ...(file !== undefined && { file }),
    field: tag.split(' ')[0] as string,
    remedy: 'Export the series again from the archive that it came from, or write masks as NIfTI alone (writeMask)',
  });
}

/** @throws InvalidArgumentError `NO_DICOM_SOURCE`, `INVALID_ARGUMENT` */
function checkSource(source: SourceIdentity | undefined, report?: SeriesReport | null): SourceIdentity {
  if (source === undefined) {
    throw new InvalidArgumentError(
      'NO_DICOM_SOURCE',
      'Expected a result on a volume that came from DICOM, received one that came from elsewhere',
      { field: 'findings', remedy: 'Read the scan with readSeries: the object repeats its patient, study and images' },
    );
  }
  const issue = sourceSchema.safeParse(source).error?.issues[0];
  if (issue) throw sourceError(issue.path, source, report);
  return source;
}

/**
 * Whether objects can be written of a scan: before anything is computed on it.
 *
 * @throws InvalidArgumentError `NO_DICOM_SOURCE`
 */
export function checkDicomSource({ report }: { readonly report: SeriesReport | null }): void {
  checkSource(report?.source, report);
}

/** @throws InvalidArgumentError `NO_DICOM_SOURCE`, `INVALID_ARGUMENT` */
export function sourceOf(findings: DicomFindings): SourceIdentity {
  if ('source' in findings) return checkSource(findings.source);
  const report = findings.volume?.report;
  return checkSource(report?.source, report);
}
