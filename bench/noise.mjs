/** Noise that is the same in every run. */
let seed = 1;

/** Nearly normal, standard deviation 1. */
export function normal() {
  let sum = -6;
  for (let i = 0; i < 12; i++) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    sum += seed / 2 ** 32;
  }
  return sum;
}
