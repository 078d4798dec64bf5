// One patient, stored with every order and sense of the axes.
import type { Matrix3, Vector3 } from '../../src/index.js';

/** Index axis a of the stored volume runs along patient axis `axes[a]` (left, posterior, head), or back. */
export interface Stored {
  readonly name: string;
  readonly axes: readonly [number, number, number];
  readonly back: readonly [boolean, boolean, boolean];
}

const kPermutations = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
] as const;

export const kAxisOrders: readonly Stored[] = kPermutations.flatMap((axes) =>
  Array.from({ length: 8 }, (_, signs): Stored => {
    const back = [(signs & 1) !== 0, (signs & 2) !== 0, (signs & 4) !== 0] as const;
    const name = axes.map((axis, a) => (back[a] ? 'RAF' : 'LPH')[axis]).join('');
    return { name, axes, back };
  }),
);

type Voxels = Int16Array | Uint8Array;

interface Patient<Data> {
  readonly data: Data;
  readonly size: Vector3;
  readonly spacing: Vector3;
  readonly origin: Vector3;
}

/** The same voxels in the same places, in another order; `patient` is stored LPH. */
export function store<Data extends Voxels>(patient: Patient<Data>, { axes, back }: Stored) {
  const size = axes.map((axis) => patient.size[axis]) as unknown as Vector3;
  const spacing = axes.map((axis) => patient.spacing[axis]) as unknown as Vector3;
  const direction = Array.from({ length: 9 }, (_, i) => {
    const [row, a] = [Math.floor(i / 3), i % 3];
    return axes[a] === row ? (back[a] ? -1 : 1) : 0;
  }) as unknown as Matrix3;
  const origin = [...patient.origin];
  for (const [a, axis] of axes.entries()) {
    if (back[a]) origin[axis] = (origin[axis] ?? 0) + ((size[a] ?? 1) - 1) * (spacing[a] ?? 1);
  }
  const data = patient.data.slice() as Data;
  let to = 0;
  const at: [number, number, number] = [0, 0, 0];
  for (let k = 0; k < size[2]; k++) {
    for (let j = 0; j < size[1]; j++) {
      for (let i = 0; i < size[0]; i++) {
        for (const [a, index] of [i, j, k].entries()) {
          at[axes[a] as number] = back[a] ? (size[a] as number) - 1 - index : index;
        }
        data[to++] = patient.data[(at[2] * patient.size[1] + at[1]) * patient.size[0] + at[0]] as number;
      }
    }
  }
  return { data, size, spacing, direction, origin: origin as unknown as Vector3 };
}
