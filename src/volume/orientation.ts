import type { Geometry, Matrix3 } from '../types.js';

type Axes = readonly [number, number, number];

/** Canonical axis a (0 left, 1 posterior, 2 head) is axis `sourceAxis[a]` of the source, run backwards where `flipped[a]`. */
export interface AxisOrder {
  readonly sourceAxis: Axes;
  readonly flipped: readonly [boolean, boolean, boolean];
}

/** Lexicographic: of equally near ones the first is taken, as native code does. */
const kPermutations: readonly Axes[] = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
];

/** The patient axis that each index axis is nearest to; no two share one (`nearest_patient_axes` of native/core). */
function nearestPatientAxes(direction: Matrix3): Axes {
  let nearest: Axes = [0, 1, 2];
  let largest = -1;
  for (const axes of kPermutations) {
    const sum = axes.reduce<number>((total, row, axis) => total + Math.abs(direction[3 * row + axis] ?? 0), 0);
    if (sum > largest) [largest, nearest] = [sum, axes];
  }
  return nearest;
}

/**
 * How the axes lie in the patient: the order in which the networks see a volume (native/ops/orient.h), and in which
 * pictures show it. Unlike the networks, pictures take slices that are not axial.
 */
export function canonicalOrder({ direction }: Geometry): AxisOrder {
  const patientAxes = nearestPatientAxes(direction);
  const sourceAxis: [number, number, number] = [0, 1, 2];
  const flipped: [boolean, boolean, boolean] = [false, false, false];
  for (const [axis, patientAxis] of patientAxes.entries()) {
    sourceAxis[patientAxis] = axis;
    flipped[patientAxis] = (direction[3 * patientAxis + axis] ?? 0) < 0;
  }
  return { sourceAxis, flipped };
}
