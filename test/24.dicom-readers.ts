// Other people's tools read the masks in written objects back on the series that they were made on. Each tool has an
// environment of its own (node scripts/dicom-tools.mjs); without it its tests are skipped.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { modulesOf, pythonOf, toolOf } from '../scripts/dicom-tools.mjs';
import {
  type DicomFindings,
  type LesionClassification,
  readSeries,
  type SourcedMask,
  writeReport,
  writeSegmentation,
  writeSeries,
  writeStructureSet,
} from '../src/index.js';
import { makeFindings } from './support/dicom-findings.js';
import { moved } from './support/moved-mask.js';
import { makeFolder } from './support/programs.js';
import { makePhantom } from './support/volumes.js';

const test = suite<{ folder: string; remove: () => void }>('DICOM readers');
test.before.each((context) => {
  const { path, remove } = makeFolder();
  Object.assign(context, { folder: path, remove });
});
test.after.each(({ remove }) => remove());

const digestOf = (mask: Uint8Array) => createHash('sha256').update(mask).digest('hex');
const readerOf = (name: string) => fileURLToPath(new URL(`support/dicom-readers/${name}`, import.meta.url));

function run(program: string, ...args: string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

interface Reader {
  readonly write: typeof writeSegmentation;
  readonly available: boolean;
  /** Not ITK, to which they are no images, nor rt-utils, which takes the first slice's place for that of all. */
  readonly readsTilted: boolean;
  /** rt-utils swaps rows and columns of images that are not square; adapters 5.14 refuse pixels with a byte of padding. */
  readonly size: readonly [number, number, number];
  /** A digest a segment, in order; `scratch`: an empty folder. */
  read(file: string, series: string, scratch: string): string[];
}

/** Of NIfTI masks, which SimpleITK puts on the images. */
function digestsOnSeries(folder: string, series: string): string[] {
  const script = readerOf('read_nifti_on_series.py');
  const segments: { sha256: string }[] = JSON.parse(run(pythonOf('simpleitk') as string, script, folder, series));
  return segments.map(({ sha256 }) => sha256);
}

/** What a program made for browsers misses in Node, and parts of it made for Node in a module. */
const kBrowserBanner = `
import { createRequire as requireFrom } from 'node:module';
const require = requireFrom(import.meta.url);
globalThis.window = globalThis.self = globalThis;
`;

const kReaders: Readonly<Record<string, Reader>> = {
  highdicom: {
    write: writeSegmentation,
    available: pythonOf('highdicom') !== null,
    readsTilted: true,
    size: [37, 29, 9],
    read(file, series) {
      const script = readerOf('read_highdicom.py');
      const segments: { byReference: string; byPosition: string; type: string; trackingUid: string }[] = JSON.parse(
        run(pythonOf('highdicom') as string, script, file, series),
      );
      assert.is(new Set(segments.map(({ trackingUid }) => trackingUid)).size, segments.length);
      assert.is(segments[0]?.type, '10200004');
      for (const { byReference, byPosition } of segments) assert.is(byReference, byPosition);
      return segments.map(({ byReference }) => byReference);
    },
  },
  'dcmqi and SimpleITK': {
    write: writeSegmentation,
    available: pythonOf('dcmqi') !== null && pythonOf('simpleitk') !== null,
    readsTilted: false,
    size: [37, 29, 9],
    read(file, series, scratch) {
      const convert = toolOf('dcmqi', 'segimage2itkimage') as string;
      run(convert, '--inputDICOM', file, '--outputDirectory', scratch, '--outputType', 'nii', '--prefix', 's');
      return digestsOnSeries(scratch, series);
    },
  },
  plastimatch: {
    write: writeStructureSet as typeof writeSegmentation,
    available: spawnSync('plastimatch', ['--version']).error === undefined && pythonOf('simpleitk') !== null,
    readsTilted: false,
    size: [37, 29, 9],
    read(file, series, scratch) {
      const to = ['--output-prefix', scratch, '--prefix-format', 'nii.gz', '--prune-empty'];
      run('plastimatch', 'convert', '--input', file, '--referenced-ct', series, ...to);
      return digestsOnSeries(scratch, series);
    },
  },
  dcmjs: {
    write: writeSegmentation,
    available: modulesOf('dcmjs') !== null,
    readsTilted: true,
    size: [37, 29, 9],
    read(file, series) {
      return JSON.parse(run(process.execPath, readerOf('read_dcmjs.mjs'), modulesOf('dcmjs') as string, file, series));
    },
  },
  '@cornerstonejs/adapters': {
    write: writeSegmentation,
    available: modulesOf('cornerstone') !== null,
    readsTilted: true,
    size: [40, 32, 9],
    read(file, series, scratch) {
      const program = join(scratch, 'read.mjs');
      buildSync({
        entryPoints: [readerOf('read_cornerstone.mjs')],
        outfile: program,
        bundle: true,
        platform: 'node',
        format: 'esm',
        nodePaths: [modulesOf('cornerstone') as string],
        banner: { js: kBrowserBanner },
        logLevel: 'error',
      });
      return JSON.parse(run(process.execPath, program, file, series));
    },
  },
  'rt-utils': {
    write: writeStructureSet as typeof writeSegmentation,
    available: pythonOf('rt-utils') !== null,
    readsTilted: false,
    size: [37, 37, 9],
    read(file, series) {
      const script = readerOf('read_rt_utils.py');
      const regions: { sha256: string }[] = JSON.parse(run(pythonOf('rt-utils') as string, script, file, series));
      return regions.map(({ sha256 }) => sha256);
    },
  },
};

const kGeometries = {
  axial: {},
  oblique: { direction: [0.96, -0.28, 0, 0.28, 0.96, 0, 0, 0, 1] },
  tilted: { direction: [1, 0, 0, 0, 1, 0.25, 0, 0, Math.sqrt(1 - 0.25 ** 2)] },
};

async function findingsIn(
  folder: string,
  { size }: Reader,
  geometry: object,
  lesions: number,
): Promise<LesionClassification> {
  await writeSeries(join(folder, 'ct'), { ...makePhantom({ size }), ...geometry });
  return makeFindings(await readSeries(join(folder, 'ct')), lesions);
}

async function readBack(reader: Reader, folder: string, name: string, findings: DicomFindings): Promise<string[]> {
  const scratch = join(folder, `${name}-scratch`);
  mkdirSync(scratch);
  const { file } = await reader.write(join(folder, `${name}.dcm`), findings);
  return reader.read(file, join(folder, 'ct'), scratch);
}

for (const [name, reader] of Object.entries(kReaders)) {
  const withTool = reader.available ? test : test.skip;
  for (const [kind, geometry] of Object.entries(kGeometries)) {
    if (kind === 'tilted' && !reader.readsTilted) continue;
    withTool(`${name} read back the identical masks of a series: ${kind}`, async ({ folder }) => {
      const findings = await findingsIn(folder, reader, geometry, 2);
      const lesions = [1, 2].map((id) => findings.mask.map((value) => Number(value === id)));
      // Segments share no voxel; a contour holds what lies in it.
      const rest = (value: number, index: number) => (findings.mask[index] === 0 ? value : 0);
      const liver = reader.write === writeSegmentation ? findings.liver.mask.map(rest) : findings.liver.mask;
      const expected = [liver, ...lesions].map(digestOf);
      assert.equal(await readBack(reader, folder, 'object', findings), expected);
    });
  }

  withTool(`${name} tell a mask that is a pixel or a slice off, or mirrored`, async ({ folder }) => {
    const findings = await findingsIn(folder, reader, {}, 0);
    const { size, spacing, origin, direction, volume, liver } = findings;
    const source = volume.report?.source as SourcedMask['source'];
    for (const how of ['x', 'z', 'mirrored'] as const) {
      const data = moved(liver.mask, size, how);
      const read = await readBack(reader, folder, how, { size, spacing, origin, direction, source, data });
      assert.is.not(read[0], digestOf(liver.mask), how);
      assert.is(read[0], digestOf(data), how);
    }
  });
}

const withHighdicom = pythonOf('highdicom') === null ? test.skip : test;
withHighdicom('highdicom finds in the report what was measured in each segment, and the boxes', async ({ folder }) => {
  const findings = await findingsIn(folder, kReaders.highdicom as Reader, {}, 2);
  const python = pythonOf('highdicom') as string;
  const { file } = await writeReport(join(folder, 'sr.dcm'), findings);
  const report: {
    volumes: { trackingUid: string; finding: string; site: string; measurements: [string, number, string][] }[];
    boxes: { trackingUid: string; points: number[][]; image: string }[];
  } = JSON.parse(run(python, readerOf('read_highdicom_report.py'), file));
  const seg = await writeSegmentation(join(folder, 'seg.dcm'), findings);
  const segments: { trackingUid: string }[] = JSON.parse(
    run(python, readerOf('read_highdicom.py'), seg.file, join(folder, 'ct')),
  );
  assert.equal(
    report.volumes.map(({ trackingUid }) => trackingUid),
    segments.map(({ trackingUid }) => trackingUid),
  );
  assert.equal(
    report.volumes.map(({ finding, site }) => [finding, site]),
    ['10200004', '109841003', '85057007'].map((finding) => [finding, '10200004']),
  );
  assert.equal(report.volumes[1]?.measurements, [
    ['118565006', 1.25, 'ml'],
    ['103339001', 14.5, 'mm'],
    ['103340004', 9.2, 'mm'],
    ['SURFACEDISTANCE', 3.5, 'mm'],
    ['112031', 61.5, "[hnsf'U]"],
    ['112031', 12.2, "[hnsf'U]"],
    ['111012', 90, '%'],
    ['111047', 80, '%'],
  ]);
  // The liver where it is largest, the first lesion in three slices, that with its diameter before the others.
  const { slices = [] } = findings.volume.report ?? {};
  assert.equal(
    report.boxes.map(({ trackingUid, image }) => [
      segments.findIndex((segment) => segment.trackingUid === trackingUid),
      slices.findIndex(({ sopInstanceUid }) => sopInstanceUid === image),
    ]),
    [
      [0, 7],
      [1, 4],
      [1, 3],
      [1, 5],
      [2, 5],
    ],
  );
  const corners = ([x0, y0]: readonly number[], [x1, y1]: readonly number[]) => [
    [x0, y0],
    [x1, y0],
    [x1, y1],
    [x0, y1],
    [x0, y0],
  ];
  assert.equal(report.boxes[0]?.points, corners([4, 5], [27, 22]));
  assert.equal(report.boxes[4]?.points, corners([12, 14], [14, 19]));
});

test.run();
