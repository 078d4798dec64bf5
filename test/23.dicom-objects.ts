// DICOM objects made of results: what they hold, whom they refer to, and what other people's tools read in them.
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  InvalidArgumentError,
  type LesionClassification,
  OutputError,
  readSeries,
  type Segmentation,
  type SourcedMask,
  tracePerimeters,
  type Volume,
  writeReport,
  writeSecondaryCapture,
  writeSegmentation,
  writeSeries,
  writeStructureSet,
  writeVolume,
} from '../src/index.js';
import { makeFindings } from './support/dicom-findings.js';
import { writeThresholdModel } from './support/models.js';
import { makeFolder, runCli } from './support/programs.js';
import { rejection } from './support/rejections.js';
import { makePhantom } from './support/volumes.js';

const test = suite<{ folder: string; remove: () => void }>('DICOM objects');
test.before.each((context) => {
  const { path, remove } = makeFolder();
  Object.assign(context, { folder: path, remove });
});
test.after.each(({ remove }) => remove());

const kPatient = { patientId: 'P-77', patientName: 'Doe^Jane', studyDescription: 'CT Abdomen', studyDate: '20260102' };
const kWriters = { seg: writeSegmentation, sr: writeReport, rtstruct: writeStructureSet, sc: writeSecondaryCapture };

async function phantomSeries(folder: string, geometry: object = {}): Promise<Volume> {
  await writeSeries(join(folder, 'ct'), { ...makePhantom({ size: [37, 29, 9] }), ...geometry }, kPatient);
  return readSeries(join(folder, 'ct'));
}

function errorsOf(file: string): string[] {
  const { stderr, error } = spawnSync('dciodvfy', ['-new', file], { encoding: 'utf8' });
  if (error) throw error;
  return stderr.split('\n').filter((line) => line.startsWith('Error'));
}

function hasTool(name: string): boolean {
  return spawnSync(name, ['--version'], { stdio: 'ignore' }).error === undefined;
}

const kTilted = { direction: [1, 0, 0, 0, 1, 0.25, 0, 0, Math.sqrt(1 - 0.25 ** 2)] };
const kOblique = {
  direction: [0.96, -0.28, 0, 0.28, 0.96, 0, 0, 0, 1],
};
const kGeometries = { axial: {}, tilted: kTilted, oblique: kOblique };

const dciodvfy = hasTool('dciodvfy') ? test : test.skip;
for (const [name, geometry] of Object.entries(kGeometries)) {
  for (const lesions of [2, 0]) {
    dciodvfy(
      `dciodvfy finds no error in what is written of a series: ${name}, ${lesions} lesions`,
      async ({ folder }) => {
        const findings = makeFindings(await phantomSeries(folder, geometry), lesions);
        for (const [kind, write] of Object.entries(kWriters)) {
          const { file } = await write(join(folder, `${kind}.dcm`), findings);
          assert.equal(errorsOf(file), [], kind);
        }
      },
    );
  }
}

dciodvfy('dciodvfy finds no error in what is written of a structure on one slice', async ({ folder }) => {
  const findings = makeFindings(await phantomSeries(folder), 0).liver as Segmentation;
  const slice = findings.size[0] * findings.size[1];
  const mask = findings.mask.map((voxel, index) => (Math.floor(index / slice) === 4 ? voxel : 0));
  const perimeters = await tracePerimeters({ ...findings, mask });
  for (const [kind, write] of Object.entries(kWriters)) {
    const { file } = await write(join(folder, `${kind}.dcm`), { ...findings, mask, perimeters, slices: [4] });
    assert.equal(errorsOf(file), [], kind);
  }
  const frames = execFileSync('dcmdump', ['+P', 'NumberOfFrames', join(folder, 'sc.dcm')], { encoding: 'utf8' });
  assert.match(frames, '[1]');
});

test('the same findings give the same bytes, in a file and in memory; other findings share no UID', async ({
  folder,
}) => {
  const volume = await phantomSeries(folder);
  const uids: string[] = [];
  for (const [kind, write] of Object.entries(kWriters)) {
    const written = await write(join(folder, `${kind}.dcm`), makeFindings(volume, 2));
    const made = await write(null, makeFindings(volume, 2));
    assert.ok(made.data.equals(readFileSync(written.file)), kind);
    const other = await write(null, makeFindings(volume, 1));
    for (const { sopInstanceUid, seriesInstanceUid } of [written, other]) uids.push(sopInstanceUid, seriesInstanceUid);
  }
  assert.is(new Set(uids).size, uids.length);
});

