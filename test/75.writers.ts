// The library's writers: what their data was read from, and files that hepatica did not write.
import { createReadStream, linkSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  classifyLesions,
  type DicomFindings,
  loadModel,
  OutputError,
  readMask,
  readSeries,
  readVolume,
  type Segmentation,
  type SourceIdentity,
  saveModel,
  segmentStructure,
  trainSegmenter,
  type Volume,
  writeMask,
  writeMesh,
  writeReport,
  writeSegmentation,
  writeSeries,
  writeStructureSet,
  writeVolume,
} from '../src/index.js';
import { makeFindings } from './support/dicom-findings.js';
import { writeThresholdModel } from './support/models.js';
import { makeFolder } from './support/programs.js';
import { rejection } from './support/rejections.js';
import { snapshot } from './support/snapshot.js';
import { makePhantom } from './support/volumes.js';
import { makeZip } from './support/zip.js';

const test = suite<{ folder: ReturnType<typeof makeFolder> }>('writers');
test.before.each((context) => {
  context.folder = makeFolder();
});
test.after.each(({ folder }) => folder.remove());

test('the writers refuse what their data was read from', async ({ folder }) => {
  const scan = join(folder.path, 'scan.nii.gz');
  const label = join(folder.path, 'label.nii.gz');
  const dicom = join(folder.path, 'dicom');
  const weights = writeThresholdModel(join(folder.path, 'model.safetensors'));
  const phantom = makePhantom();
  const { size, spacing, origin, direction } = phantom;
  await writeVolume(scan, phantom);
  await writeMask(label, { size, spacing, origin, direction, data: new Uint8Array(phantom.data.length) });
  await writeSeries(dicom, phantom);
  symlinkSync(scan, join(folder.path, 'link.nii.gz'));
  linkSync(scan, join(folder.path, 'hard.nii.gz'));
  symlinkSync(dicom, join(folder.path, 'linked'));
  const before = snapshot(folder.path);
  const volume = await readVolume(scan);
  const series = await readSeries(join(folder.path, 'linked'));
  const mask = await readMask(label);
  const model = await loadModel(weights);
  const found = await segmentStructure(volume, { model });
  const foundInSeries = await segmentStructure(series, { model });
  const force = { overwrite: true };
  const refusals: (() => Promise<unknown>)[] = [
    ...[scan, 'link.nii.gz', 'hard.nii.gz', `../${basename(folder.path)}/scan.nii.gz`].flatMap((name) => {
      const path = name.startsWith('/') ? name : `${folder.path}/${name}`;
      return [() => writeVolume(path, volume, force), () => writeMask(path, found, force)];
    }),
    () => writeMask(label, mask, force),
    () => writeVolume(scan, { ...volume }, force),
    () => writeMask(scan, { ...found }, force),
    () => writeMask(label, { size, spacing, origin, direction, data: mask.data }, force),
    () => writeMask(scan, { size, spacing, origin, direction, data: found.mask.subarray() }, force),
    () => writeVolume(join(dicom, 'copy.nii.gz'), series, force),
    () => writeMask(join(folder.path, 'linked', 'liver.nii.gz'), foundInSeries, force),
    () => writeSeries(dicom, series),
    () => writeSeries(join(dicom, 'copy'), series),
    () => saveModel(model, weights, force),
    () => trainSegmenter({ cases: [{ patient: 'p', image: scan, label: weights }] }, { output: weights, ...force }),
    () =>
      trainSegmenter(
        { cases: [{ patient: 'p', image: dicom, label }] },
        { output: `${folder.path}/w`, checkpoints: dicom },
      ),
  ];
  for (const write of refusals) await rejection(write(), OutputError, 'OUTPUT_IS_INPUT');
  assert.equal(snapshot(folder.path), before);
  await writeMask(join(folder.path, 'found.nii.gz'), found);
  await writeVolume(join(folder.path, 'copy.nii.gz'), volume);
});

