import type { LesionType, LiverOctant } from '../types.js';

/** In the order of class channels and of confusion matrices. */
export const kLesionTypes = ['CYS', 'ANG', 'HCC', 'MET'] as const;

/** The values of a mask of types. */
export const kLesionTypeValues: Readonly<Record<string, number>> = Object.fromEntries(
  kLesionTypes.map((type, index) => [type, index + 1]),
);

/** For a person. */
export function describeOctant({ side, sector, level, couinaud }: LiverOctant): string {
  return `${side} ${sector} sector, ${level} half (about segment ${couinaud}; told from the outline of the liver alone)`;
}

export function isMalignant(type: LesionType): boolean {
  return type === 'HCC' || type === 'MET';
}
