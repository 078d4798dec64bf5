import * as z from 'zod';

const words = z.array(z.string().trim().min(1).max(64)).max(200);
const positive = z.number().positive();

const kPhases = [
  {
    name: 'portal venous',
    words: ['portal*', 'porto*', 'venous', 'venoes', 'venos', 'ven', 'pv', 'pvp', '60s', '65s', '70s', '75s', '80s'],
  },
  { name: 'late', words: ['late', 'delay*', 'equilibrium', 'spaet*', 'tardive', '180s', '300s'] },
  { name: 'arterial', words: ['arterial*', 'art', 'aorta', 'early', '25s', '30s', '35s'] },
  {
    name: 'non-contrast',
    words: ['non contrast', 'noncontrast', 'without contrast', 'native', 'nativ', 'plain', 'nc'],
  },
];

const kBodyParts = ['ABDOMEN', 'LIVER', 'ABDOMENPELVIS', 'ABDPEL', 'CHESTABDOMEN', 'CHESTABDPELVIS', 'CAP', 'TRUNK'];

const kExcludedWords = [
  ...[
    'scout',
    'topogram',
    'localizer',
    'localiser',
    'surview',
    'scanogram',
    'patient protocol',
    'dose report',
    'screenshot',
  ],
  ...['bolus', 'monitoring', 'premonitoring', 'smartprep', 'smart prep', 'tracker', 'timing', 'perfusion', 'biopsy'],
  ...['mip', 'minip', 'mpr', 'vrt', 'vr', '3d', 'cor', 'coronal', 'sag', 'sagittal', 'oblique', 'reformat*'],
  ...['lung', 'lungs', 'bone', 'iodine', 'subtract*', 'fused'],
];

/** Not DERIVED alone: archives that were made anew call all of theirs so. */
const kExcludedImageTypes = [
  ...['LOCALIZER', 'REFORMATTED', 'MPR', 'MIP', 'MINIP', 'PROJECTION IMAGE', 'SCREEN SAVE', 'SCREEN CAPTURE'],
  ...['DOSE_INFO', 'PERFUSION', 'SUBTRACTION', 'VOLREN'],
];

/**
 * Which series of a study is worked on. A word is compared with whole words of SeriesDescription and ProtocolName, without
 * case and accents; one that ends with `*` with their beginnings. What a header does not say refuses no series.
 */
export const seriesRulesSchema = z.strictObject({
  modalities: words.min(1).default(['CT']).describe('Modality is one of these'),
  bodyParts: words.default(kBodyParts).describe('BodyPartExamined, where it is filled in, is one of these; [] for any'),
  planes: z
    .array(z.enum(['axial', 'coronal', 'sagittal']))
    .min(1)
    .default(['axial'])
    .describe('The plane nearest to that of the images is one of these'),
  sliceThicknessMm: z
    .strictObject({ min: positive.default(0.4), max: positive.default(7), ideal: positive.default(2.5) })
    .prefault({})
    .describe(
      'Bounds of SliceThickness; of series of the same phase, originals before derived ones, that nearest to `ideal` is taken',
    ),
  slices: z
    .strictObject({ min: z.int().positive().default(20), max: z.int().positive().default(2000) })
    .prefault({})
    .describe('Bounds of the number of instances; more win between series of the same thickness'),
  phases: z
    .array(z.strictObject({ name: z.string().min(1).max(64), words: words.min(1) }))
    .default(kPhases)
    .describe('Phases told by words of the description, that to be taken first; a series that names none comes second'),
  excludedWords: words.default(kExcludedWords).describe('No word of the description is one of these'),
  excludedImageTypes: words.default(kExcludedImageTypes).describe('No value of ImageType is, or holds, one of these'),
});

export type SeriesRules = z.output<typeof seriesRulesSchema>;
