import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { HepaticaError } from '../src/errors.js';
import { checkDataset, discoverDataset, splitPatients } from '../src/train/dataset.js';
import { polygonsOf, readPolygons, sliceOfName } from '../src/train/labels.js';

const split = suite('patient split');

split('is the one that published figures name', () => {
  // Independent of this code: python3 -c with hashlib.sha256(f'0:p{i}') over p0 … p9, first three ascending.
  const patients = Array.from({ length: 10 }, (_, i) => `p${i}`);
  const { training, validation } = splitPatients(patients, 0);
  assert.is(validation.length, 3);
  assert.equal(validation, ['p2', 'p7', 'p4']);
  assert.equal([...training, ...validation].sort(), patients);
});

split('neither order nor repetition of cases matters, the seed does', () => {
  const patients = Array.from({ length: 20 }, (_, i) => `p${i}`);
  assert.equal(splitPatients([...patients].reverse().concat(patients), 7), splitPatients(patients, 7));
  assert.not.equal(splitPatients(patients, 8).validation, splitPatients(patients, 7).validation);
});

split.run();

async function rejection(promise: Promise<unknown>): Promise<HepaticaError> {
  try {
    await promise;
  } catch (error) {
    return error as HepaticaError;
  }
  throw new Error('nothing was thrown');
}

const dataset = suite<{ folder: string }>('dataset');

dataset.before.each(async (context) => {
  context.folder = await mkdtemp(join(tmpdir(), 'hepatica-dataset-'));
});
dataset.after.each(({ folder }) => rm(folder, { recursive: true }));

dataset('a folder of cases', async ({ folder }) => {
  for (const patient of ['b', 'a']) {
    await mkdir(join(folder, patient));
    await writeFile(join(folder, patient, 'image.nii.gz'), '');
  }
  await writeFile(join(folder, 'a', 'label.nii.gz'), '');
  await writeFile(join(folder, 'b', 'perimeters.json'), '');
  const { cases } = await discoverDataset(folder);
  assert.equal(
    cases.map(({ patient, label }) => [patient, label]),
    [
      ['a', join(folder, 'a', 'label.nii.gz')],
      ['b', join(folder, 'b', 'perimeters.json')],
    ],
  );
});

dataset('a JSON file, its paths relative to it', async ({ folder }) => {
  const file = join(folder, 'cases.json');
  await writeFile(
    file,
    JSON.stringify({ cases: [{ patient: 'a', image: 'i.nii', label: '/l.nii', labelValues: [1, 2] }] }),
  );
  const { cases } = await discoverDataset(file);
  assert.equal(cases, [{ patient: 'a', image: join(folder, 'i.nii'), label: '/l.nii', labelValues: [1, 2] }]);
});

dataset('what is no dataset is refused, naming file and field', async ({ folder }) => {
  assert.is((await rejection(discoverDataset(folder))).code, 'EMPTY_DATASET');
  assert.is((await rejection(discoverDataset(join(folder, 'nowhere')))).code, 'FILE_NOT_FOUND');
  const file = join(folder, 'cases.json');
  await writeFile(file, '{"cases":');
  assert.is((await rejection(discoverDataset(file))).code, 'CORRUPT_DATASET');
  await writeFile(
    file,
    JSON.stringify({ cases: [{ patient: 'a', image: 'i.nii', label: 'l.nii', labelValues: [1.5] }] }),
  );
  const refused = await rejection(discoverDataset(file));
  assert.is(refused.field, 'cases.0.labelValues.0');
  assert.is(refused.file, file);
  assert.throws(() => checkDataset({ cases: [] }), /Expected dataset to be cases/);
});

dataset.run();

const labels = suite<{ folder: string }>('polygon labels');

labels.before.each(async (context) => {
  context.folder = await mkdtemp(join(tmpdir(), 'hepatica-labels-'));
});
labels.after.each(({ folder }) => rm(folder, { recursive: true }));

