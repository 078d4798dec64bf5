import { InvalidArgumentError } from '../errors.js';
import { checkOptions } from '../schema/check.js';
import { renderPreprocessingOptions } from '../schema/render.js';
import type { PreprocessedVolume, RenderPreprocessingOptions, VolumeInput } from '../types.js';
import { checkGeometry, checkSameGrid } from '../volume/geometry.js';
import { AxialView } from './axial-view.js';
import { drawGreySlice, kFontFamily, makeCanvas, placeSlice, windowed } from './canvas.js';
import { encodePng } from './encode.js';
import type { RenderedSlice } from './overlay.js';

const kCaptionHeight = 36;
/** The whole range of a CT: what a slice looks like before anything is done to it. */
const kRawWindow: readonly [number, number] = [-1024, 1500];

/**
 * Draws the steps of preprocessing side by side (the paper's figure 2): A the raw slice, B clipped to the HU window,
 * C with its histogram equalized; in the radiological view, whatever the order of the axes.
 *
 * @param volume - HU, order (z, y, x)
 * @param preprocessed - what `preprocess` made of it
 * @param slice - z index (of sagittal and coronal slices as in {@link RenderedSlice})
 * @throws {@link InvalidArgumentError} `INVALID_ARGUMENT`, `GEOMETRY_MISMATCH`; {@link NativeLoadError} `CANVAS_NOT_FOUND`
 */
export async function renderPreprocessing(
  volume: VolumeInput,
  preprocessed: PreprocessedVolume,
  slice: number,
  options: RenderPreprocessingOptions = {},
): Promise<RenderedSlice> {
  const { minimumSize } = checkOptions(renderPreprocessingOptions, options);
  checkGeometry('volume', volume);
  const view = new AxialView(volume);
  if (!Number.isInteger(slice) || slice < 0 || slice >= view.slices) {
    throw new InvalidArgumentError(
      'INVALID_ARGUMENT',
      `Expected slice to be an integer from 0 to ${view.slices - 1}, received ${slice}`,
      { field: 'slice', remedy: 'Give a z index of the volume.' },
    );
  }
  checkSameGrid('preprocessed', volume, checkGeometry('preprocessed', preprocessed));
  const panels = [
    { grey: windowed(view.cut(volume.data, slice), kRawWindow), caption: 'A  raw CT' },
    { grey: view.cut(preprocessed.clipped, slice), caption: 'B  clipped' },
    { grey: view.cut(preprocessed.data, slice), caption: 'C  histogram equalized' },
  ];
  const placement = placeSlice(view, minimumSize);
  const width = panels.length * placement.width;
  const height = placement.height + kCaptionHeight;
  const { canvas, context } = makeCanvas(width, height);
  context.fillStyle = '#fff';
  context.fillRect(0, 0, width, height);
  for (const [index, panel] of panels.entries()) {
    const left = index * placement.width;
    context.save();
    context.translate(left, 0);
    drawGreySlice(context, panel.grey, [view.columns, view.rows], placement);
    context.restore();
    context.fillStyle = '#000';
    context.font = `20px "${kFontFamily}"`;
    context.textBaseline = 'middle';
    context.fillText(panel.caption, left + 8, placement.height + kCaptionHeight / 2);
  }
  return { slice, width, height, png: await encodePng(canvas) };
}
