/** The volume of bench/peers/preprocess.py, by the same formula: slices of 512×512, int16 HU, order (z, y, x). */
export function makeVolume(slices) {
  const data = new Int16Array(512 * 512 * slices);
  for (let index = 0; index < data.length; index++) {
    const x = index % 512;
    const y = Math.floor(index / 512) % 512;
    const inside = (x - 256) ** 2 + (y - 256) ** 2 < 200 * 200;
    data[index] = inside ? (Math.imul(index, 2654435761) >>> 24) - 60 : -1000;
  }
  return {
    data,
    size: [512, 512, slices],
    spacing: [0.75, 0.75, 1],
    origin: [-192, -192, 0],
    direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  };
}

/** As many slices over the same length, linear between those of `volume`. */
export function withSlices(volume, slices) {
  const [columns, rows, count] = volume.size;
  const plane = columns * rows;
  const data = new Int16Array(plane * slices);
  for (let z = 0; z < slices; z++) {
    const at = Math.min(Math.max(((z + 0.5) * count) / slices - 0.5, 0), count - 1);
    const below = Math.floor(at);
    const low = volume.data.subarray(below * plane, (below + 1) * plane);
    const high = volume.data.subarray(Math.min(below + 1, count - 1) * plane);
    for (let i = 0; i < plane; i++) data[z * plane + i] = Math.round(low[i] + (at - below) * (high[i] - low[i]));
  }
  const { origin, direction } = volume;
  const spacing = [volume.spacing[0], volume.spacing[1], (volume.spacing[2] * count) / slices];
  return { data, size: [columns, rows, slices], spacing, origin, direction };
}
