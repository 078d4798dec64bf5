import type { SKRSContext2D } from '@napi-rs/canvas';
import { type LesionNature, natureOf } from '../lesions/lesion-nature.js';
import type { Lesion } from '../types.js';
import { lesionBoxInView } from './axial-outlines.js';
import type { AxialView, ViewBox } from './axial-view.js';
import type { SlicePlacement } from './canvas.js';
import { placeLabels, type Rectangle } from './label-places.js';
import { drawPlate, fontOf, plateSize, setFont } from './text.js';

/** What is drawn of a lesion. */
export type BoxedLesion = Pick<Lesion, 'type' | 'probability' | 'malignant' | 'slices'> &
  Partial<Pick<Lesion, 'indeterminate'>>;

/** The paper's figure 7: "green … benign, red … malignant". Texts are lighter: at least 7 : 1 on their black plates. */
const kColours: Readonly<Record<LesionNature, { readonly box: string; readonly text: string }>> = {
  benign: { box: '#00e040', text: '#5dff8f' },
  malignant: { box: '#ff3030', text: '#ff7878' },
  indeterminate: { box: '#e8e8e8', text: '#ffffff' },
};

/** A lesion in one slice. */
interface ShownLesion {
  readonly text: string;
  readonly colours: (typeof kColours)[LesionNature];
  readonly box: Rectangle;
}

/** The box around the outer edges of its first and last pixels, in picture pixels. */
function placeBox({ min, max }: ViewBox, { scaleX, scaleY }: SlicePlacement): Rectangle {
  const [left, top] = [min[0] * scaleX, min[1] * scaleY];
  return { left, top, width: (max[0] + 1) * scaleX - left, height: (max[1] + 1) * scaleY - top };
}

function drawLabels(
  context: SKRSContext2D,
  shown: readonly ShownLesion[],
  picture: SlicePlacement,
  avoid: readonly Rectangle[],
): void {
  const font = fontOf(picture.width);
  setFont(context, font);
  const plates = shown.map(({ text }) => plateSize(context, text, font));
  const places = placeLabels(
    shown.map(({ box }) => box),
    plates.map(({ width }) => width),
    { height: plates[0]?.height ?? font, gap: Math.round(font / 4), picture, avoid },
  );
  for (const [index, place] of places.entries()) {
    const { text, colours } = shown[index] as ShownLesion;
    drawPlate(context, text, colours.text, font, place);
  }
}

/** The boxes of the lesions that lie in a slice, with class and probability; labels keep clear of `avoid`. */
export function drawLesionBoxes(
  context: SKRSContext2D,
  lesions: readonly BoxedLesion[],
  { view, slice }: { readonly view: AxialView; readonly slice: number },
  placement: SlicePlacement,
  avoid: readonly Rectangle[] = [],
): void {
  const shown = lesions.flatMap((lesion): ShownLesion[] => {
    const box = lesionBoxInView(lesion, slice, view);
    if (!box) return [];
    const nature = natureOf(lesion);
    const type = nature === 'indeterminate' ? `${lesion.type}?` : lesion.type;
    const text = `${type} ${Math.round(lesion.probability * 100)} %`;
    return [{ text, colours: kColours[nature], box: placeBox(box, placement) }];
  });
  context.lineWidth = Math.max(2, placement.width / 300);
  for (const { colours, box } of shown) {
    context.strokeStyle = colours.box;
    context.strokeRect(box.left, box.top, box.width, box.height);
  }
  drawLabels(context, shown, placement, avoid);
}
