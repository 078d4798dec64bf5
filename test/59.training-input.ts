// What a structure can be learnt from besides pairs of NIfTI files: DICOM series with polygons or with mask series.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { perimetersDocument } from '../src/documents/results.js';
import {
  discoverDataset,
  HepaticaError,
  InputFileError,
  loadModel,
  readSeries,
  segmentLiver,
  type TrainingCase,
  type TrainOptions,
  trainSegmenter,
  type VolumeInput,
  writeMask,
  writeSeries,
  writeVolume,
} from '../src/index.js';
import { kThresholdArchitecture, writeThresholdModel } from './support/models.js';
import { makeFolder } from './support/programs.js';
import { rejection } from './support/rejections.js';
import { kAirHu, kAxial, kBodyHu, kOrganHu } from './support/volumes.js';

const kSize = [48, 40, 6] as const;
const kPixels = kSize[0] * kSize[1];
const kVoxels = kPixels * kSize[2];
const kGeometry = { size: kSize, spacing: [2, 2, 5], origin: [-48, -40, 100], direction: kAxial } as const;
/** The structure: 12 × 10 pixels in slices 1 to 4. */
const kSlices = [1, 2, 3, 4] as const;

interface Patient {
  readonly scan: VolumeInput & { readonly data: Int16Array<ArrayBuffer> };
  readonly mask: VolumeInput & { readonly data: Int16Array<ArrayBuffer> };
  /** The first pixel of the block. */
  readonly x: number;
  readonly y: number;
}

function makePatient(index: number): Patient {
  const [x, y] = [12 + 3 * index, 14];
  const scan = new Int16Array(kVoxels);
  const mask = new Int16Array(kVoxels);
  for (let i = 0; i < kVoxels; i++) {
    const [column, row, slice] = [i % 48, Math.floor(i / 48) % 40, Math.floor(i / kPixels)];
    const inBody = ((column - 24) / 21) ** 2 + ((row - 20) / 17) ** 2 < 1;
    const inBlock = slice >= 1 && slice <= 4 && column >= x && column < x + 12 && row >= y && row < y + 10;
    scan[i] = inBlock ? kOrganHu : inBody ? kBodyHu : kAirHu;
    mask[i] = inBlock ? 1 : 0;
  }
  return { scan: { ...kGeometry, data: scan }, mask: { ...kGeometry, data: mask }, x, y };
}

/** Writes a label for a patient and returns its path; `uids` are those of the image's slices. */
type WriteLabel = (folder: string, patient: Patient, uids: readonly string[]) => Promise<string>;

/** The corner pixels' centres, as the perimeter of a mask has them. */
function corners({ x, y }: Patient): number[] {
  return [x, y, x + 11, y, x + 11, y + 9, x, y + 9];
}

const perimeters: WriteLabel = async (folder, patient, uids) => {
  const slices = kSlices.map((slice) => ({
    // By its UID alone: the index is that of another slice.
    slice: 0,
    sopInstanceUid: uids[slice],
    polygons: [{ hole: false, points: corners(patient) }],
  }));
  const path = join(folder, 'perimeters.json');
  await writeFile(path, JSON.stringify({ format: 'hepatica-perimeters', version: 1, slices }));
  return path;
};

/** Annotation tools count from the corner of the first pixel: its centre is (0.5, 0.5). */
const fromCorner = (value: number) => value + 0.5;

const via: WriteLabel = async (folder, patient) => {
  const points = corners(patient).map(fromCorner);
  const shape = {
    name: 'polygon',
    all_points_x: points.filter((_, i) => i % 2 === 0),
    all_points_y: points.filter((_, i) => i % 2 === 1),
  };
  const images = kSlices.map((slice) => {
    const filename = `slice_${String(slice).padStart(3, '0')}.png`;
    return [`${filename}-1`, { filename, size: -1, regions: [{ shape_attributes: shape, region_attributes: {} }] }];
  });
  const path = join(folder, 'via.json');
  await writeFile(path, JSON.stringify({ _via_settings: {}, _via_img_metadata: Object.fromEntries(images) }));
  return path;
};

const labelme: WriteLabel = async (folder, patient, uids) => {
  const path = join(folder, 'labelme');
  await mkdir(path);
  const flat = corners(patient).map(fromCorner);
  const points = Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]);
  for (const slice of kSlices) {
    const shapes = [{ label: 'block', shape_type: 'polygon', points }];
    // One picture is named by its UID, the others by their numbers.
    const imagePath = slice === 2 ? `${uids[slice]}.png` : `${slice}.png`;
    await writeFile(join(path, `${slice}.json`), JSON.stringify({ version: '5.5.0', imagePath, shapes }));
  }
  return path;
};

const maskSeries: WriteLabel = async (folder, { mask }) => {
  const path = join(folder, 'mask');
  await writeSeries(path, mask, { patientId: 'MASK' });
  return path;
};

/** Small and quick: what is tested is what is read, not how well it is learnt. */
const kQuick: Omit<TrainOptions, 'output'> = {
  structure: 'block',
  architecture: { ...kThresholdArchitecture, spacing_mm: 2, subsampling: 2 },
  epochs: 1,
  batchSize: 4,
  validationFraction: 0.5,
  precision: 'fp32',
  threads: 1,
};

const folder = makeFolder();
const test = suite('training input');
test.after(() => folder.remove());

