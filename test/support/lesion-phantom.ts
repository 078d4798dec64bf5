// The phantom's organ with balls in it, and how well they were found.
import { forEachVoxel, makePhantom } from './volumes.js';

interface Ball {
  readonly centre: readonly number[];
  readonly radius: number;
  readonly hu: number;
}

/** The phantom's organ with balls, the later ones over the earlier; `expected`: their numbers. */
export function phantomWith(balls: readonly Ball[]) {
  const volume = makePhantom({ size: [96, 80, 12], organRadius: 24 });
  const expected = new Uint8Array(volume.data.length);
  forEachVoxel(volume.size, (index, x, y, z) => {
    for (const [number, { centre, radius, hu }] of balls.entries()) {
      const [cx = 0, cy = 0, cz = 0] = centre;
      if (Math.hypot(x - cx, y - cy, z - cz) > radius) continue;
      volume.data[index] = hu;
      expected[index] = number + 1;
    }
  });
  return { volume, expected };
}

/** Of what is not 0. */
export function dice(found: Uint8Array, expected: Uint8Array): number {
  const count = (of: (index: number) => boolean) => expected.reduce((sum, _, index) => sum + Number(of(index)), 0);
  const inFound = (index: number) => (found[index] ?? 0) > 0;
  const inExpected = (index: number) => (expected[index] ?? 0) > 0;
  return (2 * count((index) => inFound(index) && inExpected(index))) / (count(inFound) + count(inExpected));
}
