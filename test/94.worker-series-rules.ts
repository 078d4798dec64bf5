// Which series of a study the worker takes: lists as archives give them, and what is to be chosen of each.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { WorkerError } from '../packages/worker/src/failure.js';
import {
  type DicomJson,
  describeSeries,
  passedOver,
  type SeriesMetadata,
  selectSeries,
  selectSeriesOfStudy,
} from '../packages/worker/src/select-series.js';
import { type SeriesRules, seriesRulesSchema } from '../packages/worker/src/series-rules.js';

const test = suite('rules of series');
const kDefault = seriesRulesSchema.parse({});
const kAxial = [1, 0, 0, 0, 1, 0];
const kCoronal = [1, 0, 0, 0, 0, -1];

interface Line {
  name: string;
  text?: string;
  protocol?: string;
  modality?: string;
  part?: string | null;
  slices?: number;
  mm?: number;
  type?: string[];
  orientation?: number[];
}

const value = (vr: string, ...Value: unknown[]) => ({ vr, Value });

/** Series and one of its instances, as DICOMweb gives them. */
function metadataOf(line: Line, index: number): { uid: string; series: DicomJson; instance: DicomJson } {
  const {
    text,
    protocol,
    modality = 'CT',
    part = 'ABDOMEN',
    slices = 120,
    mm = 2.5,
    type,
    orientation = kAxial,
  } = line;
  const uid = `1.2.3.${index + 1}`;
  const series = {
    '0020000E': value('UI', uid),
    '00200011': value('IS', index + 1),
    '00080060': value('CS', modality),
    '00201209': value('IS', slices),
    ...(text && { '0008103E': value('LO', text) }),
  };
  const instance = {
    '00080008': value('CS', ...(type ?? ['ORIGINAL', 'PRIMARY', 'AXIAL'])),
    '00200037': value('DS', ...orientation),
    '00180050': value('DS', mm),
    ...(part && { '00180015': value('CS', part) }),
    ...(protocol && { '00181030': value('LO', protocol) }),
  };
  return { uid, series, instance };
}

function selectedOf(lines: readonly Line[], rules: SeriesRules = kDefault) {
  const all = lines.map(metadataOf);
  const described = all.map(({ series, instance }) => describeSeries(series, instance));
  const { selected, verdicts } = selectSeries(described, rules);
  assert.is(verdicts.length, lines.length, 'every series has a verdict');
  assert.ok(
    verdicts.every(({ reasons }) => reasons.length > 0),
    'every verdict has a reason',
  );
  const nameOf = (uid: string | null) => lines[all.findIndex((each) => each.uid === uid)]?.name ?? null;
  const rulesOf = Object.fromEntries(
    verdicts.map(({ seriesInstanceUid, verdict, reasons }) => [
      nameOf(seriesInstanceUid),
      verdict === 'excluded' ? reasons.map(({ rule }) => rule) : verdict,
    ]),
  );
  return { selected: nameOf(selected), rulesOf, verdicts };
}

const kScout: Line = {
  name: 'scout',
  text: 'Topogram 0.6 T20f',
  slices: 2,
  type: ['ORIGINAL', 'PRIMARY', 'LOCALIZER'],
  orientation: kCoronal,
};

