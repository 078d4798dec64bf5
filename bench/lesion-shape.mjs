/** The shape of a lesion's outline in numbers that do not depend on its size. */

const kHarmonics = 12;

const meanOf = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

function sliceAreas({ own, size }) {
  const plane = size[0] * size[1];
  return Array.from({ length: size[2] }, (_, z) =>
    own.subarray(z * plane, (z + 1) * plane).reduce((sum, v) => sum + v, 0),
  );
}

/** Faces between lesion and not by axis: two thirds of their area is about the surface's (Cauchy). */
function surfaceMm2({ own, size, spacing }) {
  const steps = [1, size[0], size[0] * size[1]];
  const faces = [spacing[1] * spacing[2], spacing[0] * spacing[2], spacing[0] * spacing[1]];
  let sum = 0;
  for (let axis = 0; axis < 3; axis++) {
    for (let i = 0; i < own.length; i++) {
      if (!own[i]) continue;
      sum += faces[axis] * (Number(!own[i - steps[axis]]) + Number(!own[i + steps[axis]]));
    }
  }
  return (2 / 3) * sum;
}

/** Eigenvalues' square roots of the points' scatter within the slice, longest first. */
function axesOf(points) {
  const [mx, my] = [meanOf(points.map(([x]) => x)), meanOf(points.map(([, y]) => y))];
  const xx = meanOf(points.map(([x]) => (x - mx) ** 2));
  const yy = meanOf(points.map(([, y]) => (y - my) ** 2));
  const xy = meanOf(points.map(([x, y]) => (x - mx) * (y - my)));
  const root = Math.hypot((xx - yy) / 2, xy);
  return { middle: [mx, my], axes: [Math.sqrt((xx + yy) / 2 + root), Math.sqrt(Math.max(0, (xx + yy) / 2 - root))] };
}

function hullArea(points) {
  const sorted = points.toSorted((a, b) => a[0] - b[0] || a[1] - b[1]);
  const turn = (a, b, c) => (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
  const chain = (ordered) => {
    const hull = [];
    for (const point of ordered) {
      while (hull.length > 1 && turn(hull.at(-2), hull.at(-1), point) <= 0) hull.pop();
      hull.push(point);
    }
    return hull.slice(0, -1);
  };
  const hull = [...chain(sorted), ...chain(sorted.toReversed())];
  return (
    Math.abs(
      hull.reduce((sum, [x, y], i) => sum + x * hull[(i + 1) % hull.length][1] - y * hull[(i + 1) % hull.length][0], 0),
    ) / 2
  );
}

/** How far the outline's distance from the middle leaves the mean: in slow waves (2 and 3 about it) and in quick ones. */
function waves([mx, my], isInside, stepMm) {
  const radii = Array.from({ length: 64 }, (_, i) => {
    const angle = (2 * Math.PI * i) / 64;
    let radius = 0;
    while (isInside(mx + radius * Math.cos(angle), my + radius * Math.sin(angle))) radius += stepMm / 4;
    return radius;
  });
  const mean = meanOf(radii);
  const power = (k) => {
    const [c, s] = [Math.cos, Math.sin].map((wave) =>
      meanOf(radii.map((r, i) => r * wave((2 * Math.PI * k * i) / 64))),
    );
    return 2 * (c * c + s * s);
  };
  const between = (from, to) =>
    Math.sqrt(Array.from({ length: to - from + 1 }, (_, i) => power(from + i)).reduce((a, b) => a + b)) / mean;
  return { slow: between(2, 3), quick: between(4, kHarmonics) };
}

export function shapeOf(crop) {
  const { own, organ, size, spacing } = crop;
  const [width, height] = size;
  const plane = width * height;
  const areas = sliceAreas(crop);
  const voxels = areas.reduce((sum, area) => sum + area, 0);
  const volume = voxels * spacing[0] * spacing[1] * spacing[2];
  const largest = areas.indexOf(Math.max(...areas));
  const points = [];
  const corners = [];
  for (let i = largest * plane; i < (largest + 1) * plane; i++) {
    if (!own[i]) continue;
    const [x, y] = [(i % width) * spacing[0], (Math.floor(i / width) % height) * spacing[1]];
    points.push([x, y]);
    for (const dx of [-0.5, 0.5])
      for (const dy of [-0.5, 0.5]) corners.push([x + dx * spacing[0], y + dy * spacing[1]]);
  }
  const { middle, axes } = axesOf(points);
  const isInside = (x, y) =>
    own[largest * plane + Math.round(y / spacing[1]) * width + Math.round(x / spacing[0])] === 1;
  const { slow, quick } = waves(middle, isInside, spacing[0]);
  const shown = areas.filter((area) => area > 0);
  const steps = [1, -1, width, -width];
  const border = own.reduce((sum, value, i) => sum + Number(value && steps.some((step) => !organ[i + step])), 0);
  return {
    'shape: sphericity': (Math.cbrt(Math.PI) * (6 * volume) ** (2 / 3)) / surfaceMm2(crop),
    'shape: short over long axis': axes[1] / axes[0],
    'shape: solidity': (points.length * spacing[0] * spacing[1]) / hullArea(corners),
    'shape: slow waves': slow,
    'shape: quick waves': quick,
    'shape: height over width':
      (shown.length * spacing[2]) / (2 * Math.sqrt((areas[largest] * spacing[0] * spacing[1]) / Math.PI)),
    'shape: areas vary from slice to slice':
      areas.reduce((sum, area, z) => sum + Math.abs((areas[z - 1] ?? 0) + (areas[z + 1] ?? 0) - 2 * area), 0) /
      (voxels || 1),
    'shape: at the liver border': border / voxels ** (2 / 3),
  };
}
