import type { NativePerimeters } from '../native/perimeter-types.js';
import type { Perimeter } from '../types.js';

/** Each perimeter's points in memory of its own: the transfer of one to another thread leaves the others alone. */
export function perimetersOf({ slices, holes, starts, pixels, mm }: NativePerimeters): Perimeter[] {
  return Array.from(slices, (slice, index) => {
    const [begin, end] = [starts[index] ?? 0, starts[index + 1] ?? 0];
    return {
      slice,
      hole: holes[index] === 1,
      pixels: pixels.slice(2 * begin, 2 * end),
      mm: mm.slice(3 * begin, 3 * end),
    };
  });
}
