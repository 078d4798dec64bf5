/** Options of the calls that read and write files. */
import { z } from 'zod';
import type { Volume } from '../types.js';
import { describedAs, option } from './option.js';
import { overwriteFields, runFields } from './run.js';

const maxVoxelsFields = {
  maxVoxels: option(
    z
      .int()
      .min(1)
      .max(2 ** 32),
    {
      expected: 'an integer from 1 to 4294967296',
      text: 'The most voxels that a volume may have, judged by its header before memory is taken',
      otherwise: '2³⁰ (1,024 slices of 1024²), and slices of at most 8192²',
      more: 'More is refused with `VOLUME_TOO_LARGE`: a `.nii.gz` of 14 MB can hold 12 GB.',
      flag: { value: '<n>', help: 'refuse larger volumes and masks (default: 1073741824)' },
    },
  ),
};

const maxBytesFields = {
  maxBytes: option(z.int().min(1), {
    expected: 'an integer from 1 to 9007199254740991',
    text: 'The most bytes that files in memory, and streams, may have all together',
    otherwise: '2³³ (8 GiB)',
    more: 'More is refused with `INPUT_TOO_LARGE`.',
    native: false,
  }),
};

export const readOptions = z.strictObject({ ...runFields, ...maxVoxelsFields, ...maxBytesFields });

export const loadModelOptions = z.strictObject({
  ...runFields,
  ...maxBytesFields,
  network: option(z.enum(['all', 'paper']), {
    expected: "'all' or 'paper'",
    text: "Which of the file's networks: `paper`: of a lesion network's file the paper's MDL-CNN alone, at its own thresholds",
    value: 'all',
  }),
});

export const listSeriesOptions = z.strictObject({
  ...readOptions.shape,
  maxFiles: option(
    z
      .int()
      .min(1)
      .max(2 ** 31 - 1),
    {
      expected: 'an integer from 1 to 2147483647',
      text: 'The most files that are looked into, on disk and in memory',
      otherwise: '500,000',
      more: 'More are refused with `TOO_MANY_FILES`.',
      native: false,
    },
  ),
});

export const readSeriesOptions = z.strictObject({
  ...listSeriesOptions.shape,
  series: option(z.string().regex(/^[0-9.]{1,64}$/), {
    expected: 'a SeriesInstanceUID',
    text: 'SeriesInstanceUID, where the source holds several',
    flag: { value: '<uid>', help: 'SeriesInstanceUID, where the folder holds several' },
  }),
  phase: option(z.int().min(0).max(65535), {
    expected: 'an integer from 0 to 65535',
    text:
      'Which sub-volume of a series with several phases, from 0 as listed by `listSeries`; needed where there are ' +
      'several',
    flag: { value: '<n>', help: 'which sub-volume of a series with several phases' },
  }),
  gaps: option(z.enum(['reject', 'interpolate']), {
    expected: "'reject' or 'interpolate'",
    text: 'What to do about missing or unevenly spaced slices',
    value: 'reject',
    flag: { value: '<what>', help: 'missing or uneven slices' },
  }),
  raw: option(z.boolean(), {
    expected: 'true or false',
    text: 'Accept objects without RescaleSlope and RescaleIntercept and take stored values as they are',
    value: false,
    flag: { help: 'accept objects without RescaleSlope and RescaleIntercept' },
  }),
});

export const readLabelsOptions = z.strictObject({
  ...runFields,
  ...maxBytesFields,
  volume: option(z.unknown() as z.ZodType<Volume>, {
    expected: 'the series that was labelled',
    text: 'The series that was labelled, from `readSeries`: the mask lies on its grid',
    type: 'Volume',
    required: true,
    native: false,
  }),
  segments: option(z.array(z.union([z.int().min(0).max(65535), z.string().min(1).max(256)])).min(1), {
    expected: 'a list of numbers, labels or codes, one at least',
    text: 'Segments or regions by number, label or code (`SCT:10200004`): the mask is 1 where one of them is',
    otherwise: 'all of them, each with its place from 1 as its value',
  }),
});

const gridFields = {
  grid: option(z.enum(['orthonormal', 'source']), {
    expected: "'orthonormal' or 'source'",
    text: 'On which grid tilted series (gantry tilt) are written',
    value: 'orthonormal',
    more:
      '`orthonormal` resamples onto a grid that ITK and others read, masks by the nearest voxel and HU linearly, with a ' +
      'warning `RESAMPLED_GRID`; `source` keeps the sheared grid. Others are written as they are.',
    flag: {
      value: '<which>',
      help: 'of masks of tilted series: resampled to be orthogonal, which others read, or as it is',
    },
  }),
};

export const writeNiftiOptions = z.strictObject({ ...runFields, ...overwriteFields, ...gridFields });

export const packNiftiOptions = z.strictObject({
  ...runFields,
  ...gridFields,
  gzip: option(z.boolean(), {
    expected: 'true or false',
    text: 'Whether it is a `.nii.gz`, not a `.nii`',
    value: true,
  }),
});