test('with an identity UIDs follow from it, the series and the networks, whatever was found', async ({ folder }) => {
  const volume = await phantomSeries(folder);
  const findings = makeFindings(volume, 2);
  const uidsOf = async (found: typeof findings, identity: string) => {
    const made = [await writeSegmentation(null, found, { identity }), await writeReport(null, found, { identity })];
    return made.map(({ sopInstanceUid }) => sopInstanceUid);
  };
  const uids = await uidsOf(findings, 'a');
  assert.equal(await uidsOf(makeFindings(volume, 1), 'a'), uids, 'of another machine');
  const model = { ...findings.model, sha256: 'b'.repeat(64) } as NonNullable<typeof findings.model>;
  // Of the same file both networks, instead of one.
  const part = { ...findings.model, networks: ['mdl_cnn', 'location3d'] } as unknown as NonNullable<
    typeof findings.model
  >;
  const others = [...(await uidsOf(findings, 'b')), ...(await uidsOf({ ...findings, model }, 'a'))];
  others.push(...(await uidsOf({ ...findings, model: part }, 'a')));
  const plain = [await writeSegmentation(null, findings), await writeReport(null, findings)];
  const all = [...uids, ...others, ...plain.map(({ sopInstanceUid }) => sopInstanceUid)];
  assert.is(new Set(all).size, all.length, 'other options, networks, and no identity give others');
  await rejection(writeReport(null, findings, { identity: '' }), InvalidArgumentError, 'INVALID_ARGUMENT');
});

test('files of others, and own ones that were changed, are not replaced', async ({ folder }) => {
  const findings = makeFindings(await phantomSeries(folder), 1);
  const foreign = join(folder, 'foreign.dcm');
  writeFileSync(foreign, readFileSync(join(folder, 'ct/CT_0001.dcm')));
  await rejection(writeSegmentation(foreign, findings), OutputError, 'OUTPUT_EXISTS');
  const own = join(folder, 'seg.dcm');
  await writeSegmentation(own, findings);
  await writeSegmentation(own, findings);
  const bytes = readFileSync(own);
  bytes[bytes.length - 1] = (bytes[bytes.length - 1] as number) ^ 1;
  writeFileSync(own, bytes);
  await rejection(writeSegmentation(own, findings), OutputError, 'OUTPUT_EXISTS');
  await writeSegmentation(own, findings, { overwrite: true });
  await rejection(writeSegmentation(join(folder, 'ct/CT_0001.dcm'), findings), OutputError, 'OUTPUT_IS_INPUT');
});

test('an object that refers to images of one UID says so', async ({ folder }) => {
  const volume = await phantomSeries(folder);
  const findings = makeFindings(volume, 1);
  const report = volume.report as NonNullable<Volume['report']>;
  const { source } = report;
  const [first, ...rest] = source.instances;
  const instances = [first, ...rest.map((one, index) => (index < 2 ? { ...one, sopInstanceUid: '1.2.3' } : one))];
  const shared = { ...volume, report: { ...report, source: { ...source, instances } } } as Volume;
  const ambiguous = { ...findings, volume: shared, liver: { ...findings.liver, volume: shared } };
  for (const write of [writeSegmentation, writeReport, writeStructureSet]) {
    assert.equal((await write(null, findings)).warnings, []);
    const { warnings } = await write(null, ambiguous);
    assert.equal(
      warnings.map(({ code }) => code),
      ['SHARED_SOP_INSTANCE_UID'],
    );
    assert.match(warnings[0]?.message ?? '', /9 images .* share 8 /);
  }
});

test('what did not come from DICOM, or lies on another grid, is refused', async ({ folder }) => {
  const volume = await phantomSeries(folder);
  const findings = makeFindings(volume, 0);
  const { size, spacing, origin, direction } = volume;
  const bare = { size, spacing, origin, direction, data: findings.mask } as unknown as SourcedMask;
  const withoutSource = { ...findings, volume: { ...volume, report: null } };
  for (const write of [writeSegmentation, writeReport, writeStructureSet]) {
    await rejection(write(null, bare), InvalidArgumentError, 'NO_DICOM_SOURCE');
    await rejection(write(null, withoutSource), InvalidArgumentError, 'NO_DICOM_SOURCE');
  }
  await rejection(writeSecondaryCapture(null, withoutSource), InvalidArgumentError, 'NO_DICOM_SOURCE');
  const source = volume.report?.source as SourcedMask['source'];
  const fewer = { ...bare, source, size: [37, 29, 8] as const, data: new Uint8Array(37 * 29 * 8) };
  await rejection(writeSegmentation(null, fewer), InvalidArgumentError, 'GEOMETRY_MISMATCH');
  const broken = { ...bare, source: { ...source, slices: source.slices.map(() => [99]) } };
  await rejection(writeSegmentation(null, broken), InvalidArgumentError, 'INVALID_ARGUMENT');
});

