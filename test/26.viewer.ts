// A study's way from a PACS through hepatica into a hospital's viewer: Orthanc, the example of docs/dicomweb.md, OHIF.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { kWithoutOhif, ohifFolder } from '../scripts/dicom-tools.mjs';
import {
  classifyLesions,
  type Lesion,
  type LesionClassification,
  readSeries,
  type SourcedMask,
  segmentLiver,
  type Vector3,
  type Volume,
  writeReport,
  writeSegmentation,
} from '../src/index.js';
import { natureOf } from '../src/lesions/lesion-nature.js';
import { positionMm } from '../src/volume/geometry.js';
import { kWithoutChromium, startBrowser } from './support/browser.js';
import { moved } from './support/moved-mask.js';
import { kIndex, kRoot, runNode } from './support/programs.js';
import { unless } from './support/unless.js';
import { type DrawnLabel, drawnSlice } from './support/viewer/drawn.js';
import { type Ohif, serveOhif } from './support/viewer/ohif.js';
import { kWithoutOrthanc, type Orthanc, startOrthanc } from './support/viewer/orthanc.js';
import { openStudy, type Viewer } from './support/viewer/viewer.js';

interface Context {
  orthanc: Orthanc;
  ohif: Ohif;
  browser: Browser;
  viewer: Viewer;
  found: LesionClassification;
}

const kSeries = join(kRoot, 'test/data/phantom/dicom');
const kWithoutArchive = kWithoutOrthanc || (existsSync(kSeries) ? '' : `no ${kSeries} (npm run phantom)`);
const kWithoutViewer = kWithoutArchive || kWithoutOhif || kWithoutChromium;

const test = suite<Context>('a viewer and its archive');
const withArchive = unless(kWithoutArchive, test);
const withViewer = unless(kWithoutViewer, test);

async function sendSeries(orthanc: Orthanc, folder: string): Promise<void> {
  for (const name of readdirSync(folder)) await orthanc.store(readFileSync(join(folder, name)));
}

test.before(async (context) => {
  if (kWithoutArchive) return;
  context.found = await classifyLesions(await segmentLiver(await readSeries(kSeries)));
  context.orthanc = await startOrthanc();
  await sendSeries(context.orthanc, kSeries);
  if (kWithoutViewer) return;
  context.ohif = await serveOhif(ohifFolder(), context.orthanc.url);
  context.browser = await startBrowser();
});
test.after(async ({ browser, ohif, orthanc }) => {
  await browser?.close();
  await ohif?.stop();
  await orthanc?.stop();
});

const studyOf = ({ volume }: LesionClassification) => volume.report?.studyInstanceUid as string;

/** The example of the page as a user has it, but for where hepatica is found. */
function exampleProgram(): string {
  const [, text = ''] = /^```js\n([\s\S]*?)^```$/m.exec(readFileSync(join(kRoot, 'docs/dicomweb.md'), 'utf8')) ?? [];
  return text.replace("from 'hepatica'", `from ${JSON.stringify(kIndex)}`);
}

