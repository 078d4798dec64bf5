// A hospital's own labels train a network: DICOM series with SEG or RTSTRUCT instead of NIfTI with NIfTI masks.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  discoverDataset,
  InputFileError,
  InvalidArgumentError,
  type LesionTrainingCase,
  type MaskInput,
  readSeries,
  type TrainingCase,
  type TrainingHistory,
  trainLesionClassifier,
  trainSegmenter,
  type Volume,
  type VolumeInput,
  writeMask,
  writeSegmentation,
  writeSeries,
  writeStructureSet,
  writeVolume,
} from '../src/index.js';
import { makeFindings } from './support/dicom-findings.js';
import { kThresholdArchitecture } from './support/models.js';
import { makeFolder, runCli } from './support/programs.js';
import { rejection } from './support/rejections.js';
import { forEachVoxel, kAxial, kOrganHu, makePhantom } from './support/volumes.js';

const folder = makeFolder();
const at = (...names: string[]) => join(folder.path, ...names);

interface Patient {
  readonly name: string;
  readonly series: Volume;
  readonly label: MaskInput;
}

/** A phantom in three forms: NIfTI, DICOM series, and its organ as NIfTI, SEG and RTSTRUCT. */
async function writePatient(n: number): Promise<Patient> {
  const phantom = makePhantom({ size: [48, 40, 6], organCentre: [16 + 2 * n, 18, 3], organRadius: 7 });
  const name = `patient-${n}`;
  mkdirSync(at(name));
  await writeVolume(at(name, 'image.nii.gz'), phantom);
  await writeSeries(at(name, 'image'), phantom, { patientId: name });
  const series = await readSeries(at(name, 'image'));
  const label = { ...phantom, data: Uint8Array.from(phantom.data, (hu) => (hu === kOrganHu ? 1 : 0)) };
  await writeMask(at(name, 'label.nii.gz'), label);
  const { source } = series.report as NonNullable<Volume['report']>;
  await writeSegmentation(at(name, 'seg.dcm'), { ...label, source });
  await writeStructureSet(at(name, 'rtstruct.dcm'), { ...label, source });
  return { name, series, label };
}

const kQuick = {
  architecture: { ...kThresholdArchitecture, spacing_mm: 2, subsampling: 2 },
  epochs: 2,
  batchSize: 4,
  seed: 7,
  threads: 1,
  precision: 'fp32',
  device: 'cpu',
  cache: false,
} as const;

const figuresOf = ({ epochs }: TrainingHistory) =>
  epochs.map(({ trainingLoss, validationLoss, validationDice }) => [trainingLoss, validationLoss, validationDice]);

/** The tensors alone: the header has the hash of the dataset's files. */
function tensorsOf(path: string): Buffer {
  const bytes = readFileSync(path);
  return bytes.subarray(8 + Number(bytes.readBigUInt64LE(0)));
}

async function train(name: string, cases: readonly TrainingCase[]) {
  const output = at(`${name}.safetensors`);
  const { history } = await trainSegmenter({ cases }, { ...kQuick, output });
  return { figures: figuresOf(history), tensors: tensorsOf(output) };
}

const structures = suite<{ patients: Patient[]; expected: Awaited<ReturnType<typeof train>> }>('structures');

const niftiCase = ({ name }: Patient): TrainingCase => ({
  patient: name,
  image: at(name, 'image.nii.gz'),
  label: at(name, 'label.nii.gz'),
});
const dicomCase = ({ name }: Patient, label: string, more: object = {}): TrainingCase => ({
  patient: name,
  image: at(name, 'image'),
  label: at(name, label),
  ...more,
});

structures.before(async (context) => {
  context.patients = await Promise.all([0, 1, 2, 3].map(writePatient));
  context.expected = await train('nifti', context.patients.map(niftiCase));
});

structures('a SEG teaches what the NIfTI mask does, to the last bit, however its segment is named', async (context) => {
  const choices = [{}, { labelSegments: [1] }, { labelSegments: ['Liver'] }, { labelSegments: ['SCT:10200004'] }];
  const cases = context.patients.map((patient, n) => dicomCase(patient, 'seg.dcm', choices[n]));
  const { figures, tensors } = await train('seg', cases);
  assert.equal(figures, context.expected.figures);
  assert.ok(tensors.equals(context.expected.tensors), 'the weights differ');
});

