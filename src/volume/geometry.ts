import { z } from 'zod';
import { InvalidArgumentError } from '../errors.js';
import { invalidArgument } from '../schema/check.js';
import type { Geometry, Vector3 } from '../types.js';

const positive = z.number().positive();
const finite = z.number();

/** Unit columns that span space; the third may lean. */
function isDirection(m: number[]): boolean {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0, i = 0] = m;
  const unit = [Math.hypot(a, d, g), Math.hypot(b, e, h), Math.hypot(c, f, i)].every((n) => Math.abs(n - 1) < 1e-3);
  const determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  return unit && Math.abs(determinant) > 0.1;
}

const fields = {
  size: { schema: z.tuple([z.int().min(1), z.int().min(1), z.int().min(1)]), expectation: 'three positive integers' },
  spacing: { schema: z.tuple([positive, positive, positive]), expectation: 'three positive numbers' },
  origin: { schema: z.tuple([finite, finite, finite]), expectation: 'three finite numbers' },
  direction: {
    schema: z.array(finite).length(9).refine(isDirection),
    expectation: 'nine numbers, a row-major 3×3 matrix of unit columns',
  },
} as const;

/** A copy of the fields of `geometry` alone, without what else the object has. */
export function geometryOf({ size, spacing, origin, direction }: Geometry): Geometry {
  return { size: [...size], spacing: [...spacing], origin: [...origin], direction: [...direction] };
}

/** The position of a voxel's centre, LPS; index (x, y, z), fractions allowed. */
export function positionMm({ spacing, origin, direction }: Geometry, index: readonly number[]): Vector3 {
  const along = (row: number) =>
    [0, 1, 2].reduce(
      (sum, axis) => sum + (direction[3 * row + axis] ?? 0) * (spacing[axis] ?? 0) * (index[axis] ?? 0),
      origin[row] ?? 0,
    );
  return [along(0), along(1), along(2)];
}

/** Between the corners of the same index, those of the outer voxels' outer edges: a turned or single slice tells too. */
function largestCornerDistanceMm(a: Geometry, b: Geometry): number {
  const corners = Array.from({ length: 8 }, (_, corner) =>
    a.size.map((count, axis) => ((corner >> axis) & 1 ? count - 0.5 : -0.5)),
  );
  const distances = corners.map((index) => {
    const [from, to] = [positionMm(a, index), positionMm(b, index)];
    return Math.hypot(from[0] - to[0], from[1] - to[1], from[2] - to[2]);
  });
  return Math.max(...distances);
}

const hasSameSize = (a: Geometry, b: Geometry) => a.size.every((count, axis) => count === b.size[axis]);

/** How far apart the same voxel of two grids may be: see {@link isSameGrid}. */
export const allowedDistanceMm = (reference: Geometry) => 0.5 * Math.min(...reference.spacing);

/**
 * Whether two grids are one: the same size, and no corner further than half of `reference`'s smallest spacing from its
 * counterpart, so that every voxel's nearest neighbour is itself. Positions pass through decimal strings and single
 * precision, and tools round them; what is flipped, shifted by a voxel or from another scan is further off.
 */
export function isSameGrid(reference: Geometry, given: Geometry): boolean {
  return hasSameSize(reference, given) && largestCornerDistanceMm(reference, given) <= allowedDistanceMm(reference);
}

/**
 * What goes with a volume must lie on its grid, by {@link isSameGrid}.
 *
 * @throws InvalidArgumentError `GEOMETRY_MISMATCH`
 */
export function checkSameGrid(field: string, reference: Geometry, given: Geometry): void {
  if (isSameGrid(reference, given)) return;
  const received = hasSameSize(reference, given)
    ? `one whose corners are up to ${largestCornerDistanceMm(reference, given).toFixed(2)} mm away`
    : `one of ${given.size.join(' × ')} voxels for ${reference.size.join(' × ')}`;
  throw new InvalidArgumentError(
    'GEOMETRY_MISMATCH',
    `Expected ${field} to lie on the grid of its volume, received ${received}`,
    { field, remedy: 'Give what was made on this very scan; size, spacing, origin and direction are compared.' },
  );
}

/** Checks size, spacing, origin and direction of a volume or mask from the caller; other fields are left alone. */
export function checkGeometry(name: string, value: unknown): Geometry {
  if (typeof value !== 'object' || value === null) {
    throw invalidArgument(name, 'an object with data, size, spacing, origin and direction', value);
  }
  const record = value as Record<string, unknown>;
  for (const [field, { schema, expectation }] of Object.entries(fields)) {
    if (!schema.safeParse(record[field]).success) throw invalidArgument(field, expectation, record[field]);
  }
  return value as Geometry;
}
