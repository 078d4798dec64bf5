/**
 * Lesions of a mask, and what one looks like in numbers: contrast, edge, texture and shape, measured alike in any scan. Texture
 * is told as a share of what the same measure gives in the patient's own liver, lengths in mm, so that scans can be compared.
 */

import { randomOf } from './known-motions.mjs';

const kMarginMm = 14;
/** The shell that a lesion is compared with: from, up to. */
const kShellMm = [3, 10];
const kCoreMm = 3;
const kLags = [1, 2, 3];
/** Where the profile across the border is read; positive inside. */
const kProfileMm = [-4, -2.5, -1, 0, 1, 2.5, 4];
const kLeastPairs = 12;
/** Discs of liver that its own texture is measured in. */
const kDiscs = 60;
const kDiscMm = 9;

const meanOf = (values) => (values.length > 0 ? values.reduce((sum, value) => sum + value, 0) / values.length : NaN);

function deviationOf(values) {
  const mean = meanOf(values);
  return Math.sqrt(meanOf(values.map((value) => (value - mean) ** 2)));
}

function percentile(sorted, share) {
  const at = share * (sorted.length - 1);
  const low = Math.floor(at);
  return sorted[low] + (at - low) * (sorted[Math.min(low + 1, sorted.length - 1)] - sorted[low]);
}

export const median = (values) =>
  percentile(
    values.toSorted((a, b) => a - b),
    0.5,
  );

/** Squared distances along a line of squared distances (Felzenszwalb and Huttenlocher, Theory Comput 2012; 8: 415). */
function alongLine(values, spacing) {
  const n = values.length;
  const parabola = [];
  const from = [];
  const crossing = (a, b) =>
    (values[b] + (b * spacing) ** 2 - values[a] - (a * spacing) ** 2) / (2 * spacing * spacing * (b - a));
  for (let q = 0; q < n; q++) {
    if (values[q] === Infinity) continue;
    while (parabola.length > 0 && crossing(parabola.at(-1), q) <= from.at(-1)) {
      parabola.pop();
      from.pop();
    }
    from.push(parabola.length > 0 ? crossing(parabola.at(-1), q) : -Infinity);
    parabola.push(q);
  }
  const result = new Float64Array(n).fill(Infinity);
  let k = 0;
  for (let q = 0; q < n && parabola.length > 0; q++) {
    while (k + 1 < parabola.length && from[k + 1] <= q) k++;
    result[q] = ((q - parabola[k]) * spacing) ** 2 + values[parabola[k]];
  }
  return result;
}

/** mm to the nearest pixel that `is` names, of a slice. */
function distances(width, height, [dx, dy], is) {
  const squares = Float64Array.from({ length: width * height }, (_, i) => (is(i) ? 0 : Infinity));
  for (let y = 0; y < height; y++) {
    squares.set(alongLine(squares.subarray(y * width, (y + 1) * width), dx), y * width);
  }
  for (let x = 0; x < width; x++) {
    const column = alongLine(
      Float64Array.from({ length: height }, (_, y) => squares[y * width + x]),
      dy,
    );
    for (let y = 0; y < height; y++) squares[y * width + x] = column[y];
  }
  return squares.map(Math.sqrt);
}

/**
 * The box around a lesion: HU, what is lesion (1), liver that is no lesion at all (1), and how deep each pixel lies below the
 * lesion's outline within its slice, mm (negative outside).
 */
