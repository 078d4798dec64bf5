import type { NativePerimeters } from './native-binding.js';
import type { Perimeter } from './types.js';

/** The packed points of all perimeters, as views of one memory block each. */
export function perimetersOf({ slices, holes, starts, pixels, mm }: NativePerimeters): Perimeter[] {
  return Array.from(slices, (slice, index) => {
    const [begin, end] = [starts[index] ?? 0, starts[index + 1] ?? 0];
    return {
      slice,
      hole: holes[index] === 1,
      pixels: pixels.subarray(2 * begin, 2 * end),
      mm: mm.subarray(3 * begin, 3 * end),
    };
  });
}
