// Pages in Debian's Chromium, drawn by its software WebGL: what a test sees is what a person sees.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';

function findChromium(): string | undefined {
  const candidates = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'chromium'));
  return candidates.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

const executablePath = findChromium();
export const kWithoutChromium = executablePath ? '' : 'no chromium (Debian package chromium)';

export async function startBrowser(): Promise<Browser> {
  if (!executablePath) throw new Error(kWithoutChromium);
  const webGl = ['--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist'];
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage', ...webGl] });
}

export interface OpenedPage {
  readonly page: Page;
  /** What the page asked for besides itself. */
  readonly requests: readonly string[];
  /** Errors and warnings of its console, and dialogs. */
  readonly complaints: readonly string[];
  /** From the request to the picture. */
  readonly openedMs: number;
  close(): Promise<void>;
}

/** Opens a file and waits until the viewer stands. */
export async function openFile(
  browser: Browser,
  path: string,
  { width = 1280, height = 860 } = {},
): Promise<OpenedPage> {
  const context = await browser.newContext({ viewport: { width, height } });
  const page = await context.newPage();
  const [requests, complaints]: [string[], string[]] = [[], []];
  const address = `file://${path}`;
  context.on('request', (request) => {
    if (request.url() !== address) requests.push(request.url());
  });
  page.on('console', (message) => {
    // Of the software WebGL, about how fast pixels are read.
    if (/GPU stall due to ReadPixels/.test(message.text())) return;
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  const begin = performance.now();
  await page.goto(address, { timeout: 120_000 });
  await page.waitForSelector('html[data-state]', { timeout: 120_000 });
  const openedMs = performance.now() - begin;
  return { page, requests, complaints, openedMs, close: () => context.close() };
}
