/** A rectangle in picture pixels, y downwards. */
export interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** What labels have in common, in picture pixels. */
export interface LabelLayout {
  /** Of a line of text. */
  readonly height: number;
  /** Between a label and its box. */
  readonly gap: number;
  /** Where labels may stand. */
  readonly picture: { readonly width: number; readonly height: number };
  /** What else stands in the picture. */
  readonly avoid?: readonly Rectangle[];
}

function sharedArea(a: Rectangle, b: Rectangle): number {
  const width = Math.min(a.left + a.width, b.left + b.width) - Math.max(a.left, b.left);
  const height = Math.min(a.top + a.height, b.top + b.height) - Math.max(a.top, b.top);
  return Math.max(0, width) * Math.max(0, height);
}

const isAround = (outer: Rectangle, inner: Rectangle) =>
  sharedArea(outer, inner) >= inner.width * inner.height && outer !== inner;

const within = (start: number, length: number, end: number) => Math.max(0, Math.min(start, end - length));

/** Above the box, below it, inside it, the best first; the former two flush with its left or its right edge. */
function placesFor(box: Rectangle, width: number, { height, gap, picture }: LabelLayout): Rectangle[] {
  const place = (left: number, top: number) => ({
    left: within(left, width, picture.width),
    top: within(top, height, picture.height),
    width,
    height,
  });
  const beside = [box.top - gap - height, box.top + box.height + gap].flatMap((top) => [
    place(box.left, top),
    place(box.left + box.width - width, top),
  ]);
  const fits = box.width >= width + 2 * gap && box.height >= height + 2 * gap;
  return fits ? [...beside, place(box.left + gap, box.top + gap)] : beside;
}

/**
 * Where the labels of boxes stand, in the boxes' order: each at the first place that covers no label before it, no box
 * and nothing else; where there is none, at the one that covers least. A box that lies around a label's own is not avoided.
 *
 * @param widths of the labels' texts, one a box
 */
export function placeLabels(
  boxes: readonly Rectangle[],
  widths: readonly number[],
  layout: LabelLayout,
): readonly Rectangle[] {
  const margin = layout.gap / 2;
  const placed: Rectangle[] = [];
  for (const [index, box] of boxes.entries()) {
    const around = boxes.filter((other) => isAround(other, box));
    const avoided = [...(layout.avoid ?? []), ...placed, ...boxes.filter((other) => !around.includes(other))];
    let best: { readonly place: Rectangle; readonly covered: number } | undefined;
    for (const place of placesFor(box, widths[index] ?? 0, layout)) {
      const { left, top, width, height } = place;
      const grown = { left: left - margin, top: top - margin, width: width + 2 * margin, height: height + 2 * margin };
      const inside = isAround(box, grown);
      const covered = avoided
        .filter((other) => !(inside && other === box))
        .reduce((area, other) => area + sharedArea(grown, other), 0);
      if (best === undefined || covered < best.covered) best = { place, covered };
    }
    if (best) placed.push(best.place);
  }
  return placed;
}
