import { createRequire } from 'node:module';
import type * as CanvasLibrary from '@napi-rs/canvas';
import type { Canvas, SKRSContext2D } from '@napi-rs/canvas';
import { InvalidArgumentError, NativeLoadError } from '../errors.js';
import type { AxialView } from './axial-view.js';

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

/** How a slice of a view is laid on the picture: with square millimetres. */
export interface SlicePlacement {
  readonly width: number;
  readonly height: number;
  /** Picture pixels a pixel of the slice. */
  readonly scaleX: number;
  readonly scaleY: number;
}

function placementOf({ columns, rows }: AxialView, width: number, height: number): SlicePlacement {
  const [wide, high] = [Math.max(1, Math.round(width)), Math.max(1, Math.round(height))];
  return { width: wide, height: high, scaleX: wide / columns, scaleY: high / rows };
}

/** The longer side has at least `minimumSize` picture pixels, and no pixel of the slice is lost. */
export function placeSlice(view: AxialView, minimumSize: number): SlicePlacement {
  const [dx, dy] = view.spacing;
  const finest = Math.min(dx, dy);
  const [width, height] = [(view.columns * dx) / finest, (view.rows * dy) / finest];
  const zoom = Math.max(1, minimumSize / Math.max(width, height));
  return placementOf(view, width * zoom, height * zoom);
}

/** As wide as a tile. */
export function placeTile(view: AxialView, width: number): SlicePlacement {
  const [dx, dy] = view.spacing;
  return placementOf(view, width, (width * view.rows * dy) / (view.columns * dx));
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
  context.scale(placement.scaleX, placement.scaleY);
  context.drawImage(source.canvas, 0, 0);
  context.restore();
}

/** Hounsfield units as grey values: the window's ends become 0 and 255. */
export function windowed(hu: Int16Array | Float32Array, window: readonly [number, number]): Uint8ClampedArray {
  const grey = new Uint8ClampedArray(hu.length);
  const scale = 255 / (window[1] - window[0]);
  for (let i = 0; i < hu.length; i++) grey[i] = ((hu[i] as number) - window[0]) * scale;
  return grey;
}
