import { createRequire } from 'node:module';
import type * as CanvasLibrary from '@napi-rs/canvas';
import type { Canvas, SKRSContext2D } from '@napi-rs/canvas';
import { InvalidArgumentError, NativeLoadError } from '../errors.js';
import type { Geometry } from '../types.js';

/** The font of every picture; it comes with a package, so that pictures are the same on machines without fonts. */
export const kFontFamily = 'Hepatica Inter';

const require = createRequire(import.meta.url);

const kFontFile = '@fontsource/inter/files/inter-latin-400-normal.woff2';

/** Loaded with the first picture: hepatica computes without it where npm left its optional binary out. */
export function canvasLibrary(): typeof CanvasLibrary {
  try {
    return require('@napi-rs/canvas') as typeof CanvasLibrary;
  } catch (cause) {
    throw new NativeLoadError(
      'CANVAS_NOT_FOUND',
      'The native part of @napi-rs/canvas, which draws pictures, is missing',
      {
        remedy: 'Type: npm install --include=optional hepatica',
        cause,
      },
    );
  }
}

/** For pictures that are drawn without a canvas of `makeCanvas`; once is enough. */
export function registerFont(): void {
  const { GlobalFonts } = canvasLibrary();
  if (!GlobalFonts.has(kFontFamily)) {
    GlobalFonts.registerFromPath(require.resolve(kFontFile), kFontFamily);
  }
}

/** A canvas with the font registered. */
export function makeCanvas(width: number, height: number): { canvas: Canvas; context: SKRSContext2D } {
  registerFont();
  const canvas = canvasLibrary().createCanvas(width, height);
  return { canvas, context: canvas.getContext('2d') };
}

/**
 * How a slice is laid on the picture: in the radiological view (the patient's right on the left, anterior above),
 * with square millimetres.
 */
export interface SlicePlacement {
  readonly width: number;
  readonly height: number;
  /** Picture pixels a voxel along x and y; negative where the axis is mirrored. */
  readonly scaleX: number;
  readonly scaleY: number;
  /** Where the corner of voxel (0, 0) lies in the picture. */
  readonly offsetX: number;
  readonly offsetY: number;
}

/** The longer side has at least `minimumSize` picture pixels. */
export function placeSlice(geometry: Geometry, minimumSize: number): SlicePlacement {
  const [columns, rows] = geometry.size;
  const [dx, dy] = geometry.spacing;
  const finest = Math.min(dx, dy);
  const zoom = Math.max(1, minimumSize / Math.max((columns * dx) / finest, (rows * dy) / finest));
  const width = Math.max(1, Math.round(((columns * dx) / finest) * zoom));
  const height = Math.max(1, Math.round(((rows * dy) / finest) * zoom));
  const mirrorX = geometry.direction[0] < 0;
  const mirrorY = geometry.direction[4] < 0;
  return {
    width,
    height,
    scaleX: ((mirrorX ? -1 : 1) * width) / columns,
    scaleY: ((mirrorY ? -1 : 1) * height) / rows,
    offsetX: mirrorX ? width : 0,
    offsetY: mirrorY ? height : 0,
  };
}

/** Draws one slice of 8-bit grey values (order y, x) where the placement says. */
export function drawGreySlice(
  context: SKRSContext2D,
  grey: Uint8Array | Uint8ClampedArray,
  size: readonly [number, number],
  placement: SlicePlacement,
): void {
  const [columns, rows] = size;
  if (grey.length !== columns * rows) {
    throw new InvalidArgumentError(
      'INVALID_ARGUMENT',
      `Expected ${columns * rows} grey values, received ${grey.length}`,
    );
  }
  const source = makeCanvas(columns, rows);
  const image = source.context.createImageData(columns, rows);
  const rgba = new Uint32Array(image.data.buffer);
  for (let i = 0; i < grey.length; i++) {
    const value = grey[i] as number;
    rgba[i] = (0xff000000 | (value << 16) | (value << 8) | value) >>> 0;
  }
  source.context.putImageData(image, 0, 0);
  context.save();
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = 'high';
  context.translate(placement.offsetX, placement.offsetY);
  context.scale(placement.scaleX, placement.scaleY);
  context.drawImage(source.canvas, 0, 0);
  context.restore();
}

/** One slice of Hounsfield units (order y, x) as grey values: the window's ends become 0 and 255. */
export function windowSlice(
  hu: Int16Array | Float32Array,
  size: readonly [number, number],
  slice: number,
  window: readonly [number, number],
): Uint8ClampedArray {
  const pixels = size[0] * size[1];
  const grey = new Uint8ClampedArray(pixels);
  const scale = 255 / (window[1] - window[0]);
  const start = slice * pixels;
  for (let i = 0; i < pixels; i++) grey[i] = ((hu[start + i] as number) - window[0]) * scale;
  return grey;
}

export async function encodePng(canvas: Canvas): Promise<Uint8Array> {
  return new Uint8Array(await canvas.encode('png'));
}