structures('an RTSTRUCT teaches it, alone in a folder or as a file', async (context) => {
  const [first] = context.patients as [Patient];
  mkdirSync(at(first.name, 'contours'));
  writeFileSync(at(first.name, 'contours', 'RS1'), readFileSync(at(first.name, 'rtstruct.dcm')));
  const cases = context.patients.map((patient, n) => dicomCase(patient, n === 0 ? 'contours' : 'rtstruct.dcm'));
  const { figures } = await train('rtstruct', cases);
  assert.equal(figures, context.expected.figures);
});

structures('a folder a patient may hold image/ and label.dcm', async ({ patients }) => {
  const [first] = patients as [Patient];
  mkdirSync(at('dataset', first.name), { recursive: true });
  await writeSeries(at('dataset', first.name, 'image'), first.series);
  renameSync(at(first.name, 'contours', 'RS1'), at('dataset', first.name, 'label.dcm'));
  const { cases } = await discoverDataset(at('dataset'));
  assert.equal(
    cases.map(({ image, label }) => [basename(image), basename(label)]),
    [['image', 'label.dcm']],
  );
});

structures(
  'labels of another series, unknown segments and files that have none are refused by name',
  async (context) => {
    const [first, second, ...others] = context.patients as [Patient, Patient, ...Patient[]];
    const refused = (wrong: TrainingCase) =>
      trainSegmenter({ cases: [wrong, ...others.map(niftiCase)] }, { ...kQuick, output: at('never.safetensors') });
    const other = await rejection(
      refused({ ...dicomCase(first, 'seg.dcm'), label: at(second.name, 'seg.dcm') }),
      InputFileError,
      'LABEL_OF_OTHER_SERIES',
    );
    assert.is(other.file, at(second.name, 'seg.dcm'));
    const unknown = refused(dicomCase(first, 'seg.dcm', { labelSegments: ['Spleen'] }));
    assert.match((await rejection(unknown, InputFileError, 'SEGMENT_NOT_FOUND')).message, /"Spleen", but 1 "Liver"/);
    const nifti = refused({ ...niftiCase(first), label: at(first.name, 'rtstruct.dcm') });
    assert.is((await rejection(nifti, InvalidArgumentError, 'NO_DICOM_SOURCE')).file, at(first.name, 'rtstruct.dcm'));
    const mask = refused({ ...niftiCase(first), labelSegments: ['Liver'] });
    assert.is((await rejection(mask, InvalidArgumentError, 'INVALID_ARGUMENT')).file, at(first.name, 'label.nii.gz'));
    const both = refused(dicomCase(first, 'seg.dcm', { labelValues: [1], labelSegments: [1] }));
    assert.is((await rejection(both, InvalidArgumentError, 'INVALID_ARGUMENT')).field, 'cases.0.labelSegments');
    mkdirSync(at('two'));
    for (const name of ['a.dcm', 'b.dcm']) writeFileSync(at('two', name), readFileSync(at(first.name, 'seg.dcm')));
    const two = refused({ ...dicomCase(first, ''), label: at('two') });
    await rejection(two, InputFileError, 'AMBIGUOUS_SERIES');
    const bytes = readFileSync(at(first.name, 'seg.dcm'));
    writeFileSync(at('cut.dcm'), bytes.subarray(0, bytes.length - 200));
    await rejection(refused({ ...dicomCase(first, ''), label: at('cut.dcm') }), InputFileError, 'CORRUPT_FILE');
  },
);

structures('evaluate --dataset and render --mask take the same labels', async ({ patients }) => {
  const [first] = patients as [Patient];
  const diceOf = async (entry: TrainingCase) => {
    writeFileSync(at('evaluated.json'), JSON.stringify({ cases: [entry] }));
    const dataset = ['--dataset', at('evaluated.json'), '--model', at('nifti.safetensors')];
    const { stdout } = await runCli(['evaluate', ...dataset, '--json', '--accept-implausible']);
    return (JSON.parse(stdout) as { cases: { dice: number }[] }).cases[0]?.dice;
  };
  const expected = await diceOf(niftiCase(first));
  assert.type(expected, 'number');
  assert.is(await diceOf(dicomCase(first, 'seg.dcm', { labelSegments: ['Liver'] })), expected);
  assert.is(await diceOf(dicomCase(first, 'rtstruct.dcm')), expected);
  const drawn = ['render', at(first.name, 'image'), '--mask', at(first.name, 'seg.dcm'), '--out', at('drawn')];
  assert.is((await runCli(drawn)).exitCode, 0);
});

