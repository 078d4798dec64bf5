// Draws docs/synthetic-lesions.png, a lesion of each type in the phantom: node scripts/synthetic-lesions-picture.mjs
// (after `npm run build` and `npm run phantom`).
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  readMask,
  readSeries,
  renderMontage,
  renderOverlay,
  synthesizeLesions,
  tracePerimeters,
} from '../dist/index.js';
import { kPhantomFolder } from './phantom.mjs';
import { kRoot } from './setup.mjs';

const kTypes = ['CYS', 'ANG', 'HCC', 'MET'];
/** Livers of one type among which the one with the largest lesion is shown. */
const kSeeds = Array.from({ length: 12 }, (_, seed) => seed);

/** Of the phantom's liver in a slice, pixels: x and y of the first, and beyond the last. */
const kLiverBox = [31, 59, 183, 177];

const volume = await readSeries(join(kPhantomFolder, 'dicom'));
const liver = await readMask(join(kPhantomFolder, 'liver.nii.gz'));
const realLesions = await readMask(join(kPhantomFolder, 'lesions.nii.gz'));

/** The liver's part of one slice, as a scan of its own. */
function liverSlice({ data, size, ...grid }, slice) {
  const [x0, y0, x1, y1] = kLiverBox;
  const rows = Array.from({ length: y1 - y0 }, (_, y) => (slice * size[1] + y0 + y) * size[0]);
  const cropped = new data.constructor(rows.flatMap((row) => [...data.subarray(row + x0, row + x1)]));
  const { spacing, origin, direction } = grid;
  return { data: cropped, size: [x1 - x0, y1 - y0, 1], spacing, origin, direction };
}

/** The slice through the largest lesion, without and with the outlines. */
async function tilesOf(type) {
  let shown;
  for (const seed of kSeeds) {
    const made = await synthesizeLesions(volume, liver, { seed, types: [type], count: [2, 5], realLesions });
    const lesion = made.lesions.toSorted((a, b) => b.volumeMl - a.volumeMl)[0];
    if (lesion && lesion.volumeMl > (shown?.lesion.volumeMl ?? 0)) shown = { made, lesion };
  }
  const { made, lesion } = shown;
  const slice = Math.min(volume.size[2] - 1, Math.max(0, Math.round(lesion.centre[2])));
  const scan = liverSlice(made.volume, slice);
  const perimeters = await tracePerimeters(liverSlice(made.ids, slice));
  const plain = await renderOverlay(scan, { perimeters: [] }, { slices: [0] });
  const outlined = await renderOverlay(scan, { perimeters }, { slices: [0] });
  return [plain[0], outlined[0]];
}

const pairs = [];
for (const type of kTypes) pairs.push(await tilesOf(type));
const pictures = [...pairs.map(([plain]) => plain), ...pairs.map(([, outlined]) => outlined)];
const captions = [...kTypes, ...kTypes];
const montage = await renderMontage(pictures, { columns: kTypes.length, tileWidth: 240, captions });
writeFileSync(join(kRoot, 'docs/synthetic-lesions.png'), montage);
