/** A scan as another examination would show it: turned and shifted, in another phase, on another grid, with noise of its own. */

const kDegree = Math.PI / 180;
/** As test/native/registration has it. */
const kMostDegrees = 8;
const kMostShiftMm = 25;
const kAirHu = -160;
/** Places across a slice that it is the mean of, one for each of these. */
const kSampleStepMm = 1;

/** Numbers that follow from a seed alone (Park and Miller): 0 to 1. */
export function randomOf(seed) {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

/** Nearly normal, standard deviation 1. */
const normal = (random) => Array.from({ length: 12 }, random).reduce((sum, value) => sum + value, -6);

const product = (a, b) =>
  a.map((_, i) => [0, 1, 2].reduce((sum, k) => sum + a[i - (i % 3) + k] * b[3 * k + (i % 3)], 0));

function rotationOf([x, y, z]) {
  const [[cx, sx], [cy, sy], [cz, sz]] = [x, y, z].map((angle) => [Math.cos(angle), Math.sin(angle)]);
  const aboutX = [1, 0, 0, 0, cx, -sx, 0, sx, cx];
  const aboutY = [cy, 0, sy, 0, 1, 0, -sy, 0, cy];
  const aboutZ = [cz, -sz, 0, sz, cz, 0, 0, 0, 1];
  return product(aboutZ, product(aboutY, aboutX));
}

export const turned = (m, [x, y, z]) => [0, 3, 6].map((row) => m[row] * x + m[row + 1] * y + m[row + 2] * z);

/** A place p of the later scan lies at `rotation · p + offsetMm` in the earlier one; it turns about `centre`. */
export function randomMotion(random, centre) {
  const between = (most) => (2 * random() - 1) * most;
  const rotation = rotationOf([0, 1, 2].map(() => between(kMostDegrees) * kDegree));
  const shift = [0, 1, 2].map(() => between(kMostShiftMm));
  const turnedCentre = turned(rotation, centre);
  return { rotation, offsetMm: centre.map((mm, axis) => mm + shift[axis] - turnedCentre[axis]) };
}

export const placed = ({ rotation, offsetMm }, place) => turned(rotation, place).map((mm, axis) => mm + offsetMm[axis]);

/** Of axes along the patient's: the scans here have no others. */
export const positionOf = ({ origin, spacing }, index) =>
  index.map((value, axis) => origin[axis] + spacing[axis] * value);

/** The middle of a mask and the box around it, mm. */
export function extentOf(mask) {
  const [width, height] = mask.size;
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  const sum = [0, 0, 0];
  let count = 0;
  mask.data.forEach((value, i) => {
    if (!value) return;
    const place = positionOf(mask, [i % width, Math.floor(i / width) % height, Math.floor(i / (width * height))]);
    place.forEach((mm, axis) => {
      low[axis] = Math.min(low[axis], mm);
      high[axis] = Math.max(high[axis], mm);
      sum[axis] += mm;
    });
    count++;
  });
  return { middle: sum.map((mm) => mm / count), low, high };
}

/** Means of 3×3 pixels of each slice, so that the noise of both scans is hardly the same. */
export function smoothed({ data, size, ...grid }) {
  const [width, height, slices] = size;
  const result = new Float32Array(data.length);
  for (let z = 0; z < slices; z++) {
    for (let y = 1; y < height - 1; y++) {
      for (let x = 1; x < width - 1; x++) {
        const at = (z * height + y) * width + x;
        let sum = 0;
        for (let dy = -width; dy <= width; dy += width) sum += data[at + dy - 1] + data[at + dy] + data[at + dy + 1];
        result[at] = sum / 9;
      }
    }
  }
  return { ...grid, size, data: result };
}

/** Linear between voxels; `outside` beyond them. */
function sampler({ data, size, spacing, origin }, outside) {
  const [width, height, slices] = size;
  return ([px, py, pz]) => {
    const x = (px - origin[0]) / spacing[0];
    const y = (py - origin[1]) / spacing[1];
    const z = (pz - origin[2]) / spacing[2];
    if (!(x >= 0 && y >= 0 && z >= 0 && x < width - 1 && y < height - 1 && z < slices - 1)) return outside;
    const [i, j, k] = [Math.floor(x), Math.floor(y), Math.floor(z)];
    const [u, v, w] = [x - i, y - j, z - k];
    const at = (k * height + j) * width + i;
    const row = (from) => data[from] + u * (data[from + 1] - data[from]);
    const plane = (from) => row(from) + v * (row(from + width) - row(from));
    const low = plane(at);
    return low + w * (plane(at + width * height) - low);
  };
}

/** What a scan shows on `grid` after `motion`: { volume, liver }; `phase(hu, liverPart)` gives the HU of the other phase. */
export function scanAfter(motion, { volume, liver }, grid, { phase, noiseHu, random }) {
  const [width, height, slices] = grid.size;
  const hu = sampler(volume, kAirHu);
  const part = sampler(liver, 0);
  const data = new Int16Array(width * height * slices);
  const mask = new Uint8Array(data.length);
  const steps = Math.max(1, Math.round(grid.spacing[2] / kSampleStepMm));
  let at = 0;
  for (let z = 0; z < slices; z++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++, at++) {
        let [sum, covered] = [0, 0];
        for (let step = 0; step < steps; step++) {
          const place = placed(motion, positionOf(grid, [x, y, z + (step + 0.5) / steps - 0.5]));
          const inside = part(place);
          sum += phase(hu(place), inside) / steps;
          covered += inside / steps;
        }
        data[at] = Math.round(sum + noiseHu * normal(random));
        mask[at] = Number(covered >= 0.5);
      }
    }
  }
  return { volume: { ...grid, data }, liver: { ...grid, data: mask } };
}