structures.run();

const lesions = suite('lesions');
lesions.after(() => folder.remove());

/** A liver of about 100 HU with a bright lesion, as in 53.lesion-training.ts, in both forms. */
async function writeLesionPatient(index: number): Promise<{ nifti: LesionTrainingCase; dicom: LesionTrainingCase }> {
  const size = [48, 48, 6] as const;
  const scan: VolumeInput = {
    ...{ size, spacing: [2, 2, 5], origin: [0, 0, 0], direction: kAxial },
    data: new Int16Array(48 * 48 * 6),
  };
  const label = new Uint8Array(scan.data.length);
  forEachVoxel(size, (i, x, y, z) => {
    const inside = Math.hypot(x - 24, y - 24) < 18;
    const lesion = inside && z > 0 && z < 5 && Math.hypot(x - 16 - 5 * index, y - 24) < 5;
    scan.data[i] = lesion ? 200 : inside ? 90 + ((x * 7 + y * 13 + z * 5) % 20) : -50;
    label[i] = lesion ? 2 : inside ? 1 : 0;
  });
  const name = `lesions-${index}`;
  mkdirSync(at(name));
  await writeVolume(at(name, 'image.nii.gz'), scan);
  await writeMask(at(name, 'label.nii.gz'), { ...scan, data: label });
  await writeSeries(at(name, 'image'), scan);
  const series = await readSeries(at(name, 'image'));
  const findings = makeFindings(series, 1);
  await writeSegmentation(at(name, 'seg.dcm'), {
    ...findings,
    mask: label.map((value) => Number(value === 2)),
    liver: { ...findings.liver, mask: label.map((value) => Number(value > 0)) },
  });
  const type = index % 2 === 0 ? 'HCC' : 'unknown';
  const common = { patient: name, ground: true };
  return {
    nifti: {
      ...common,
      image: at(name, 'image.nii.gz'),
      label: at(name, 'label.nii.gz'),
      ...{ liverValues: [1], labelTypes: { 2: type } },
    },
    dicom: {
      ...common,
      image: at(name, 'image'),
      label: at(name, 'seg.dcm'),
      ...{ liverSegments: ['Liver'], labelTypes: index === 1 ? { 2: type } : { 'SCT:25370001': type } },
    },
  };
}

lesions('a SEG of a liver and its lesions teaches what the NIfTI masks do, to the last bit', async () => {
  const patients = await Promise.all([0, 1, 2].map(writeLesionPatient));
  const quick = {
    architecture: {
      ...{ spacing_mm: 2, context_mm: [0], slab_mm: 0, channels: ['clipped'], base_stages: 1, location_width: 8 },
    },
    epochs: 2,
    batchSize: 4,
    slicesPerEpoch: 8,
    syntheticLesions: [1, 1],
    validationPatients: ['lesions-2'],
    keep: 'last',
    precision: 'fp32',
    device: 'cpu',
    threads: 1,
  } as const;
  const teach = async (form: 'nifti' | 'dicom') => {
    const output = at(`lesions-${form}.safetensors`);
    const { history } = await trainLesionClassifier(
      { cases: patients.map((patient) => patient[form]) },
      { ...quick, output },
    );
    return { figures: figuresOf(history), tensors: tensorsOf(output) };
  };
  const [nifti, dicom] = [await teach('nifti'), await teach('dicom')];
  assert.equal(dicom.figures, nifti.figures);
  assert.ok(dicom.tensors.equals(nifti.tensors), 'the weights differ');
});

lesions('names of segments are refused where the label is NIfTI', async () => {
  const { nifti } = await writeLesionPatient(3);
  const cases = [{ ...nifti, labelTypes: { 'SCT:25370001': 'HCC' } as const }];
  const wrong = trainLesionClassifier({ cases }, { output: at('never.safetensors'), keep: 'last' });
  assert.is((await rejection(wrong, InvalidArgumentError, 'INVALID_ARGUMENT')).field, 'cases.0.labelTypes');
});

lesions.run();