test('labels, masks from elsewhere and weights are inputs of what is made with them', async ({ folder }) => {
  const at = (name: string) => join(folder.path, name);
  await writeSeries(at('ct'), makePhantom());
  const volume = await readSeries(at('ct'));
  const weights = writeThresholdModel(at('model.safetensors'));
  const found = await segmentStructure(volume, { model: await loadModel(weights) });
  await writeSegmentation(at('seg.dcm'), found);
  await writeStructureSet(at('rtstruct.dcm'), found);
  const labels = {
    'seg.dcm': await readMask(at('seg.dcm'), { volume }),
    'rtstruct.dcm': await readMask(at('rtstruct.dcm'), { volume }),
  };
  const before = snapshot(folder.path);
  const slice = join('ct', readdirSync(at('ct'))[0] as string);
  const { size, spacing, origin, direction } = volume;
  const own = { size, spacing, origin, direction, data: new Uint8Array(volume.data.length).fill(1) };
  const source = volume.report?.source as SourceIdentity;
  const force = { overwrite: true };
  const writers = [writeSegmentation, writeReport, writeStructureSet];
  for (const [name, label] of Object.entries(labels)) {
    const classified = await classifyLesions({ volume, mask: label });
    const { liver } = classified;
    const made: DicomFindings[] = [label, { ...label }, classified, { ...classified }, liver as Segmentation];
    for (const findings of made) {
      for (const target of [name, slice, 'ct/new.dcm']) {
        for (const write of writers) {
          await rejection(write(at(target), findings, force), OutputError, 'OUTPUT_IS_INPUT');
        }
      }
    }
    for (const target of ['ct/liver.stl', 'ct/liver.ply']) {
      await rejection(writeMesh(at(target), label, force), OutputError, 'OUTPUT_IS_INPUT');
      await rejection(writeMesh(at(target), classified, force), OutputError, 'OUTPUT_IS_INPUT');
    }
    await rejection(writeMask(at(name), classified, force), OutputError, 'OUTPUT_IS_INPUT');
    await rejection(writeMask(at(name), { ...own, data: liver.mask }, force), OutputError, 'OUTPUT_IS_INPUT');
  }
  await rejection(writeSegmentation(at(slice), { ...own, source }, force), OutputError, 'OUTPUT_IS_INPUT');
  for (const write of writers) {
    await rejection(write(weights, found, force), OutputError, 'OUTPUT_IS_INPUT');
    await rejection(write(weights, { ...found }, force), OutputError, 'OUTPUT_IS_INPUT');
  }
  assert.equal(snapshot(folder.path), before);
  await writeSegmentation(at('again.dcm'), labels['seg.dcm']);
});

test('what was read is known whatever it came through, and wherever the program works later', async ({ folder }) => {
  const { files } = await writeSeries(join(folder.path, 'ct'), makePhantom());
  const scan = join(folder.path, 'scan.nii.gz');
  await writeVolume(scan, makePhantom());
  const [first, ...rest] = files as [string, ...string[]];
  const zip = join(folder.path, 'study.zip');
  await writeFile(zip, makeZip(files.map((file) => ({ name: basename(file), data: readFileSync(file) }))));
  const before = snapshot(folder.path);
  const start = process.cwd();
  process.chdir(folder.path);
  const relative = await Promise.all([readSeries('ct'), readVolume('scan.nii.gz')]).finally(() => process.chdir(start));
  const series: [Volume, string][] = [
    [await readSeries([first, ...rest.map((file) => createReadStream(file))]), rest[2] as string],
    [await readSeries(zip), zip],
    [await readSeries(createReadStream(zip)), zip],
    [relative[0], rest[1] as string],
  ];
  for (const [volume, target] of series) {
    const findings = makeFindings(volume, 1);
    await rejection(writeSegmentation(target, findings, { overwrite: true }), OutputError, 'OUTPUT_IS_INPUT');
  }
  for (const volume of [relative[1], await readVolume(createReadStream(scan))]) {
    await rejection(writeVolume(scan, volume, { overwrite: true }), OutputError, 'OUTPUT_IS_INPUT');
  }
  assert.equal(snapshot(folder.path), before);
});

test("the writers replace hepatica's files, and others with overwrite alone", async ({ folder }) => {
  const phantom = makePhantom();
  const { size, spacing, origin, direction } = phantom;
  const mask = { size, spacing, origin, direction, data: new Uint8Array(phantom.data.length) };
  const model = await loadModel(writeThresholdModel(join(folder.path, 'model.safetensors')));
  const writers: Readonly<Record<string, (path: string, overwrite?: boolean) => Promise<unknown>>> = {
    'a.nii': (path, overwrite = false) => writeVolume(path, phantom, { overwrite }),
    'b.nii.gz': (path, overwrite = false) => writeMask(path, mask, { overwrite }),
    'c.safetensors': (path, overwrite = false) => saveModel(model, path, { overwrite }),
  };
  for (const [name, write] of Object.entries(writers)) {
    const path = join(folder.path, name);
    for (const content of ['', "the user's", 'x'.repeat(1000)]) {
      await writeFile(path, content);
      await rejection(write(path), OutputError, 'OUTPUT_EXISTS');
      assert.is(readFileSync(path, 'utf8'), content);
    }
    await write(path, true);
    await write(path);
  }
});

test("a file of hepatica's that somebody edited is theirs", async ({ folder }) => {
  const phantom = makePhantom();
  const { size, spacing, origin, direction } = phantom;
  const mask = { size, spacing, origin, direction, data: new Uint8Array(phantom.data.length) };
  const edits: Readonly<Record<string, number>> = {
    origin: 268,
    'first voxel': 352,
    'last voxel': 352 + mask.data.length - 1,
  };
  for (const name of ['mask.nii', 'mask.nii.gz']) {
    const path = join(folder.path, name);
    for (const [edit, offset] of Object.entries(edits)) {
      await writeMask(path, mask);
      await writeMask(path, mask);
      const written = readFileSync(path);
      const bytes = name.endsWith('.gz') ? gunzipSync(written) : Buffer.from(written);
      bytes[offset] = (bytes[offset] as number) ^ 1;
      const edited = name.endsWith('.gz') ? gzipSync(bytes) : bytes;
      await writeFile(path, edited);
      await rejection(writeMask(path, mask), OutputError, 'OUTPUT_EXISTS');
      assert.equal(readFileSync(path), edited, edit);
      await writeMask(path, mask, { overwrite: true });
    }
  }
});

test.run();
