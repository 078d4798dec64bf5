import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type LesionClassification, type Matrix3, renderReportPage, type Vector3 } from '../src/index.js';
import { unpackHu } from '../src/page/browser/unpack.js';
import { chooseRegion, describeRegion, gridOfRegion } from '../src/page/region.js';
import { packHu, shownHu, shownLabels } from '../src/page/voxels.js';
import { positionMm } from '../src/volume/geometry.js';
import { kWithoutChromium, type OpenedPage, openFile, startBrowser } from './support/browser.js';
import { type Box, kBody, kLesionBoxes, makePagePhantom } from './support/page-phantom.js';
import { pixelsOf } from './support/pictures.js';
import { makeFolder } from './support/programs.js';
import { unless } from './support/unless.js';

const test = suite<{ browser: Browser; folder: ReturnType<typeof makeFolder> }>('the page of a result, in a browser');
const inBrowser = unless(kWithoutChromium, test);

test.before(async (context) => {
  context.folder = makeFolder();
  if (!kWithoutChromium) context.browser = await startBrowser();
});
test.after(async ({ browser, folder }) => {
  await browser?.close();
  folder.remove();
});

type Context = { readonly browser: Browser; readonly folder: { readonly path: string } };

let pages = 0;
async function show({ browser, folder }: Context, found: LesionClassification, view = {}): Promise<OpenedPage> {
  const path = join(folder.path, `${pages++}.html`);
  await writeFile(path, await renderReportPage(found, { title: 'phantom' }));
  return openFile(browser, path, view);
}

/** Flipped from left to right and from head to foot, as some scanners and converters leave it. */
const kFlipped: Matrix3 = [-1, 0, 0, 0, 1, 0, 0, 0, -1];

/** Turned by 25° around the body's axis, then tipped by 15°. */
const kOblique: Matrix3 = (() => {
  const [c, s, e, f] = [Math.cos(0.436), Math.sin(0.436), Math.cos(0.262), Math.sin(0.262)];
  return [c, -s, 0, e * s, e * c, -f, f * s, f * c, e];
})();

/** What radiologists are used to: where the picture's right and its lower edge lie, LPS. */
const kScreen = {
  axial: { right: [1, 0, 0], down: [0, 1, 0] },
  coronal: { right: [1, 0, 0], down: [0, 0, -1] },
  sagittal: { right: [0, 1, 0], down: [0, 0, -1] },
} as const;
const kViews = ['axial', 'coronal', 'sagittal'] as const;

/** From where to where a box reaches, as fractions of the body's extent along a direction of the picture. */
function expectedExtent(box: Box, direction: Matrix3, towards: readonly number[]): [number, number] {
  const along = [0, 1, 2].map((axis) =>
    towards.reduce((sum, part, row) => sum + part * (direction[3 * row + axis] as number), 0),
  );
  const axis = along.reduce((best, one, index) => (Math.abs(one) > Math.abs(along[best] as number) ? index : best), 0);
  const [first, last] = [kBody.min[axis] as number, kBody.max[axis] as number];
  const at = (voxel: number) => (voxel - first) / (last + 1 - first);
  const [from, to] = [at(box.min[axis] as number), at((box.max[axis] as number) + 1)];
  return (along[axis] as number) > 0 ? [from, to] : [1 - to, 1 - from];
}

type Extent = readonly [from: number, to: number];

function extentOf(counts: readonly number[], least: number): Extent {
  return [counts.findIndex((count) => count >= least), counts.findLastIndex((count) => count >= least) + 1];
}

/** Of the pixels of a colour, along x and y; `share`: of the fullest column or row, which leaves out texts. */
function extents(
  picture: Awaited<ReturnType<typeof pixelsOf>>,
  share: number,
  is: (r: number, g: number, b: number) => boolean,
) {
  const { width, height, data } = picture;
  const [columns, rows] = [new Array<number>(width).fill(0), new Array<number>(height).fill(0)];
  for (let i = 0; i < width * height; i++) {
    if (!is(data[4 * i] as number, data[4 * i + 1] as number, data[4 * i + 2] as number)) continue;
    columns[i % width] = (columns[i % width] as number) + 1;
    rows[Math.floor(i / width)] = (rows[Math.floor(i / width)] as number) + 1;
  }
  const least = (counts: readonly number[]) => Math.max(1, share * Math.max(...counts));
  return { x: extentOf(columns, least(columns)), y: extentOf(rows, least(rows)) };
}

