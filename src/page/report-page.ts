import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { HepaticaError } from '../errors.js';
import { escapeHtml, jsonInHtml } from '../html.js';
import { natureOf } from '../lesions/lesion-nature.js';
import type { BoundingBox, Judged, VolumeInput, Warning } from '../types.js';
import type { Fact } from './facts.js';
import { type ListedLesion, lesionTable } from './lesion-table.js';
import { chooseRegion, describeRegion, gridOfRegion } from './region.js';
import { kPageStyle } from './style.js';
import type { ViewerData } from './types.js';
import { packHu, packLabels, shownHu, shownLabels } from './voxels.js';

/** What a page shows. */
export interface PageContent extends Judged {
  readonly title: string;
  readonly volume: VolumeInput;
  readonly structure: {
    readonly name: string;
    /** 0 or 1 by voxel of the volume. */
    readonly mask: Uint8Array;
    readonly boundingBox: BoundingBox | null;
  };
  /** Null where none were looked for. */
  readonly lesions: {
    /** 0 or the lesion's number by voxel of the volume. */
    readonly mask: Uint8Array;
    readonly found: readonly ListedLesion[];
  } | null;
  /** In this order. */
  readonly facts: readonly Fact[];
  readonly warnings: readonly Warning[];
}

export const kNotice = 'For research use only. Not a medical device.';

/** The script of the page with NiiVue in it, which the build bundles; the same file for src/ and dist/. */
const kViewerPath = fileURLToPath(new URL('../../dist/page/viewer.js', import.meta.url));

async function viewerScript(): Promise<string> {
  try {
    return await readFile(kViewerPath, 'utf8');
  } catch (cause) {
    throw new HepaticaError('INTERNAL_ERROR', `The page's script ${kViewerPath} cannot be read`, {
      file: kViewerPath,
      remedy: 'Install hepatica anew; in a checkout: npm run build:ts',
      cause,
    });
  }
}

const kVerdicts = {
  plausible: '',
  doubtful: 'Doubtful result: look at the reasons and at the pictures.',
  implausible: 'Implausible result: beyond what is known of patients. Not to be used.',
} as const;

function notes({ plausibility, warnings, facts }: PageContent, shown: string): string {
  const verdict = kVerdicts[plausibility];
  const once = new Map(warnings.map(({ code, message }) => [`${code} ${message}`, { code, message }]));
  const lines = [...once.values()].map(
    ({ code, message }) => `<li>${escapeHtml(message)} <code>${escapeHtml(code)}</code></li>`,
  );
  const about = [...facts, ...(shown === '' ? [] : [['This page holds', shown] as const])];
  return [
    verdict && `<p class="verdict ${plausibility}" role="alert">${verdict}</p>`,
    lines.length > 0 ? `<ul aria-label="Warnings">${lines.join('')}</ul>` : '',
    `<p class="facts">${about.map(([name, value]) => `${escapeHtml(name)}: ${escapeHtml(value)}`).join(' · ')}</p>`,
  ].join('');
}

const kBar = `<div class="bar">
<span role="group" aria-label="View">
<button type="button" data-view="all" aria-pressed="true">All</button>
<button type="button" data-view="axial" aria-pressed="false">Axial</button>
<button type="button" data-view="coronal" aria-pressed="false">Coronal</button>
<button type="button" data-view="sagittal" aria-pressed="false">Sagittal</button>
<button type="button" data-view="space" aria-pressed="false">3-D</button>
</span>
<label>Window <select id="window"></select></label>
<button type="button" id="outlines" aria-pressed="true">Outlines</button>
<span class="keys facts"><kbd>↑</kbd> <kbd>↓</kbd> slice <kbd>N</kbd> <kbd>P</kbd> lesion <kbd>1</kbd>–<kbd>4</kbd> window <kbd>O</kbd> outlines <kbd>V</kbd> view <kbd>0</kbd> whole picture</span>
<output id="place"></output>
</div>`;

const kViews = `<div class="views" data-shown="all">
<div class="planes"><canvas id="planes" tabindex="0" aria-label="The scan in three planes"></canvas></div>
<div class="space"><canvas id="space" tabindex="0" aria-label="Liver and lesions in space"></canvas></div>
<div id="state">Opening the scan …</div></div>`;

/** No request leaves the page: its policy allows this one script, and pictures that it holds itself. */
function policy(script: string): string {
  const hash = createHash('sha256').update(script).digest('base64');
  return `default-src 'none'; script-src 'sha256-${hash}'; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'`;
}

interface Parts {
  readonly script: string;
  readonly data: ViewerData;
  /** Packed, in base64. */
  readonly hu: string;
  readonly labels: string;
}

function html(content: PageContent, { script, data, hu, labels }: Parts): string {
  const title = escapeHtml(content.title);
  const { lesions } = content;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy(script)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${kPageStyle}</style>
</head>
<body>
<header><strong>${kNotice}</strong><h1>${title}</h1></header>
<div class="notes">${notes(content, describeRegion(content.volume, data.region))}</div>
<main id="viewer">${kBar}
${kViews}
</main>
<section class="lesions" aria-label="Lesions">${lesions ? lesionTable(lesions.found) : '<p>Lesions were not looked for.</p>'}</section>
<script type="application/json" id="viewer-data">${jsonInHtml(data)}</script>
<script type="text/plain" id="hu">${hu}</script>
<script type="text/plain" id="labels">${labels}</script>
<script>${script}</script>
</body>
</html>
`;
}

/** One HTML file that holds all it shows: the scan, what was found in it, and the viewer. */
export async function renderPage(content: PageContent, signal?: AbortSignal): Promise<string> {
  const { volume, structure, lesions } = content;
  const script = await viewerScript();
  const region = chooseRegion(volume, structure.boundingBox);
  const masks = { structure: structure.mask, lesions: lesions?.mask ?? null };
  const hu = await packHu(await shownHu(volume.data, volume.size, region, signal));
  const labels = await packLabels(await shownLabels(masks, volume.size, region, signal));
  signal?.throwIfAborted();
  const data: ViewerData = {
    region,
    grid: gridOfRegion(volume, region),
    structure: structure.name,
    lesions: (lesions?.found ?? []).map((lesion) => ({
      id: lesion.id,
      nature: natureOf(lesion),
      target: lesion.centre,
    })),
  };
  return html(content, { script, data, hu, labels });
}
