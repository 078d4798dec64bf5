import type { SKRSContext2D } from '@napi-rs/canvas';
import { kFontFamily } from './canvas.js';
import type { Rectangle } from './label-places.js';

/** The font's capitals and digits are 0.73 of its size: 11 pixels at least. */
export const kSmallestFont = 16;

export function fontOf(pictureWidth: number): number {
  return Math.max(kSmallestFont, Math.round(pictureWidth / 40));
}

export function setFont(context: SKRSContext2D, size: number): void {
  context.font = `${size}px "${kFontFamily}"`;
  context.textBaseline = 'middle';
}

/** The size of a plate with this text on it. */
export function plateSize(context: SKRSContext2D, text: string, font: number) {
  return { width: Math.ceil(context.measureText(text).width) + Math.round(font / 2), height: Math.round(1.3 * font) };
}

/** Text on a black plate, on whole pixels: it can be read on any grey, where text with a rim loses its strokes. */
export function drawPlate(context: SKRSContext2D, text: string, colour: string, font: number, at: Rectangle): void {
  const [left, top] = [Math.round(at.left), Math.round(at.top)];
  context.fillStyle = '#000';
  context.fillRect(left, top, at.width, at.height);
  setFont(context, font);
  context.fillStyle = colour;
  context.fillText(text, left + Math.round(font / 4), top + Math.round(at.height / 2));
}
