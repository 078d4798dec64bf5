import type { SKRSContext2D } from '@napi-rs/canvas';
import type { Lesion } from '../types.js';
import { kFontFamily, type SlicePlacement } from './canvas.js';
import { placeLabels, type Rectangle } from './label-places.js';

/** What is drawn of a lesion. */
export type BoxedLesion = Pick<Lesion, 'type' | 'probability' | 'malignant' | 'slices'>;

/** The paper's figure 7: "green … benign, red … malignant". */
const kBenignColour = '#00e040';
const kMalignantColour = '#ff3030';

/** The box around the outer edges of its first and last pixels, in picture pixels. */
function placeBox(box: Lesion['slices'][number]['box'], placement: SlicePlacement): Rectangle {
  const x = [box.min[0], box.max[0] + 1].map((edge) => placement.offsetX + edge * placement.scaleX);
  const y = [box.min[1], box.max[1] + 1].map((edge) => placement.offsetY + edge * placement.scaleY);
  const [left, top] = [Math.min(...x), Math.min(...y)];
  return { left, top, width: Math.max(...x) - left, height: Math.max(...y) - top };
}

/** A lesion in one slice. */
interface ShownLesion {
  readonly text: string;
  readonly colour: string;
  readonly box: Rectangle;
}

function drawLabels(context: SKRSContext2D, shown: readonly ShownLesion[], picture: SlicePlacement): void {
  const height = Math.max(13, Math.round(picture.width / 40));
  context.font = `${height}px "${kFontFamily}"`;
  context.textBaseline = 'alphabetic';
  const places = placeLabels(
    shown.map(({ box }) => box),
    shown.map(({ text }) => context.measureText(text).width),
    { height, gap: Math.round(height / 3), picture },
  );
  context.lineWidth = Math.max(2, height / 5);
  context.strokeStyle = '#000000';
  for (const [index, { left, top }] of places.entries()) {
    const { text, colour } = shown[index] as ShownLesion;
    context.strokeText(text, left, top + height);
    context.fillStyle = colour;
    context.fillText(text, left, top + height);
  }
}

/** The boxes of the lesions that lie in slice `z`, with class and probability. */
export function drawLesionBoxes(
  context: SKRSContext2D,
  lesions: readonly BoxedLesion[],
  z: number,
  placement: SlicePlacement,
): void {
  const shown = lesions.flatMap(({ type, probability, malignant, slices }) =>
    slices
      .filter(({ slice }) => slice === z)
      .map(({ box }) => ({
        text: `${type} ${Math.round(probability * 100)} %`,
        colour: malignant ? kMalignantColour : kBenignColour,
        box: placeBox(box, placement),
      })),
  );
  context.lineWidth = Math.max(2, placement.width / 300);
  for (const { colour, box } of shown) {
    context.strokeStyle = colour;
    context.strokeRect(box.left, box.top, box.width, box.height);
  }
  drawLabels(context, shown, placement);
}
