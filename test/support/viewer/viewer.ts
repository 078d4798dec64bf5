// OHIF in a browser, as a person uses it: series are opened by a double click in its list. What is drawn is read from
// the picture; the viewer's own objects (it leaves them on its window) only tell when it is done, and where on the picture
// a point of the patient lies.
import type { Browser, Page } from 'playwright-core';
import type { Vector3 } from '../../../src/index.js';
import { pixelsOf } from '../pictures.js';

const kPatienceMs = 90_000;

interface Viewport {
  readonly canvas: { toDataURL(): string };
  getImageIds(): string[];
  setImageIdIndex(index: number): Promise<unknown>;
  setProperties(properties: object): void;
  resetCamera(): void;
  render(): void;
  worldToCanvas(point: readonly number[]): [number, number];
}
interface DisplaySet {
  readonly displaySetInstanceUID: string;
  readonly SeriesInstanceUID: string;
}
interface ViewerWindow {
  readonly cornerstone: { getEnabledElements(): { viewport: Viewport; viewportId: string }[] };
  readonly services: {
    readonly displaySetService: { getActiveDisplaySets(): DisplaySet[] };
    readonly segmentationService: {
      getSegmentationRepresentations(viewport: string): { readonly segmentationId: string }[];
    };
  };
  readonly localStorage: { setItem(name: string, value: string): void };
}
declare const window: ViewerWindow;

export interface Viewer {
  readonly page: Page;
  /** Uncaught errors of its page. */
  readonly errors: readonly string[];
  /** Opens a series, and waits until it stands in the viewport. */
  open(seriesInstanceUid: string): Promise<void>;
  openSegmentation(seriesInstanceUid: string): Promise<void>;
  /** The picture of an image of the series, in a window of HU. */
  draw(sopInstanceUid: string, hu: readonly [number, number]): ReturnType<typeof pixelsOf>;
  /** The region of a report, drawn with these lines of text beside it: its corners on the picture. */
  region(lines: readonly string[]): Promise<{ readonly points: readonly [number, number][] }>;
  /** To the next group of a report. */
  next(): Promise<void>;
  /** Where points of the patient (mm, LPS) lie on the picture. */
  place(points: readonly Vector3[]): Promise<[number, number][]>;
  close(): Promise<void>;
}

class OhifViewer implements Viewer {
  readonly errors: string[] = [];

  constructor(readonly page: Page) {
    page.on('pageerror', (error) => this.errors.push(String(error)));
  }

  async open(seriesInstanceUid: string): Promise<void> {
    const uid = await this.displaySetOf(seriesInstanceUid);
    await this.page.locator(`[id="thumbnail-${uid}"]`).dblclick({ timeout: kPatienceMs });
  }

  async openSegmentation(seriesInstanceUid: string): Promise<void> {
    await this.open(seriesInstanceUid);
    const isShown = ([uid]: readonly string[]) => {
      const { services, cornerstone } = window;
      const [element] = cornerstone.getEnabledElements();
      const shown = services.segmentationService.getSegmentationRepresentations(element?.viewportId ?? '');
      return shown.length === 1 && shown[0]?.segmentationId === uid;
    };
    const uid = await this.displaySetOf(seriesInstanceUid);
    await this.page.waitForFunction(isShown, [uid], { timeout: kPatienceMs });
    await this.stillPicture();
  }

  async draw(sopInstanceUid: string, [lower, upper]: readonly [number, number]) {
    await this.page.evaluate(
      async ([instance, voiRange]) => {
        const viewport = window.cornerstone.getEnabledElements()[0]?.viewport as Viewport;
        await viewport.setImageIdIndex(viewport.getImageIds().findIndex((id) => id.includes(`/${instance}/`)));
        viewport.setProperties({ voiRange });
        viewport.resetCamera();
        viewport.render();
      },
      [sopInstanceUid, { lower, upper }] as const,
    );
    return pixelsOf(await this.stillPicture());
  }

  async region(lines: readonly string[]) {
    const layer = this.page.locator('svg.svg-layer');
    const groups = layer.locator('[data-annotation-uid]');
    const wanted = lines.reduce((found, hasText) => found.filter({ hasText }), groups);
    await wanted.waitFor({ timeout: kPatienceMs });
    // Each group has its outline, in the same order.
    const uid = await wanted.getAttribute('data-annotation-uid');
    const uids = await groups.evaluateAll((all) => all.map((one) => one.getAttribute('data-annotation-uid')));
    const outline = layer.locator('polyline').nth(uids.indexOf(uid));
    const numbers = ((await outline.getAttribute('points')) ?? '').match(/[\d.-]+/g)?.map(Number) ?? [];
    const points = Array.from({ length: numbers.length / 2 }, (_, i) => numbers.slice(2 * i, 2 * i + 2));
    return { points: points as [number, number][] };
  }

  async next(): Promise<void> {
    await this.page.locator('[data-cy=viewport-pane] svg.rotate-180').click();
  }

  place(points: readonly Vector3[]): Promise<[number, number][]> {
    return this.page.evaluate((places) => {
      const viewport = window.cornerstone.getEnabledElements()[0]?.viewport as Viewport;
      return places.map((point) => viewport.worldToCanvas(point));
    }, points);
  }

  close(): Promise<void> {
    return this.page.context().close();
  }

  /** OHIF's own name of a series, which it has once it lists it. */
  private async displaySetOf(seriesInstanceUid: string): Promise<string> {
    const find = (series: string) =>
      window.services?.displaySetService.getActiveDisplaySets().find((one) => one.SeriesInstanceUID === series)
        ?.displaySetInstanceUID;
    const handle = await this.page.waitForFunction(find, seriesInstanceUid, { timeout: kPatienceMs });
    return (await handle.jsonValue()) as string;
  }

  /** Twice the same: nothing is being drawn any more. */
  private async stillPicture(): Promise<Buffer> {
    let before = '';
    for (let tries = 0; tries < 100; tries++) {
      await this.page.waitForTimeout(150);
      const now = await this.page.evaluate(() =>
        window.cornerstone.getEnabledElements()[0]?.viewport.canvas.toDataURL(),
      );
      if (now && now === before) return Buffer.from(now.slice(now.indexOf(',') + 1), 'base64');
      before = now ?? '';
    }
    throw new Error('The picture of the viewer does not come to rest');
  }
}

export async function openStudy(browser: Browser, ohif: string, studyInstanceUid: string): Promise<Viewer> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  // The tour that it gives at the first visit covers the picture.
  await context.addInitScript(() => window.localStorage.setItem('shownTours', '["basicViewerTour"]'));
  const viewer = new OhifViewer(await context.newPage());
  await viewer.page.goto(`${ohif}/viewer?StudyInstanceUIDs=${studyInstanceUid}`, { timeout: kPatienceMs });
  return viewer;
}