export function cropOf({ scan, liver, lesions }, id, box) {
  const { size, spacing } = scan;
  const margin = [0, 1, 2].map((axis) => (axis < 2 ? Math.ceil(kMarginMm / spacing[axis]) : 2));
  const low = box.low.map((at, axis) => Math.max(0, at - margin[axis]));
  const high = box.high.map((at, axis) => Math.min(size[axis] - 1, at + margin[axis]));
  const [width, height, slices] = low.map((at, axis) => high[axis] - at + 1);
  const count = width * height * slices;
  const crop = {
    size: [width, height, slices],
    spacing,
    hu: new Float32Array(count),
    own: new Uint8Array(count),
    plain: new Uint8Array(count),
    organ: new Uint8Array(count),
    depth: new Float32Array(0),
  };
  let at = 0;
  for (let z = low[2]; z <= high[2]; z++) {
    for (let y = low[1]; y <= high[1]; y++) {
      for (let x = low[0]; x <= high[0]; x++, at++) {
        const from = (z * size[1] + y) * size[0] + x;
        crop.hu[at] = scan.data[from];
        crop.own[at] = Number(lesions[from] === id);
        crop.organ[at] = Number(liver[from] > 0);
        crop.plain[at] = Number(liver[from] > 0 && lesions[from] === 0);
      }
    }
  }
  crop.depth = depthsOf(crop);
  return crop;
}

function depthsOf({ size, spacing, own }) {
  const [width, height, slices] = size;
  const plane = width * height;
  const half = (spacing[0] + spacing[1]) / 4;
  const depth = new Float32Array(own.length).fill(-Infinity);
  for (let z = 0; z < slices; z++) {
    const slice = own.subarray(z * plane, (z + 1) * plane);
    if (!slice.includes(1)) continue;
    const inside = distances(width, height, spacing, (i) => !slice[i]);
    const outside = distances(width, height, spacing, (i) => slice[i] === 1);
    for (let i = 0; i < plane; i++) depth[z * plane + i] = slice[i] ? inside[i] - half : half - outside[i];
  }
  return depth;
}

/** Half the mean squared difference of pixels so far apart, and how many there are; both must be chosen. */
function variogram({ hu }, chosen, step) {
  let [sum, pairs] = [0, 0];
  for (let i = 0; i + step < hu.length; i++) {
    if (!chosen[i] || !chosen[i + step]) continue;
    sum += (hu[i + step] - hu[i]) ** 2 / 2;
    pairs++;
  }
  return { sum, pairs };
}

/** Texture of the chosen voxels; NaN where they are too few. The chosen must keep off the box's sides. */
export function textureOf(crop, chosen) {
  const [width, height] = crop.size;
  const plane = width * height;
  const texture = {};
  const values = [...crop.hu].filter((_, i) => chosen[i]);
  texture.variance = values.length >= kLeastPairs ? deviationOf(values) ** 2 : NaN;
  const told = (parts) => {
    const pairs = parts.reduce((sum, part) => sum + part.pairs, 0);
    return pairs >= kLeastPairs ? parts.reduce((sum, part) => sum + part.sum, 0) / pairs : NaN;
  };
  for (const lag of kLags) {
    texture[`lag${lag}`] = told([variogram(crop, chosen, lag), variogram(crop, chosen, lag * width)]);
  }
  for (const lag of [1, 2]) texture[`slice${lag}`] = told([variogram(crop, chosen, lag * plane)]);
  texture.coarse = coarseVariance(crop, chosen);
  return texture;
}

/** The variance of means of 3×3 pixels. */
function coarseVariance({ hu, size }, chosen) {
  const [width, height, slices] = size;
  const means = [];
  for (let z = 0; z < slices; z++) {
    for (let y = 1; y < height - 1; y++) {
      for (let x = 1; x < width - 1; x++) {
        const at = (z * height + y) * width + x;
        let [sum, all] = [0, 0];
        for (let dy = -width; dy <= width; dy += width) {
          for (let from = at + dy - 1; from <= at + dy + 1; from++) {
            if (!chosen[from]) continue;
            sum += hu[from];
            all++;
          }
        }
        if (all === 9) means.push(sum / 9);
      }
    }
  }
  return means.length >= kLeastPairs ? deviationOf(means) ** 2 : NaN;
}

