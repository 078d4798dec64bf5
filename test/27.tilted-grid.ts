import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type MaskInput, readMask, readVolume, type VolumeInput, writeMask, writeVolume } from '../src/index.js';
import { makeFolder } from './support/programs.js';
import { makePhantom } from './support/volumes.js';

const folder = makeFolder();
const test = suite('tilted grids');
test.after(() => folder.remove());

const codes = (warnings: readonly { readonly code: string }[]) => warnings.map(({ code }) => code);

/** The gantry tilted by degrees about x. */
function tilted(degrees: number): VolumeInput {
  const angle = (degrees * Math.PI) / 180;
  return { ...makePhantom(), direction: [1, 0, 0, 0, 1, Math.sin(angle), 0, 0, Math.cos(angle)] };
}

/** Column 2 against column 1. */
function lean({ direction }: { readonly direction: VolumeInput['direction'] }): number {
  return direction[1] * direction[2] + direction[4] * direction[5] + direction[7] * direction[8];
}

test('masks and volumes of tilted series are written on an orthogonal grid, with a warning, or on their own', async () => {
  for (const degrees of [-20, 2, 15]) {
    const volume = tilted(degrees);
    const mask: MaskInput = { ...volume, data: Uint8Array.from(volume.data, (hu) => (hu > 100 ? 1 : 0)) };
    const path = join(folder.path, `mask${degrees}.nii.gz`);
    const written = await writeMask(path, mask);
    assert.is(written.file, path);
    assert.equal(codes(written.warnings), ['RESAMPLED_GRID']);
    const read = await readMask(path);
    assert.ok(Math.abs(lean(read)) < 1e-6);
    const count = (data: Uint8Array) => data.reduce((sum, value) => sum + value, 0);
    assert.is(count(read.data), count(mask.data));

    assert.equal((await writeMask(path, mask, { grid: 'source' })).warnings, []);
    assert.ok(Math.abs(lean(await readMask(path))) > 0.03);
    assert.equal((await readMask(path)).data, mask.data);

    const scan = join(folder.path, `scan${degrees}.nii`);
    assert.equal(codes((await writeVolume(scan, volume)).warnings), ['RESAMPLED_GRID']);
    const straight = await readVolume(scan);
    assert.equal(straight.size, read.size);
    assert.ok(straight.data.every((hu) => hu >= -1024 && hu <= 200));
  }
});

/** What SimpleITK makes of a file: geometry, the number of set voxels, and the first that is set; or its error. */
const kSimpleItk = `
import json, sys
import SimpleITK, numpy
for path in sys.argv[1:]:
    try:
        image = SimpleITK.ReadImage(path)
    except RuntimeError as error:
        print(json.dumps({"error": str(error)}))
        continue
    voxels = SimpleITK.GetArrayFromImage(image).ravel()
    print(json.dumps({
        "size": image.GetSize(), "spacing": image.GetSpacing(), "origin": image.GetOrigin(),
        "direction": image.GetDirection(), "set": int(numpy.count_nonzero(voxels)), "first": int(numpy.argmax(voxels)),
    }))`;

test('SimpleITK reads what is written of a tilted series, and refuses its own grid', async () => {
  const python = process.env.HEPATICA_PYTHON ?? 'python3';
  if (spawnSync(python, ['-c', 'import SimpleITK, numpy']).status !== 0) {
    console.log('skipped: python3 has no SimpleITK (HEPATICA_PYTHON names one that has)');
    return;
  }
  for (const degrees of [-20, 2, 15]) {
    const volume = tilted(degrees);
    const mask: MaskInput = { ...volume, data: Uint8Array.from(volume.data, (hu) => (hu > 100 ? 1 : 0)) };
    const [straight, own] = ['orthonormal', 'source'].map((name) => join(folder.path, `${name}.nii.gz`)) as [
      string,
      string,
    ];
    await writeMask(straight, mask);
    await writeMask(own, mask, { grid: 'source' });
    const { stdout, stderr } = spawnSync(python, ['-c', kSimpleItk, straight, own], { encoding: 'utf8' });
    const [seen, refused] = stdout.split('\n').map((line) => (line === '' ? undefined : JSON.parse(line)));
    const { size, spacing, origin, direction, data } = await readMask(straight);
    const close = (a: readonly number[], b: readonly number[]) =>
      a.every((value, i) => Math.abs(value - (b[i] ?? Number.NaN)) < 1e-4);
    assert.equal(seen?.size, size, stderr);
    for (const [name, expected] of Object.entries({ spacing, origin, direction })) {
      assert.ok(close(expected, seen[name]), `${name}: ${seen[name]}, expected ${expected}`);
    }
    assert.is(
      seen.set,
      data.reduce((sum, value) => sum + value, 0),
    );
    assert.is(seen.first, data.indexOf(1));
    assert.match(refused?.error, /orthonormal/);
  }
});

test('a grid that is not tilted is written as it is', async () => {
  const path = join(folder.path, 'straight.nii');
  const volume = makePhantom();
  assert.equal((await writeVolume(path, volume)).warnings, []);
  assert.equal((await readVolume(path)).data, volume.data);
});

test.run();
