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
