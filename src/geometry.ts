import { z } from 'zod';
import { invalidArgument } from './options.js';
import type { Geometry } from './types.js';

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

/** Positions pass through decimal strings and floats: a hundredth of a millimetre is the same place. */
export function isSameGrid(a: Geometry, b: Geometry): boolean {
  const close = (left: readonly number[], right: readonly number[], tolerance: number) =>
    left.every((value, index) => Math.abs(value - (right[index] as number)) <= tolerance);
  return (
    close(a.size, b.size, 0) &&
    close(a.spacing, b.spacing, 1e-3) &&
    close(a.origin, b.origin, 1e-2) &&
    close(a.direction, b.direction, 1e-4)
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