withArchive(
  'the twenty lines fetch a study, find its lesions, and send SEG and SR back',
  async ({ orthanc, found }: Context) => {
    const work = join(kRoot, 'build/docs');
    mkdirSync(work, { recursive: true });
    const folder = mkdtempSync(join(work, 'dicomweb-'));
    try {
      const program = join(folder, 'liver.mjs');
      writeFileSync(program, exampleProgram());
      // Twice: what came back lies in the study then, and is no image of the scan.
      for (let run = 0; run < 2; run++) {
        const { exitCode, stderr } = await runNode(['--import', 'tsx', program, orthanc.dicomWeb, studyOf(found)]);
        assert.is(exitCode, 0, stderr);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
    for (const [modality, write] of [
      ['SEG', writeSegmentation],
      ['SR', writeReport],
    ] as const) {
      const sent = await orthanc.list(studyOf(found), modality);
      const { data, sopInstanceUid } = await write(null, found);
      assert.equal(
        sent.map((instance) => instance.sopInstanceUid),
        [sopInstanceUid],
      );
      assert.ok(sent[0]?.bytes.equals(data), `${modality} came back as it was sent`);
    }
  },
);

/** Of each voxel of a slice. */
function expectedLabels({ mask, liver, lesions, size }: LesionClassification, z: number): DrawnLabel[] {
  const kinds = new Map(lesions.map((lesion) => [lesion.id, natureOf(lesion)] as const));
  const pixels = size[0] * size[1];
  return Array.from({ length: pixels }, (_, pixel) => {
    const voxel = z * pixels + pixel;
    return kinds.get(mask[voxel] as number) ?? (liver.mask[voxel] ? 'structure' : 'none');
  });
}

/** The share of a slice's segmented voxels that are drawn as something else, or drawn and not segmented. */
async function shareDrawnWrong(viewer: Viewer, found: LesionClassification, z: number): Promise<number> {
  const { labels, likeness } = await drawnSlice(viewer, found.volume, z);
  assert.ok(likeness > 0.995, `slice ${z}: the picture follows the scan by r = ${likeness}`);
  const expected = expectedLabels(found, z);
  const wrong = labels.filter((label, pixel) => label !== expected[pixel]).length;
  return wrong / expected.filter((label) => label !== 'none').length;
}

/** Those where a lesion is largest, and the liver's first and last. */
const slicesToLookAt = ({ lesions, liver }: LesionClassification) =>
  [
    ...new Set([...lesions.map(({ diameterSlice }) => diameterSlice), liver.slices[0], liver.slices.at(-1)]),
  ] as number[];

withViewer('OHIF draws liver and lesions on the anatomy, voxel by voxel', async (context: Context) => {
  const { browser, ohif, orthanc, found } = context;
  const { size, spacing, origin, direction, liver } = found;
  const source = found.volume.report?.source as SourcedMask['source'];
  const written = [await writeSegmentation(null, found), await writeReport(null, found)];
  const shifted = await Promise.all(
    (['x', 'z'] as const).map(async (how) => {
      const data = moved(liver.mask, size, how);
      return writeSegmentation(null, { size, spacing, origin, direction, source, data });
    }),
  );
  for (const { data } of [...written, ...shifted]) await orthanc.store(data);
  const viewer = await openStudy(browser, ohif.url, studyOf(found));
  context.viewer = viewer;
  await viewer.openSegmentation(written[0]?.seriesInstanceUid as string);
  const slices = slicesToLookAt(found);
  assert.ok(slices.length > 5 && found.lesions.length > 5, 'there is something to see');
  for (const z of slices) {
    const share = await shareDrawnWrong(viewer, found, z);
    assert.ok(share < 0.002, `slice ${z}: ${(100 * share).toFixed(2)} % are drawn wrong`);
  }
  // A test of the test: the same liver, a pixel and a slice off.
  for (const { seriesInstanceUid } of shifted) {
    await viewer.openSegmentation(seriesInstanceUid);
    const bare = { ...found, lesions: [] };
    const share = await shareDrawnWrong(viewer, bare, found.lesions[0]?.diameterSlice as number);
    assert.ok(share > 0.01, `${(100 * share).toFixed(2)} % are drawn wrong of what was shifted`);
  }
  assert.equal(viewer.errors, []);
});

const kScan = join(process.env.HEPATICA_SHARED ?? join(kRoot, '../shared'), 'data/dicom/hcc-a10w');

withViewer('OHIF draws those of a real scan', async ({ browser, ohif, orthanc }: Context) => {
  if (!existsSync(kScan)) return void console.log(`skipped: no ${kScan}`);
  const found = await classifyLesions(await segmentLiver(await readSeries(kScan)));
  await sendSeries(orthanc, kScan);
  const segmentation = await writeSegmentation(null, found);
  await orthanc.store(segmentation.data);
  const viewer = await openStudy(browser, ohif.url, studyOf(found));
  await viewer.openSegmentation(segmentation.seriesInstanceUid);
  for (const z of slicesToLookAt(found).slice(0, 3)) {
    const share = await shareDrawnWrong(viewer, found, z);
    assert.ok(share < 0.002, `slice ${z}: ${(100 * share).toFixed(2)} % are drawn wrong`);
  }
  await viewer.close();
});

/** Volume and long axis (`L`), as OHIF writes what stands in the report. */
const textOf = (lesion: Lesion): string[] => [
  `Volume: ${Number(lesion.volumeMl.toFixed(3)).toFixed(2)} ml`,
  `L: : ${Number(lesion.diameterMm.toFixed(1)).toFixed(2)} mm`,
];

/** Upper left and lower right of a box of pixels in mm; `box`: first and last pixel inside. */
function cornersOf(volume: Volume, { slice, box }: Lesion['slices'][number]): Vector3[] {
  const [[x0, y0], [x1, y1]] = [box.min, box.max];
  return [positionMm(volume, [x0 - 0.5, y0 - 0.5, slice]), positionMm(volume, [x1 + 0.5, y1 + 0.5, slice])];
}

withViewer(
  'OHIF opens the report: what was measured stands beside the box of each lesion',
  async (context: Context) => {
    const { viewer, found } = context;
    const report = await writeReport(null, found);
    await viewer.open(report.seriesInstanceUid);
    await viewer.region([`Volume: ${Number(found.liver.volumeMl.toFixed(1)).toFixed(2)} ml`]);
    for (const lesion of found.lesions) {
      await viewer.next();
      const { points } = await viewer.region(textOf(lesion));
      const largest = lesion.slices.find(({ slice }) => slice === lesion.diameterSlice) as Lesion['slices'][number];
      const expected = await viewer.place(cornersOf(found.volume, largest));
      for (const [index, corner] of [points[0], points[2]].entries()) {
        const [x, y] = expected[index] as [number, number];
        const distance = Math.hypot((corner?.[0] ?? 0) - x, (corner?.[1] ?? 0) - y);
        assert.ok(distance < 1, `lesion ${lesion.id}: a corner is ${distance} pixels of the picture off`);
      }
    }
    assert.equal(viewer.errors, []);
  },
);

test.run();
