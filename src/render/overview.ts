import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SKRSContext2D } from '@napi-rs/canvas';
import { checkOptions } from '../schema/check.js';
import { overviewOptions } from '../schema/render.js';
import type { LesionClassification, OverviewOptions, VolumeInput } from '../types.js';
import { makeCanvas, placeTile } from './canvas.js';
import { encodePng } from './encode.js';
import type { Rectangle } from './label-places.js';
import { type Outlines, Scene, type SliceChoice } from './scene.js';
import { drawPlate, kSmallestFont, plateSize, setFont } from './text.js';

/** Many slices on one sheet. */
export interface RenderedOverview {
  /** Which ones, as of {@link RenderedSlice}. */
  readonly slices: readonly number[];
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** A PNG file. */
  readonly png: Uint8Array;
}

const kCaptionInset = 4;

function chooseTiles(scene: Scene, choice: SliceChoice, most: number): number[] {
  const slices = scene.choose(choice);
  if (Array.isArray(choice) || slices.length <= most) return slices;
  return Array.from({ length: most }, (_, tile) => slices[Math.floor((tile * slices.length) / most)] as number);
}

function captionPlace(context: SKRSContext2D, caption: string): Rectangle {
  setFont(context, kSmallestFont);
  return { left: kCaptionInset, top: kCaptionInset, ...plateSize(context, caption, kSmallestFont) };
}

/**
 * Draws slices as `renderOverlay` does, small, on one sheet, row by row, each with its number. Lines and texts are drawn
 * at the sheet's own scale, so that they can be read there.
 *
 * @param volume - the CT volume, HU, order (z, y, x)
 * @param outlines - a result of `segmentLiver` or `classifyLesions`, or perimeters on the volume's grid
 * @returns the sheet; of an empty mask, which has no slices with the structure, one black tile and no `slices`
 * @throws as `renderOverlay`
 */
export async function renderOverview(
  volume: VolumeInput,
  outlines: Outlines | LesionClassification,
  options: OverviewOptions = {},
): Promise<RenderedOverview> {
  const checked = checkOptions(overviewOptions, options);
  const scene = await Scene.of(volume, outlines, checked);
  const slices = chooseTiles(scene, checked.slices, checked.tiles);
  const columns = Math.max(1, Math.min(checked.columns ?? 6, slices.length));
  const tile = placeTile(scene.view, checked.tileWidth);
  const { canvas, context } = makeCanvas(
    columns * tile.width,
    Math.max(1, Math.ceil(slices.length / columns)) * tile.height,
  );
  context.fillStyle = '#000';
  context.fillRect(0, 0, canvas.width, canvas.height);
  for (const [index, slice] of slices.entries()) {
    await nextTurn();
    options.signal?.throwIfAborted();
    context.save();
    context.translate((index % columns) * tile.width, Math.floor(index / columns) * tile.height);
    context.beginPath();
    context.rect(0, 0, tile.width, tile.height);
    context.clip();
    const caption = captionPlace(context, `slice ${slice}`);
    scene.draw(context, slice, tile, [caption]);
    drawPlate(context, `slice ${slice}`, '#fff', kSmallestFont, caption);
    context.restore();
  }
  const png = await encodePng(canvas, options.signal);
  return { slices, width: canvas.width, height: canvas.height, png };
}
