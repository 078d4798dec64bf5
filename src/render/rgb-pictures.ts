import { setImmediate as nextTurn } from 'node:timers/promises';
import type { LesionClassification, Segmentation } from '../types.js';
import { makeCanvas, placeSlice } from './canvas.js';
import { Scene } from './scene.js';
import { drawPlate, fontOf, plateSize } from './text.js';

/** Pictures of one size, pixel by pixel. */
export interface RgbPictures {
  readonly width: number;
  readonly height: number;
  readonly slices: readonly number[];
  readonly rgb: Uint8Array;
}

const kNotice = 'Research only. Not for diagnosis.';

/** The pictures of `renderOverlay` with the notice on each, of the slices with the structure, of all where there are none. */
export async function rgbPictures(
  findings: Segmentation | LesionClassification,
  signal: AbortSignal | undefined,
): Promise<RgbPictures> {
  const { volume } = findings;
  const scene = await Scene.of(volume, findings, { signal });
  const marked = scene.choose('structure');
  const slices = marked.length > 0 ? marked : scene.choose('all');
  const placement = placeSlice(scene.view, 512);
  const { width, height } = placement;
  const rgb = new Uint8Array(slices.length * width * height * 3);
  for (const [index, slice] of slices.entries()) {
    await nextTurn();
    signal?.throwIfAborted();
    const { context } = makeCanvas(width, height);
    scene.draw(context, slice, placement);
    const font = fontOf(width);
    const size = plateSize(context, kNotice, font);
    drawPlate(context, kNotice, '#fff', font, { left: 0, top: height - size.height, ...size });
    const { data } = context.getImageData(0, 0, width, height);
    let to = index * width * height * 3;
    for (let from = 0; from < data.length; from += 4) {
      rgb[to++] = data[from] as number;
      rgb[to++] = data[from + 1] as number;
      rgb[to++] = data[from + 2] as number;
    }
  }
  return { width, height, slices, rgb };
}
