import { checkOptions } from '../schema/check.js';
import { montageOptions } from '../schema/render.js';
import type { MontageOptions } from '../types.js';
import { canvasLibrary, makeCanvas } from './canvas.js';
import { encodePng } from './encode.js';
import type { RenderedSlice } from './overlay.js';
import { drawPlate, kSmallestFont, plateSize, setFont } from './text.js';

/**
 * Lays pictures out on one sheet, row by row, each with its slice number. What is written in the pictures shrinks with
 * them: for labelled lesions take `renderOverview`.
 *
 * @returns a PNG file
 * @throws {@link InvalidArgumentError} `INVALID_ARGUMENT`; {@link NativeLoadError} `CANVAS_NOT_FOUND`
 */
export async function renderMontage(
  pictures: readonly RenderedSlice[],
  options: MontageOptions = {},
): Promise<Uint8Array> {
  const { tileWidth, captions, ...checked } = checkOptions(montageOptions, options);
  const columns = Math.max(1, Math.min(checked.columns ?? 6, pictures.length));
  const rows = Math.max(1, Math.ceil(pictures.length / columns));
  const first = pictures[0];
  const tileHeight = first ? Math.round((tileWidth * first.height) / first.width) : tileWidth;
  const { canvas, context } = makeCanvas(columns * tileWidth, rows * tileHeight);
  context.fillStyle = '#000';
  context.fillRect(0, 0, canvas.width, canvas.height);
  for (const [index, picture] of pictures.entries()) {
    const x = (index % columns) * tileWidth;
    const y = Math.floor(index / columns) * tileHeight;
    context.drawImage(await canvasLibrary().loadImage(picture.png), x, y, tileWidth, tileHeight);
    const caption = captions?.[index] ?? `slice ${picture.slice}`;
    setFont(context, kSmallestFont);
    const plate = plateSize(context, caption, kSmallestFont);
    drawPlate(context, caption, '#fff', kSmallestFont, { left: x + 4, top: y + 4, ...plate });
  }
  return encodePng(canvas);
}