function contrastFeatures({ hu, own, plain, depth }, core, reference) {
  const inside = [...hu].filter((_, i) => own[i]).sort((a, b) => a - b);
  const shell = [...hu].filter((_, i) => plain[i] && -depth[i] >= kShellMm[0] && -depth[i] <= kShellMm[1]);
  const near = [...hu].filter((_, i) => plain[i] && depth[i] < 0 && depth[i] > -2);
  const rind = [...hu].filter((_, i) => own[i] && depth[i] < 2);
  const inner = [...hu].filter((_, i) => core[i]);
  const around = shell.length > 0 ? median(shell) : NaN;
  const noise = Math.sqrt(reference.variance);
  const features = {
    'contrast: core, HU': meanOf(inner) - around,
    'contrast: mean, HU': meanOf(inside) - around,
    'contrast: core over noise': (meanOf(inner) - around) / noise,
    'contrast: 0 to 2 mm outside': (meanOf(near) - around) / (meanOf(inner) - around),
    'contrast: 0 to 2 mm inside': (meanOf(rind) - around) / (meanOf(inner) - around),
    'contrast: shell SD over noise': deviationOf(shell) / noise,
  };
  for (const share of [0.05, 0.25, 0.5, 0.75, 0.95]) {
    features[`histogram: ${100 * share} %`] = (percentile(inside, share) - around) / noise;
  }
  features['histogram: core SD over noise'] = deviationOf(inner) / noise;
  return features;
}

/** The mean HU by depth, 1 in the core and 0 in the shell, and how steep it is where it is steepest. */
function edgeFeatures({ hu, own, plain, depth, size, spacing }, core) {
  const bins = kProfileMm.map(() => []);
  const width = size[0];
  const slopes = [];
  for (let i = width; i < hu.length - width; i++) {
    if (!own[i] && !plain[i]) continue;
    const bin = kProfileMm.findIndex((mm) => Math.abs(depth[i] - mm) < 0.75);
    if (bin >= 0) bins[bin].push(hu[i]);
    if (Math.abs(depth[i]) > 1.5) continue;
    const whole = [i - 1, i + 1, i - width, i + width].every((at) => own[at] || plain[at]);
    if (!whole) continue;
    const [gx, gy] = [(hu[i + 1] - hu[i - 1]) / (2 * spacing[0]), (hu[i + width] - hu[i - width]) / (2 * spacing[1])];
    slopes.push(Math.hypot(gx, gy));
  }
  const inner = meanOf([...hu].filter((_, i) => core[i]));
  const around = meanOf([...hu].filter((_, i) => plain[i] && -depth[i] >= kShellMm[0] && -depth[i] <= kShellMm[1]));
  const features = {};
  kProfileMm.forEach((mm, bin) => {
    features[`edge: profile at ${mm} mm`] =
      bins[bin].length >= 4 ? (meanOf(bins[bin]) - around) / (inner - around) : NaN;
    if (Math.abs(mm) <= 1)
      features[`edge: SD at ${mm} mm`] =
        bins[bin].length >= 4 ? deviationOf(bins[bin]) / Math.abs(inner - around) : NaN;
  });
  features['edge: slope, per mm'] = meanOf(slopes) / Math.abs(inner - around);
  features['edge: slope varies'] = deviationOf(slopes) / meanOf(slopes);
  return features;
}

function textureFeatures(crop, core, reference) {
  const texture = textureOf(crop, core);
  const features = {};
  for (const [name, value] of Object.entries(texture)) features[`texture: ${name}`] = Math.log(value / reference[name]);
  for (const lag of kLags) features[`texture: correlation at ${lag}`] = 1 - texture[`lag${lag}`] / texture.variance;
  features['texture: correlation across slices'] = 1 - texture.slice1 / texture.variance;
  return features;
}

/** Deeper than 3 mm or half of what is deepest. */
export function coreOf({ own, depth }) {
  const deepest = depth.reduce((most, mm, i) => (own[i] ? Math.max(most, mm) : most), 0);
  const from = Math.min(kCoreMm, 0.5 * deepest);
  return own.map((value, i) => Number(value && depth[i] >= from));
}