export const saveModelOptions = z.strictObject({
  ...runFields,
  ...overwriteFields,
  precision: option(z.enum(['fp32', 'bf16']), {
    expected: "'fp32' or 'bf16'",
    text: 'How weights are kept',
    value: 'fp32',
    more: '`bf16`: kernels in two bytes a weight, biases and batch norm as they are.',
  }),
});

export const writeMeshOptions = z.strictObject({
  signal: runFields.signal,
  overwrite: describedAs(overwriteFields.overwrite, { more: 'What the mask was read from is never replaced.' }),
  value: option(z.int().min(1).max(255), {
    expected: 'an integer from 1 to 255',
    text: "Voxels of this value alone, of `LesionClassification` a lesion's `id`",
    otherwise: 'all that are not 0',
  }),
});

export const packMeshOptions = z.strictObject({
  ...writeMeshOptions.omit({ overwrite: true }).shape,
  format: option(z.enum(['stl', 'ply']), {
    expected: "'stl' or 'ply'",
    text: 'The format of the bytes',
    value: 'stl',
    native: false,
  }),
});

export const makeDicomOptions = z.strictObject({
  ...runFields,
  deidentify: option(z.boolean(), {
    expected: 'true or false',
    text: 'For teaching files: patient and study texts and dates are left out',
    value: false,
    more: 'The patient is `ANONYMOUS`, and the object says so. UIDs stay, so that it still refers to its images.',
    flag: { help: 'leave patient and study texts and dates out of the DICOM objects' },
  }),
  date: option(z.date(), {
    expected: 'a Date',
    text: 'When the object was made',
    otherwise: 'the date of the study, so that the same input gives the same bytes',
    native: false,
  }),
  identity: option(z.string().min(1).max(1024), {
    expected: 'a text of 1 to 1024 characters',
    text: 'What UIDs follow from beside the series, the networks and the version of hepatica',
    otherwise: 'all that was found',
    more:
      'Of one identity, objects that machines make which differ in the last digits have the same UIDs: an archive keeps ' +
      'one of each. Name in it every option that changes the result.',
    native: false,
  }),
});

export const writeDicomOptions = z.strictObject({ ...makeDicomOptions.shape, ...overwriteFields });

export const writeSeriesOptions = z.strictObject({
  ...runFields,
  uids: option(z.enum(['derived', 'random']), {
    expected: "'derived' or 'random'",
    text: 'UIDs that are not given: from all that is written, or anew in each call',
    value: 'derived',
    native: false,
  }),
});

/** A backslash separates values; control characters are not allowed in these elements (PS3.5 table 6.2-1). */
function textUpTo(length: number, text: string, more?: string, otherwise?: string) {
  const schema = z
    .string()
    .max(length)
    .regex(/^[^\\\p{Cc}]*$/u);
  const expected = `a string of at most ${length} characters, without backslash and control characters`;
  return option(schema, {
    expected,
    text,
    ...(more !== undefined && { more }),
    ...(otherwise !== undefined && { otherwise }),
  });
}

function uid(text: string) {
  const schema = z
    .string()
    .max(64)
    .regex(/^(0|[1-9]\d*)(\.(0|[1-9]\d*))+$/);
  return option(schema, { expected: 'a DICOM UID: numbers separated by full stops, at most 64 characters', text });
}

export const seriesAttributes = z.strictObject({
  patientId: textUpTo(64, 'Patient ID (0010,0020)'),
  patientName: textUpTo(64, "Patient's Name (0010,0010), components separated by `^`"),
  studyDescription: textUpTo(64, 'Study Description (0008,1030)'),
  seriesDescription: textUpTo(64, 'Series Description (0008,103E)'),
  contrastAgent: textUpTo(64, 'Contrast/Bolus Agent (0018,0010)'),
  studyInstanceUid: uid('Study Instance UID (0020,000D), for example of the study that the objects are added to'),
  seriesInstanceUid: uid('Series Instance UID (0020,000E)'),
  frameOfReferenceUid: uid('Frame of Reference UID (0020,0052)'),
  studyDate: option(z.string().regex(/^\d{4}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$/), {
    expected: 'a date as YYYYMMDD',
    text: 'Study Date (0008,0020), YYYYMMDD',
  }),
  studyTime: option(z.string().regex(/^([01]\d|2[0-3])[0-5]\d[0-5]\d$/), {
    expected: 'a time as HHMMSS',
    text: 'Study Time (0008,0030), HHMMSS',
  }),
  derivation: textUpTo(
    1024,
    'How the voxels were made, at most 1024 characters (DerivationDescription)',
    'The objects are `DERIVED\\SECONDARY` then, and `ORIGINAL\\PRIMARY` where it is empty.',
    'what hepatica knows of the volume',
  ),
});

export const fetchWeightsOptions = z.strictObject({
  signal: runFields.signal,
  onProgress: runFields.onProgress,
  cache: option(z.string().min(1), {
    expected: 'a path',
    text: 'Folder that keeps what was downloaded',
    otherwise: '`$XDG_CACHE_HOME/hepatica`, `~/.cache/hepatica` without it',
    flag: { value: '<folder>' },
  }),
});
