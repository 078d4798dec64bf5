import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readMask, readSeries } from '../src/index.js';

const root = join(import.meta.dirname, '..');
const phantom = join(root, 'test/data/phantom');

function mean(values: ArrayLike<number>, inside: (index: number) => boolean) {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    if (!inside(i)) continue;
    sum += values[i] as number;
    count++;
  }
  return sum / count;
}

test('the phantom reads as a CT series on the grid of its masks', async () => {
  const volume = await readSeries(join(phantom, 'dicom'));
  const liver = await readMask(join(phantom, 'liver.nii.gz'));
  assert.equal(volume.size, [256, 256, 24]);
  assert.equal(volume.spacing, [1.5, 1.5, 6]);
  assert.equal(liver.size, volume.size);
  for (const axis of [0, 1, 2] as const) assert.ok(Math.abs(liver.origin[axis] - volume.origin[axis]) < 1e-3);
  assert.is(volume.report?.excluded.length, 0);
});

test('its liver has the size, the place and the enhancement of a liver in the portal venous phase', async () => {
  const { data } = await readSeries(join(phantom, 'dicom'));
  const liver = await readMask(join(phantom, 'liver.nii.gz'));
  const lesions = await readMask(join(phantom, 'lesions.nii.gz'));
  const inside = (index: number) => liver.data[index] === 1;
  const millilitres = (liver.data.reduce((sum, value) => sum + value, 0) * 1.5 * 1.5 * 6) / 1000;
  assert.ok(millilitres > 1000 && millilitres < 2000, `${millilitres} ml`);
  const column = mean(
    liver.data.map((_, index) => index % 256),
    inside,
  );
  assert.ok(column < 128, 'the liver lies on the patient’s right, left in the picture');
  const parenchyma = mean(data, (index) => inside(index) && lesions.data[index] === 0);
  assert.ok(parenchyma > 100 && parenchyma < 120, `${parenchyma} HU`);
  assert.ok(mean(data, (index) => lesions.data[index] === 1) < 30, 'a cyst holds water');
});

test('its lesions are of the four kinds, and lie in the liver', async () => {
  const kinds = JSON.parse(readFileSync(join(phantom, 'lesions.json'), 'utf8')) as { label: number; type: string }[];
  const liver = await readMask(join(phantom, 'liver.nii.gz'));
  const lesions = await readMask(join(phantom, 'lesions.nii.gz'));
  assert.equal([...new Set(kinds.map(({ type }) => type))].sort(), ['ANG', 'CYS', 'HCC', 'MET']);
  for (const { label, type } of kinds) {
    const voxels = lesions.data.reduce((sum, value) => sum + (value === label ? 1 : 0), 0);
    assert.ok(voxels > 20, `lesion ${label} (${type}) has ${voxels} voxels`);
  }
  assert.not.ok(lesions.data.some((value, index) => value > 0 && liver.data[index] === 0));
});

test('its objects are CT images without an error by dicom3tools', () => {
  const files = readdirSync(join(phantom, 'dicom')).map((name) => join(phantom, 'dicom', name));
  const probe = spawnSync('dciodvfy', [files[0] as string], { encoding: 'utf8' });
  if (probe.error) {
    console.log('skipped: dciodvfy (Debian package dicom3tools) is absent');
    return;
  }
  for (const file of files) {
    const { stderr } = spawnSync('dciodvfy', [file], { encoding: 'utf8' });
    const lines = stderr.trim().split('\n');
    assert.ok(lines.includes('CTImage'), stderr);
    assert.equal(
      lines.filter((line) => line.startsWith('Error')),
      [],
      file,
    );
  }
});

test('it is made of the same bytes every time', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hepatica-phantom-'));
  try {
    execFileSync(join(root, 'build/tools/hepatica_phantom'), [join(folder, 'again')], { stdio: 'ignore' });
    const files = ['liver.nii.gz', 'lesions.nii.gz', 'lesions.json'];
    for (const name of readdirSync(join(phantom, 'dicom'))) files.push(join('dicom', name));
    assert.is(files.length, 27);
    for (const name of files) {
      assert.ok(readFileSync(join(folder, 'again', name)).equals(readFileSync(join(phantom, name))), name);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test.run();