/** What is chosen of each list, and why the others are not. */
const kStudies: {
  study: string;
  series: Line[];
  selected: string | null;
  excluded?: Record<string, string[]>;
  rules?: object;
}[] = [
  {
    study: 'three phases of a liver protocol (Siemens)',
    series: [
      kScout,
      { name: 'native', text: 'Abdomen nativ 5.0 B30f', mm: 5, slices: 60 },
      { name: 'monitoring', text: 'PreMonitoring 10.0 B30f', mm: 10, slices: 1 },
      { name: 'arterial', text: 'Leber arteriell 2.0 B30f', mm: 2, slices: 140 },
      { name: 'thick', text: 'Leber portalvenös 5.0 B30f', mm: 5, slices: 60 },
      { name: 'thin', text: 'Leber portalvenös 2.0 B30f', mm: 2, slices: 150 },
      { name: 'coronal', text: 'Leber pv cor 3.0 MPR', orientation: kCoronal, type: ['DERIVED', 'SECONDARY', 'MPR'] },
      { name: 'report', text: 'Patient Protocol', slices: 1, type: ['DERIVED', 'SECONDARY'] },
    ],
    selected: 'thin',
    excluded: {
      scout: ['excludedImageTypes', 'excludedWords', 'planes', 'slices'],
      monitoring: ['excludedWords', 'slices', 'sliceThicknessMm'],
      coronal: ['excludedImageTypes', 'excludedWords', 'planes'],
      report: ['excludedWords', 'slices'],
    },
  },
  {
    study: 'trauma, whole body (GE): two windows of the same raw data',
    series: [
      { name: 'lung', text: 'LUNG 1.25', mm: 1.25, slices: 400, part: 'CHESTABDPELVIS' },
      { name: 'bone', text: 'BONE 1.25mm', mm: 1.25, slices: 520, part: 'CHESTABDPELVIS' },
      { name: 'soft', text: 'STD C/A/P 2.5 VENOUS', mm: 2.5, slices: 260, part: 'CHESTABDPELVIS' },
      { name: 'dose', text: 'Dose Report', slices: 1, type: ['DERIVED', 'SECONDARY', 'SCREEN SAVE'] },
      { name: 'head', text: 'HEAD 5mm', mm: 5, slices: 32, part: 'HEAD' },
    ],
    selected: 'soft',
    excluded: { lung: ['excludedWords'], bone: ['excludedWords'], head: ['bodyParts'] },
  },
  {
    study: 'one series without words (a research archive)',
    series: [{ name: 'only', part: null, mm: 3, slices: 90 }],
    selected: 'only',
  },
  {
    study: 'no phase is named: what has no name comes before what names another phase',
    series: [
      { name: 'arterial', text: 'ABD ART 2.5', slices: 120 },
      { name: 'unnamed', text: 'ABD 2.5', slices: 120 },
    ],
    selected: 'unnamed',
  },
  {
    study: 'delayed only: better than arterial',
    series: [
      { name: 'arterial', text: 'arterial phase' },
      { name: 'delayed', text: 'DELAYED 5 MIN' },
    ],
    selected: 'delayed',
  },
  {
    study: 'the phase stands in the protocol alone',
    series: [
      { name: 'early', text: 'Axial 2.5', protocol: 'Liver early' },
      { name: 'portal', text: 'Axial 2.5', protocol: 'Liver Portal Venous' },
    ],
    selected: 'portal',
  },
  {
    study: 'words are whole words: a Cartesian artery is no ART',
    series: [
      { name: 'start', text: 'Abdomen start 2.5', slices: 100 },
      { name: 'art', text: 'Abdomen ART 2.5', slices: 300 },
    ],
    selected: 'start',
  },
  {
    study: 'the same thickness: the longer one; then the lower number',
    series: [
      { name: 'short', text: 'pv', slices: 80 },
      { name: 'long', text: 'pv', slices: 200 },
      { name: 'copy', text: 'pv', slices: 200 },
    ],
    selected: 'long',
  },
  {
    study: 'MR, PET and segmentations of last time beside a CT',
    series: [
      { name: 'mr', text: 'T1 portal venous', modality: 'MR' },
      { name: 'pet', text: 'PET AC', modality: 'PT' },
      { name: 'seg', text: 'Liver', modality: 'SEG', slices: 1 },
      { name: 'low dose', text: 'CT AC low dose', mm: 4 },
    ],
    selected: 'low dose',
    excluded: { mr: ['modalities'], pet: ['modalities'], seg: ['modalities', 'slices'] },
  },
  {
    study: 'an archive that was made anew calls all of its series derived',
    series: [{ name: 'made', text: 'Portal venous phase, synthetic', type: ['DERIVED', 'SECONDARY', 'AXIAL'], mm: 6 }],
    selected: 'made',
  },
  {
    study: 'of a phase an original, even if it is thicker; of another phase none',
    series: [
      { name: 'derived', text: 'pv', type: ['DERIVED', 'PRIMARY', 'AXIAL'], mm: 2.5 },
      { name: 'original', text: 'pv', mm: 5 },
      { name: 'arterial', text: 'art', mm: 2.5 },
    ],
    selected: 'original',
  },
  {
    study: 'nothing to look at',
    series: [kScout, { name: 'mip', text: 'MIP portal', type: ['DERIVED', 'SECONDARY', 'MIP'] }],
    selected: null,
  },
  {
    study: 'rules of a site: the arterial phase, any part, thin',
    series: [
      { name: 'portal', text: 'portal venous', part: 'CHEST', mm: 1 },
      { name: 'arterial', text: 'arterial', part: 'CHEST', mm: 1 },
      { name: 'thick', text: 'arterial', part: 'CHEST', mm: 5 },
    ],
    rules: {
      bodyParts: [],
      phases: [{ name: 'arterial', words: ['arterial'] }],
      sliceThicknessMm: { max: 3, ideal: 1 },
    },
    selected: 'arterial',
    excluded: { thick: ['sliceThicknessMm'] },
  },
];