/** Where the red outline lies in a view, as fractions of the grey body's extent. */
async function measure({ page }: OpenedPage, view: (typeof kViews)[number]) {
  await page.click(`[data-view=${view}]`);
  await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))');
  const picture = await pixelsOf(await page.locator('#planes').screenshot());
  const body = extents(picture, 0.4, (r, g, b) => r > 90 && r < 170 && Math.abs(r - g) < 12 && Math.abs(g - b) < 12);
  const outline = extents(picture, 0, (r, g, b) => r > 200 && g < 90 && b < 90);
  const within = (of: Extent, [from, to]: Extent): Extent => [
    (of[0] - from) / (to - from),
    (of[1] - from) / (to - from),
  ];
  return { right: within(outline.x, body.x), down: within(outline.y, body.y) };
}

/** The furthest that the outline is from where the document has the lesion, in voxels, over all planes. */
async function outlineIsOffBy(opened: OpenedPage, direction: Matrix3): Promise<Record<string, number>> {
  const off: Record<string, number> = {};
  for (const view of kViews) {
    const measured = await measure(opened, view);
    for (const side of ['right', 'down'] as const) {
      const expected = expectedExtent(kLesionBoxes[0] as Box, direction, kScreen[view][side]);
      const length = expectedExtent({ min: [0, 0, 0], max: [0, 0, 0] }, direction, kScreen[view][side]);
      const voxels = 1 / Math.abs(length[1] - length[0]);
      const distance = Math.max(
        ...[0, 1].map((end) => Math.abs((expected[end] as number) - (measured[side][end] as number))),
      );
      off[`${view} ${side}`] = distance * voxels;
    }
  }
  return off;
}

test('HU come out of the page as they went in', async () => {
  const hu = Int16Array.from([0, -1024, 3071, -32768, 32767, -32768, 1, 2, 2, 2]);
  assert.equal(await unpackHu(await packHu(hu)), hu);
});

test('what a page holds of a scan: all, its slices with the liver, the box around it, or that in fewer pixels', async () => {
  const grid = { size: [40, 40, 40], spacing: [10, 10, 10], origin: [5, -5, 0], direction: kFlipped } as const;
  const liver: Box = { min: [10, 10, 10], max: [19, 19, 19] };
  const region = (voxels: number) => chooseRegion(grid, liver, voxels);
  assert.is(describeRegion(grid, region(64_000)), '');
  assert.equal(region(63_999), { first: [0, 0, 7], step: [1, 1, 1], size: [40, 40, 16] });
  assert.equal(region(40 * 40 * 16 - 1), { first: [7, 7, 7], step: [1, 1, 1], size: [16, 16, 16] });
  const reduced = region(16 ** 3 - 1);
  assert.equal(reduced, { first: [7, 7, 7], step: [2, 2, 1], size: [8, 8, 16] });
  assert.is(
    describeRegion(grid, reduced),
    "slices 7 to 22 of 0 to 39, 16 × 16 of 40 × 40 pixels, each of the page's pixels the mean of 2 × 2",
  );
  const shown = gridOfRegion(grid, reduced);
  assert.equal(
    [shown.size, shown.spacing],
    [
      [8, 8, 16],
      [20, 20, 10],
    ],
  );
  assert.equal(shown.origin, positionMm(grid, [7.5, 7.5, 7]), 'a pixel lies in the middle of those that it stands for');
  const whole = chooseRegion(grid, null, 20 * 20 * 40);
  assert.equal(whole, { first: [0, 0, 0], step: [2, 2, 1], size: [20, 20, 40] }, 'without a liver all is shown');
  const data = Int16Array.from({ length: 40 ** 3 }, (_, index) => index % 40);
  assert.is((await shownHu(data, grid.size, reduced))[1], 10, 'the mean of 9 and 10, rounded');
  const structure = Uint8Array.from(data, (x) => (x >= 10 ? 1 : 0));
  const lesions = Uint8Array.from(data, (x) => (x >= 12 ? 3 : 0));
  const labels = await shownLabels({ structure, lesions }, grid.size, reduced);
  assert.equal(
    Array.from(labels.subarray(0, 8)),
    [0, 1, 4, 4, 4, 4, 4, 4],
    'half of a pixel is enough, and of two halves the lesion',
  );
});