async function writeCase(name: string, index: number, writeLabel: WriteLabel): Promise<TrainingCase> {
  const patient = makePatient(index);
  const own = join(folder.path, name, `patient${index}`);
  const image = join(own, 'image');
  await writeSeries(image, patient.scan, { patientId: `P${index}` });
  const volume = await readSeries(image);
  const uids = volume.report?.slices.map(({ sopInstanceUid }) => sopInstanceUid) ?? [];
  assert.is(new Set(uids).size, kSize[2]);
  return { patient: `patient${index}`, image, label: await writeLabel(own, patient, uids) };
}

type Losses = readonly { readonly trainingLoss: number; readonly validationLoss: number | null }[];

async function train(cases: readonly TrainingCase[], output: string): Promise<Losses> {
  const { model, history } = await trainSegmenter({ cases }, { ...kQuick, output });
  model.dispose();
  return history.epochs.map(({ trainingLoss, validationLoss }) => ({ trainingLoss, validationLoss }));
}

/** Trains on the same scans with this kind of label, and with the masks as NIfTI: equal labels make equal losses. */
async function trainBothWays(name: string, writeLabel: WriteLabel): Promise<void> {
  const cases = [await writeCase(name, 0, writeLabel), await writeCase(name, 1, writeLabel)];
  const asNifti = cases.map(async (labelled, index) => {
    const label = join(folder.path, name, `mask${index}.nii.gz`);
    const { mask } = makePatient(index);
    await writeMask(label, { ...mask, data: Uint8Array.from(mask.data) });
    return { ...labelled, label };
  });
  const output = (file: string) => join(folder.path, name, file);
  const expected = await train(await Promise.all(asNifti), output('expected.safetensors'));
  assert.equal(await train(cases, output('trained.safetensors')), expected);
}

test('DICOM series and perimeters by SOPInstanceUID', () => trainBothWays('perimeters', perimeters));
test('DICOM series and polygons of VIA', () => trainBothWays('via', via));
test('DICOM series and polygons of labelme', () => trainBothWays('labelme', labelme));
test('DICOM series and a mask series', () => trainBothWays('mask-series', maskSeries));

test('what a segmentation writes as perimeters is its mask again', async () => {
  const model = await loadModel(writeThresholdModel(join(folder.path, 'threshold.safetensors')));
  const masks: TrainingCase[] = [];
  const asDetected: WriteLabel = async (own) => {
    const volume = await readSeries(join(own, 'image'));
    const segmentation = await segmentLiver(volume, { model });
    const label = join(own, 'mask.nii.gz');
    await writeMask(label, segmentation);
    masks.push({ patient: basename(own), image: join(own, 'image'), label });
    await writeFile(join(own, 'perimeters.json'), JSON.stringify(perimetersDocument(volume, segmentation)));
    return join(own, 'perimeters.json');
  };
  const cases = [await writeCase('detected', 0, asDetected), await writeCase('detected', 1, asDetected)];
  const output = (file: string) => join(folder.path, 'detected', file);
  assert.equal(await train(cases, output('a.safetensors')), await train(masks, output('b.safetensors')));
});

test('a folder of cases may hold DICOM and perimeters', async () => {
  const root = join(folder.path, 'perimeters');
  const { cases } = await discoverDataset(root);
  assert.equal(
    cases.map(({ image, label }) => [image, label]),
    ['patient0', 'patient1'].map((name) => [join(root, name, 'image'), join(root, name, 'perimeters.json')]),
  );
});

test('polygons of another series are refused', async () => {
  const labelled = await writeCase('strangers', 0, perimeters);
  const document = JSON.parse(await readFile(labelled.label, 'utf8'));
  for (const slice of document.slices) {
    slice.sopInstanceUid = `2.25.${slice.slice + 77}`;
    slice.slice = 999;
  }
  await writeFile(labelled.label, JSON.stringify(document));
  const other = await writeCase('strangers', 1, perimeters);
  const training = trainSegmenter(
    { cases: [labelled, other] },
    { ...kQuick, output: join(folder.path, 'never.safetensors') },
  );
  const refused = await rejection(training, InputFileError, 'LABEL_GEOMETRY_MISMATCH');
  assert.match(refused.message, /2\.25\.77/);
});

test('what reading a scan warns of is in the result, once, with the patient', async () => {
  const cases = [await writeCase('warned', 0, maskSeries), await writeCase('warned', 1, maskSeries)];
  for (const odd of [0, 1]) {
    const image = join(folder.path, 'warned', `odd-${odd}.nii`);
    await writeVolume(image, makePatient(odd).scan);
    const bytes = await readFile(image);
    bytes.writeFloatLE(3, 80); // Of pixdim; the sform's spacing stays 2 mm.
    await writeFile(image, bytes);
    const mixed = cases.map((labelled, index) => (index === odd ? { ...labelled, image } : labelled));
    const output = join(folder.path, 'warned', `${odd}.safetensors`);
    const { model, warnings } = await trainSegmenter({ cases: mixed }, { ...kQuick, output });
    model.dispose();
    const told = warnings.filter(({ code }) => code === 'SPACING_MISMATCH');
    assert.is(told.length, 1);
    assert.ok(told[0]?.message.startsWith(`patient${odd}: ${image}`), told[0]?.message);
    assert.ok(warnings.every(({ message }) => /^patient[01]: /.test(message)));
  }
});

test('a scan named as its own label is refused', async () => {
  const labelled = await writeCase('itself', 0, async (own) => join(own, 'image'));
  const other = await writeCase('itself', 1, async (own) => join(own, 'image'));
  const training = trainSegmenter(
    { cases: [labelled, other] },
    { ...kQuick, output: join(folder.path, 'never.safetensors') },
  );
  await rejection(training, HepaticaError, 'INVALID_VALUE');
});

test.run();
