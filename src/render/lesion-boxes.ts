import type { SKRSContext2D } from '@napi-rs/canvas';
import type { Lesion } from '../types.js';
import { kFontFamily, type SlicePlacement } from './canvas.js';

/** What is drawn of a lesion. */
export type BoxedLesion = Pick<Lesion, 'type' | 'probability' | 'malignant' | 'slices'>;

/** The paper's figure 7: "green … benign, red … malignant". */
const kBenignColour = '#00e040';
const kMalignantColour = '#ff3030';

/** The box around the outer edges of its first and last pixels, in picture pixels. */
function placeBox(box: Lesion['slices'][number]['box'], placement: SlicePlacement) {
  const x = [box.min[0], box.max[0] + 1].map((edge) => placement.offsetX + edge * placement.scaleX);
  const y = [box.min[1], box.max[1] + 1].map((edge) => placement.offsetY + edge * placement.scaleY);
  const [left, top] = [Math.min(...x), Math.min(...y)];
  return { left, top, width: Math.max(...x) - left, height: Math.max(...y) - top };
}

/** Above the box; below it where the picture ends. */
function drawLabel(
  context: SKRSContext2D,
  text: string,
  colour: string,
  box: ReturnType<typeof placeBox>,
  placement: SlicePlacement,
): void {
  const size = Math.max(13, Math.round(placement.width / 40));
  const gap = Math.round(size / 3);
  context.font = `${size}px "${kFontFamily}"`;
  context.textBaseline = 'alphabetic';
  const fitsAbove = box.top - gap - size >= 0;
  const baseline = fitsAbove ? box.top - gap : Math.min(placement.height - gap, box.top + box.height + gap + size);
  const left = Math.max(0, Math.min(box.left, placement.width - context.measureText(text).width));
  context.lineWidth = Math.max(2, size / 5);
  context.strokeStyle = '#000000';
  context.strokeText(text, left, baseline);
  context.fillStyle = colour;
  context.fillText(text, left, baseline);
}

/** The boxes of the lesions that lie in slice `z`, with class and probability. */
export function drawLesionBoxes(
  context: SKRSContext2D,
  lesions: readonly BoxedLesion[],
  z: number,
  placement: SlicePlacement,
): void {
  for (const { type, probability, malignant, slices } of lesions) {
    const colour = malignant ? kMalignantColour : kBenignColour;
    for (const { slice, box } of slices) {
      if (slice !== z) continue;
      const placed = placeBox(box, placement);
      context.strokeStyle = colour;
      context.lineWidth = Math.max(2, placement.width / 300);
      context.strokeRect(placed.left, placed.top, placed.width, placed.height);
      drawLabel(context, `${type} ${Math.round(probability * 100)} %`, colour, placed, placement);
    }
  }
}