test('deidentify leaves nothing of patient and study but UIDs', async ({ folder }) => {
  const findings = makeFindings(await phantomSeries(folder), 2);
  for (const [kind, write] of Object.entries(kWriters)) {
    const named = (await write(null, findings)).data.toString('latin1');
    const bare = (await write(null, findings, { deidentify: true })).data.toString('latin1');
    for (const text of ['P-77', 'Doe^Jane', 'CT Abdomen', '20260102']) {
      assert.ok(named.includes(text), `${kind}: ${text}`);
      assert.not(bare.includes(text), `${kind}: ${text}`);
    }
    assert.ok(bare.includes('ANONYMOUS') && bare.includes(findings.volume.report?.studyInstanceUid as string), kind);
  }
});

const dsrdump = hasTool('dsrdump') ? test : test.skip;
dsrdump('dsrdump renders the report: measurements, segment, boxes, models', async ({ folder }) => {
  const findings = makeFindings(await phantomSeries(folder), 2);
  const { file } = await writeReport(join(folder, 'sr.dcm'), findings);
  const seg = await writeSegmentation(null, findings);
  const text = execFileSync('dsrdump', ['+Pl', '+Pu', '+Ps', file], { encoding: 'utf8' });
  for (const expected of [
    'Imaging Measurement Report',
    'hepatica lesion 1',
    'Liver cell carcinoma',
    'Volume',
    'Hounsfield unit',
    'For research use only',
    'The volume is with the lesions',
    'Least distance to the surface of the organ',
    'Measurable by RECIST 1.1. It lies in the right anterior sector, upper half (about segment VIII;',
    'Contrast phase, told from HU: portal venous (aorta 148 HU, liver 108 HU)',
    'SHA-256',
    'PRELIMINARY',
    seg.sopInstanceUid,
  ]) {
    assert.ok(text.includes(expected), expected);
  }
  const none = await writeReport(join(folder, 'none.dcm'), makeFindings(findings.volume, 0));
  const empty = execFileSync('dsrdump', ['+Pl', none.file], { encoding: 'utf8' });
  assert.ok(empty.includes('No lesions were found'));
  assert.is(empty.split('Image Region').length - 1, 1, 'the structure has its box');
});

dsrdump('a lesion whose type is indeterminate has no type and no malignancy in any object', async ({ folder }) => {
  const findings = makeFindings(await phantomSeries(folder), 2);
  const [first, second] = findings.lesions.map((lesion, index) => ({ ...lesion, indeterminate: index === 1 }));
  const unsure = { ...findings, lesions: [first, second] } as LesionClassification;
  for (const [kind, write] of Object.entries(kWriters)) {
    const { file } = await write(join(folder, `unsure-${kind}.dcm`), unsure);
    if (hasTool('dciodvfy')) assert.equal(errorsOf(file), [], kind);
  }
  const report = execFileSync('dsrdump', ['+Pl', join(folder, 'unsure-sr.dcm')], { encoding: 'utf8' });
  assert.match(report, /Lesion of liver/);
  assert.match(report, /The type is indeterminate: none is likely enough\. Probabilities of the four types: cyst 70 %/);
  assert.is(report.match(/Malignan|Benign/g)?.length, 2, 'of the first lesion alone: the concept and its value');
  const segments = execFileSync('dcmdump', ['+P', 'SegmentLabel', '+P', 'CodeMeaning', join(folder, 'unsure-seg.dcm')]);
  assert.match(segments.toString(), /\[Lesion\]/);
  assert.not.match(segments.toString(), /\[Cyst\]/);
});

test('--dicom writes the objects beside the result, and a later run without it takes them away', async ({ folder }) => {
  await phantomSeries(folder);
  const model = writeThresholdModel(join(folder, 'model.safetensors'));
  const out = join(folder, 'out');
  const args = ['segment', join(folder, 'ct'), '--out', out, '--model', model, '--overlay', 'none'];
  const objects = ['rtstruct.dcm', 'sc.dcm', 'seg.dcm', 'sr.dcm'];
  const written = async (...more: string[]) => {
    const { exitCode, stderr } = await runCli([...args, '--accept-implausible', ...more]);
    assert.is(exitCode, 0, stderr);
    return readdirSync(out).filter((name) => name.endsWith('.dcm'));
  };
  assert.equal((await written('--dicom', 'seg,sr,rtstruct,sc')).sort(), objects);
  assert.equal(await written('--dicom', 'sr', '--deidentify'), ['sr.dcm']);
  assert.not(readFileSync(join(out, 'sr.dcm'), 'latin1').includes('Doe^Jane'));
  assert.equal(await written(), []);
  await writeVolume(join(folder, 'scan.nii'), makePhantom());
  const refused = await runCli(['segment', join(folder, 'scan.nii'), '--out', out, '--dicom', 'seg']);
  assert.is(refused.exitCode, 2);
  assert.match(refused.stderr, 'NO_DICOM_SOURCE');
});

test.run();
