import type { LesionType } from './types.js';

/** In the order of class channels and of confusion matrices. */
export const kLesionTypes = ['CYS', 'ANG', 'HCC', 'MET'] as const;

/** The values of a mask of types. */
export const kLesionTypeValues: Readonly<Record<string, number>> = Object.fromEntries(
  kLesionTypes.map((type, index) => [type, index + 1]),
);

export function isMalignant(type: LesionType): boolean {
  return type === 'HCC' || type === 'MET';
}
