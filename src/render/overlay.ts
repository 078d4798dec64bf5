import { checkOptions } from '../schema/check.js';
import { renderOptions } from '../schema/render.js';
import type { LesionClassification, RenderOptions, VolumeInput } from '../types.js';
import { makeCanvas, placeSlice } from './canvas.js';
import { drawPictures } from './encode.js';
import { type Outlines, Scene } from './scene.js';

/** A picture of one slice, in the radiological view: the patient's right on the left, anterior above. */
export interface RenderedSlice {
  /**
   * z index. Of a volume whose own slices are sagittal or coronal, pictures are axial too: the index along its axis that
   * runs between foot and head.
   */
  readonly slice: number;
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** A PNG file. */
  readonly png: Uint8Array;
}

/**
 * Draws the perimeter in yellow on the CT slices (the paper's figure 5), in the radiological view, whatever the order of
 * the volume's axes; lesions in boxes, green where benign, red where malignant, with class and probability beside
 * (figure 7). Pictures are encoded on other threads, several at once.
 *
 * @param volume - the CT volume, HU, order (z, y, x)
 * @param outlines - a result of `segmentLiver` or `classifyLesions`, or perimeters on the volume's grid
 * @returns a picture a slice, in the order of `options.slices`; none of an empty mask, which has no slices with the structure
 * @throws {@link InvalidArgumentError} where a slice is not in the volume, `GEOMETRY_MISMATCH` where the outlines are of
 *   another grid; {@link NativeLoadError} `CANVAS_NOT_FOUND`; the signal's reason on abort
 */
export async function renderOverlay(
  volume: VolumeInput,
  outlines: Outlines | LesionClassification,
  options: RenderOptions = {},
): Promise<RenderedSlice[]> {
  const checked = checkOptions(renderOptions, options);
  const scene = await Scene.of(volume, outlines, checked);
  const slices = scene.choose(checked.slices);
  const placement = placeSlice(scene.view, checked.minimumSize);
  const { width, height } = placement;
  const draw = (index: number) => {
    const { canvas, context } = makeCanvas(width, height);
    scene.draw(context, slices[index] as number, placement);
    return canvas;
  };
  const files = await drawPictures(slices.length, draw, options);
  return slices.map((slice, index) => ({ slice, width, height, png: files[index] as Uint8Array }));
}