for (const [name, direction] of [
  ['flipped', kFlipped],
  ['oblique', kOblique],
] as const) {
  inBrowser(
    `of a scan that lies ${name}: the outline lies where the document says, in three planes`,
    async (context: Context) => {
      const opened = await show(context, makePagePhantom({ direction }));
      assert.is(await opened.page.getAttribute('html', 'data-state'), 'ready');
      const off = await outlineIsOffBy(opened, direction);
      for (const [where, voxels] of Object.entries(off)) assert.ok(voxels < 0.5, `${where}: off by ${voxels} voxels`);
      assert.equal(opened.requests, [], 'nothing is asked for');
      assert.equal(opened.complaints, []);
      await opened.close();
    },
  );
}

inBrowser('in space, seen from the front, the lesions lie as in the coronal plane', async (context: Context) => {
  const opened = await show(context, makePagePhantom({ direction: kFlipped }));
  const { page } = opened;
  await page.waitForSelector('html[data-space]', { timeout: 120_000 });
  assert.is(await page.getAttribute('html', 'data-space'), 'ready');
  await page.click('[data-view=space]');
  await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))');
  const picture = await pixelsOf(await page.locator('#space').screenshot());
  const [red, green] = [
    extents(picture, 0, (r, g, b) => r > 90 && r > 1.8 * g && r > 1.8 * b),
    extents(picture, 0, (r, g, b) => g > 70 && g > 1.5 * r && g > 1.5 * b),
  ];
  for (const { x, y } of [red, green]) assert.ok(x[1] - x[0] > 20 && y[1] - y[0] > 20, 'both are seen');
  // This scan counts from the patient's left to the right, and from head to foot: the second lesion is further right, and
  // further up.
  const [first, second] = kLesionBoxes as [Box, Box];
  assert.ok(first.max[0] < second.min[0] && red.x[0] > green.x[1], 'the patient’s right lies left');
  assert.ok(first.min[2] > second.max[2] && red.y[0] > green.y[1], 'the head is up');
  assert.equal([opened.requests, opened.complaints], [[], []]);
  await opened.close();
});

inBrowser('a mask that lies a voxel beside is seen in each plane', async (context: Context) => {
  const shift: Vector3 = [1, -1, 1];
  const opened = await show(context, makePagePhantom({ direction: kOblique, shift }));
  const off = await outlineIsOffBy(opened, kOblique);
  for (const [where, voxels] of Object.entries(off)) assert.ok(voxels > 0.5, `${where}: off by ${voxels} voxels`);
  await opened.close();
});

inBrowser('lines of the table and keys lead to the lesions; numbers can be copied', async (context: Context) => {
  const opened = await show(context, makePagePhantom({ direction: kFlipped }));
  const { page } = opened;
  const voxel = () => page.getAttribute('#place', 'data-voxel');
  assert.is(await voxel(), '26,34,27', 'the first lesion is shown');
  await page.click('tr[data-lesion="2"] td');
  assert.is(await voxel(), '41,46,19');
  assert.match(
    (await page.textContent('#place')) as string,
    /^40 HU · voxel 41, 46, 19 · R 131\.5 P 109\.0 I 367\.0 mm$/,
  );
  assert.is(await page.getAttribute('tr[data-lesion="2"]', 'aria-current'), 'true');
  await page.keyboard.press('n');
  assert.is(await voxel(), '26,34,27');
  await page.keyboard.press('ArrowUp');
  assert.is(await voxel(), '26,34,26', 'towards the head, which is towards the first slice here');
  await page.focus('tr[data-lesion="2"]');
  await page.keyboard.press('Enter');
  assert.is(await voxel(), '41,46,19');
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.click('#copy');
  await page.locator('#copy', { hasText: 'Copied' }).waitFor();
  const copied = await page.evaluate<string>('navigator.clipboard.readText()');
  assert.match(copied, /^Lesion\tType\tP\(CYS\).*\n1\tHepatocellular carcinoma \(HCC\)\t2 %\t8 %\t70 %\t20 %\t90 %/);
  assert.match(copied, /21\.4 × 11\.2\t1\.25\t62 ± 12/);
  assert.match(copied, /62 ± 12\tmeasurable\tright anterior, about VIII\t4\t/);
  assert.equal(opened.complaints, []);
  await opened.close();
});