labels('hepatica perimeters', () => {
  const polygons = [{ hole: true, type: 'HCC', points: [1, 2, 3, 4, 5, 6], mm: [] }];
  const document = {
    format: 'hepatica-perimeters',
    version: 1,
    structure: 'liver',
    size: [8, 8, 8],
    slices: [{ slice: 3, sopInstanceUid: null, polygons }],
  };
  assert.equal(polygonsOf(document, 'f'), [
    { slice: 3, sopInstanceUid: '', hole: true, name: 'HCC', points: [1, 2, 3, 4, 5, 6] },
  ]);
});

labels('VIA, whole project and annotations alone, regions as list and as object', () => {
  const region = { shape_attributes: { name: 'polygon', all_points_x: [1, 5, 5], all_points_y: [2, 2, 6] } };
  const expected = [{ slice: 12, sopInstanceUid: '', hole: false, name: '', points: [0.5, 1.5, 4.5, 1.5, 4.5, 5.5] }];
  const image = (regions: unknown) => ({ 'slice_012.png99': { filename: 'slice_012.png', size: 99, regions } });
  assert.equal(polygonsOf({ _via_settings: {}, _via_img_metadata: image([region]) }, 'f'), expected);
  assert.equal(polygonsOf(image({ 0: region }), 'f'), expected);
});

labels('labelme, a folder with a file a slice', async ({ folder }) => {
  const points = [
    [1, 1],
    [4, 1],
    [4, 4],
  ];
  for (const slice of [2, 1]) {
    const document = { version: '5', imagePath: `ct_${slice}.png`, shapes: [{ shape_type: 'polygon', points }] };
    await writeFile(join(folder, `ct_${slice}.json`), JSON.stringify(document));
  }
  const polygons = await readPolygons(folder);
  assert.equal(
    polygons.map(({ slice }) => slice),
    [1, 2],
  );
  assert.equal(polygons[0]?.points, [0.5, 0.5, 3.5, 0.5, 3.5, 3.5]);
});

labels('names of pictures name slices', () => {
  assert.equal(sliceOfName('a/b7/slice_012.PNG', 'f'), { slice: 12, sopInstanceUid: '' });
  assert.equal(sliceOfName('1.2.840.10008.7.dcm', 'f'), { slice: -1, sopInstanceUid: '1.2.840.10008.7' });
  assert.equal(sliceOfName('2.25.32936989386.png', 'f'), { slice: -1, sopInstanceUid: '2.25.32936989386' });
  assert.throws(() => sliceOfName('liver.png', 'f'), /names no slice/);
});

labels('broken documents are refused, naming file and field', async ({ folder }) => {
  const broken = (document: unknown) => {
    try {
      polygonsOf(document, 'f.json');
    } catch (error) {
      return error as HepaticaError;
    }
    throw new Error('nothing was thrown');
  };
  const odd = { slice: 0, polygons: [{ hole: false, points: [1, 2, 3, 4, 5, 6, 7] }] };
  const refused = broken({ format: 'hepatica-perimeters', version: 1, slices: [odd] });
  assert.is(refused.code, 'CORRUPT_LABEL');
  assert.is(refused.file, 'f.json');
  assert.match(refused.field ?? '', 'slices.0.polygons.0.points');
  assert.is(broken({ format: 'hepatica-perimeters', version: 2, slices: [] }).code, 'CORRUPT_LABEL');
  assert.is(broken({ imagePath: '1.png', shapes: [{ shape_type: 'circle', points: [[1, 1]] }] }).field, 'shape_type');
  assert.is(broken([1, 2]).code, 'CORRUPT_LABEL');
  assert.is(broken(null).code, 'CORRUPT_LABEL');
  await writeFile(join(folder, 'text.json'), 'text');
  assert.is((await rejection(readPolygons(folder))).code, 'CORRUPT_LABEL');
  assert.is((await rejection(readPolygons(join(folder, 'nowhere.json')))).code, 'FILE_NOT_FOUND');
});

labels.run();