/** Of all but size and shape (lesion-shape.mjs). `reference`: the texture of the patient's liver. */
export function lookOf(crop, reference) {
  const core = coreOf(crop);
  return {
    ...contrastFeatures(crop, core, reference),
    ...edgeFeatures(crop, core),
    ...textureFeatures(crop, core, reference),
  };
}

/** What touches is one lesion: over faces, or at corners too. */
export function componentsOf(mask, [width, height, slices], { firstId = 1, corners = false } = {}) {
  const near = [-1, 0, 1];
  const steps = near
    .flatMap((dz) => near.flatMap((dy) => near.map((dx) => [dx, dy, dz])))
    .filter((step) => corners || step.filter((d) => d !== 0).length === 1);
  const ids = new Uint16Array(mask.length);
  let id = firstId;
  for (let start = 0; start < mask.length; start++) {
    if (!mask[start] || ids[start]) continue;
    const queue = [start];
    ids[start] = id;
    while (queue.length > 0) {
      const at = queue.pop();
      const [x, y, z] = [at % width, Math.floor(at / width) % height, Math.floor(at / (width * height))];
      for (const [dx, dy, dz] of steps) {
        const [u, v, w] = [x + dx, y + dy, z + dz];
        if (u < 0 || v < 0 || w < 0 || u >= width || v >= height || w >= slices) continue;
        const to = (w * height + v) * width + u;
        if (!mask[to] || ids[to]) continue;
        ids[to] = id;
        queue.push(to);
      }
    }
    id++;
  }
  return ids;
}

/** Of each id: its box, and how many voxels it has. */
export function boxesOf(ids, [width, height]) {
  const boxes = new Map();
  for (let i = 0; i < ids.length; i++) {
    if (!ids[i]) continue;
    const place = [i % width, Math.floor(i / width) % height, Math.floor(i / (width * height))];
    const box = boxes.get(ids[i]) ?? { low: [...place], high: [...place], voxels: 0 };
    place.forEach((at, axis) => {
      box.low[axis] = Math.min(box.low[axis], at);
      box.high[axis] = Math.max(box.high[axis], at);
    });
    box.voxels++;
    boxes.set(ids[i], box);
  }
  return boxes;
}

/** The median texture of discs of liver that hold no lesion. */
export function liverTexture({ volume, liver, ids, grid }) {
  const random = randomOf(17);
  const { size, spacing } = grid;
  const boxes = boxesOf(liver, size).get(1);
  const found = [];
  for (let attempt = 0; attempt < 200 * kDiscs && found.length < kDiscs; attempt++) {
    const middle = [0, 1, 2].map((axis) =>
      Math.floor(boxes.low[axis] + random() * (boxes.high[axis] - boxes.low[axis] + 1)),
    );
    const reach = [Math.round(kDiscMm / spacing[0]), Math.round(kDiscMm / spacing[1]), 1];
    const box = { low: middle.map((at, axis) => at - reach[axis]), high: middle.map((at, axis) => at + reach[axis]) };
    if (box.low.some((at) => at < 0) || box.high.some((at, axis) => at >= size[axis])) continue;
    const crop = cropOf({ scan: { ...grid, data: volume.data }, liver, lesions: ids }, -1, box);
    const [width, height, slices] = crop.size;
    const chosen = crop.own.map((_, i) => {
      const [x, y, z] = [i % width, Math.floor(i / width) % height, Math.floor(i / (width * height))];
      const [dx, dy] = [(x - (width - 1) / 2) * spacing[0], (y - (height - 1) / 2) * spacing[1]];
      return Number(Math.hypot(dx, dy) <= kDiscMm && Math.abs(z - (slices - 1) / 2) <= 1);
    });
    if (chosen.every((value, i) => !value || crop.plain[i])) found.push(textureOf(crop, chosen));
  }
  if (found.length === 0) throw new Error('Expected a liver with room for a disc of its own texture');
  return Object.fromEntries(
    Object.keys(found[0]).map((key) => [
      key,
      median(found.map((texture) => texture[key]).filter((value) => !Number.isNaN(value))),
    ]),
  );
}