for (const { study, series, selected, excluded = {}, rules = {} } of kStudies) {
  test(study, () => {
    const found = selectedOf(series, seriesRulesSchema.parse(rules));
    assert.is(found.selected, selected);
    for (const [name, expected] of Object.entries(excluded)) assert.equal(found.rulesOf[name], expected, name);
    const suitable = series.length - Object.values(found.rulesOf).filter(Array.isArray).length;
    assert.is(Object.values(found.rulesOf).filter((each) => each === 'selected').length, Math.min(suitable, 1));
  });
}

test('the order in which an archive lists them changes nothing', () => {
  const [{ series } = { series: [] }] = kStudies;
  const all = series.map(metadataOf).map(({ series: brief, instance }) => describeSeries(brief, instance));
  const expected = selectSeries(all, kDefault).selected;
  for (let turn = 1; turn < all.length; turn++) {
    assert.is(selectSeries([...all.slice(turn), ...all.slice(0, turn)], kDefault).selected, expected);
  }
});

test('reasons hold words of the rules and numbers, and no text of the series', () => {
  const kMarker = 'DOE^JANE';
  const { verdicts } = selectedOf([
    { name: 'a', text: `scout ${kMarker}`, part: kMarker, modality: kMarker, type: [kMarker, 'LOCALIZER'] },
    { name: 'b', text: `${kMarker} portal`, protocol: kMarker },
  ]);
  assert.not.match(JSON.stringify(verdicts), /DOE|JANE/);
});

test('headers are asked for only where what QIDO-RS tells does not decide', async () => {
  const [{ series: lines } = { series: [] }] = kStudies;
  const all = lines.map(metadataOf);
  const asked: string[] = [];
  const archive: SeriesMetadata = {
    searchSeries: async () => all.map(({ series }) => series),
    oneInstance: async (_study, uid) => {
      asked.push(lines[all.findIndex((each) => each.uid === uid)]?.name ?? '');
      return all.find((each) => each.uid === uid)?.instance ?? null;
    },
  };
  const { selected } = await selectSeriesOfStudy(archive, '1.2.3', kDefault);
  assert.is(selected, all[lines.findIndex(({ name }) => name === 'thin')]?.uid);
  assert.equal(asked, ['native', 'arterial', 'thick', 'thin']);
});

test('a study that the archive does not hold is told from one that the rules want nothing of', async () => {
  const nobody = { searchSeries: async () => [], oneInstance: async () => null };
  const missing = await selectSeriesOfStudy(nobody, '1.2.3', kDefault).catch((error: unknown) => error);
  assert.instance(missing, WorkerError);
  assert.is((missing as WorkerError).code, 'NOT_IN_ARCHIVE');
  assert.type((missing as WorkerError).remedy, 'string');
  const thick = (n: number) =>
    describeSeries({
      '0020000E': { vr: 'UI', Value: [`1.2.3.${n}`] },
      '00080060': { vr: 'CS', Value: ['CT'] },
      '00180050': { vr: 'DS', Value: [8] },
    });
  const { selected, verdicts } = selectSeries([1, 2, 3, 4, 5, 6, 7].map(thick), kDefault);
  assert.is(selected, null);
  const said = passedOver(verdicts);
  assert.match(said, '1.2.3.1: Its slices are 8 mm thick, not 0.4 to 7 (rules.sliceThicknessMm); 1.2.3.2: ');
  assert.match(said, /; and 2 more$/);
});

test.run();