inBrowser('texts of the scan are shown as texts, whatever they hold', async (context: Context) => {
  const texts = {
    description: '</title></script><script>alert("series")</script>',
    patient: '"><img src=x onerror=alert("patient")>\u0000',
    warning: '<b onclick=alert(1)>&amp;</b>',
  };
  const path = join(context.folder.path, 'hostile.html');
  await writeFile(path, await renderReportPage(makePagePhantom({ texts })));
  const opened = await openFile(context.browser, path);
  const { page } = opened;
  assert.is(await page.getAttribute('html', 'data-state'), 'ready');
  assert.is(await page.textContent('h1'), texts.description);
  assert.is(await page.title(), texts.description);
  assert.ok((await page.textContent('.facts'))?.includes(texts.patient.replace('\0', '\ufffd')));
  assert.ok((await page.textContent('.notes li'))?.startsWith(texts.warning));
  assert.is(await page.locator('img, .notes b').count(), 0);
  assert.match((await page.textContent('.verdict')) as string, /^Doubtful result/);
  assert.equal([opened.requests, opened.complaints], [[], []]);
  await opened.close();
});

inBrowser(
  'on a telephone nothing is wider than the screen, and what it is for stays in sight',
  async (context: Context) => {
    const opened = await show(context, makePagePhantom(), { width: 390, height: 800 });
    const { page } = opened;
    assert.ok((await page.evaluate<number>('document.documentElement.scrollWidth')) <= 390);
    await page.evaluate('scrollTo(0, document.body.scrollHeight)');
    assert.is((await page.locator('header').boundingBox())?.y, 0);
    assert.match((await page.textContent('header')) as string, /^For research use only\. Not a medical device\./);
    const card = await page.locator('tr[data-lesion="1"]').boundingBox();
    assert.ok(card && card.width <= 390 && card.height > 100, 'a line has become a card');
    await page.click('tr[data-lesion="2"]');
    assert.is(await page.getAttribute('#place', 'data-voxel'), '41,46,19');
    const viewer = await page.locator('#viewer').boundingBox();
    assert.ok(viewer && viewer.y >= 0 && viewer.y < 100, 'a card leads to the picture');
    await opened.close();
  },
);

inBrowser(
  '400 slices open within seconds: the liver and its surroundings, which the page says',
  async (context: Context) => {
    const size: Vector3 = [512, 512, 400];
    const [spacing, origin, direction] = [
      [0.75, 0.75, 0.8],
      [0, 0, 0],
      [1, 0, 0, 0, 1, 0, 0, 0, 1],
    ] as const;
    const grid = { size, spacing, origin, direction } as const;
    const slice = size[0] * size[1];
    const volume = { ...grid, data: new Int16Array(slice * size[2]), report: null, warnings: [] };
    // Noise, which packs as a scan's does.
    for (let i = 0, seed = 1; i < slice; i++) {
      seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
      volume.data[i] = 60 + (seed >> 27);
    }
    for (let z = 1; z < size[2]; z++) volume.data.copyWithin(z * slice + z, 0, slice - z);
    const mask = new Uint8Array(volume.data.length);
    const boundingBox: Box = { min: [60, 100, 80], max: [380, 400, 310] };
    mask[200 * slice + 200 * size[0] + 200] = 1;
    const { lesions: _, ...phantom } = makePagePhantom();
    const liver = { ...phantom.liver, ...grid, mask, boundingBox };
    const found = { ...phantom, ...grid, volume, mask, liver, lesions: [] } as unknown as LesionClassification;
    const opened = await show(context, found);
    assert.is(await opened.page.getAttribute('html', 'data-state'), 'ready');
    assert.match(
      (await opened.page.textContent('.facts')) as string,
      /This page holds: slices 48 to 342 of 0 to 399, /,
    );
    const bytes = (await readFile(join(context.folder.path, `${pages - 1}.html`))).length;
    console.log(
      `400 slices: ${(bytes / 1e6).toFixed(0)} MB, open after ${(opened.openedMs / 1000).toFixed(1)} s in software WebGL`,
    );
    assert.ok(bytes < 64e6, `${bytes} bytes`);
    assert.ok(opened.openedMs < 60_000, `${opened.openedMs} ms`);
    assert.equal([opened.requests, opened.complaints], [[], []]);
    await opened.close();
  },
);

test.run();
