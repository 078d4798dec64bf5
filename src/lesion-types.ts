import type { LesionType } from './types.js';

/** In the order of class channels and of confusion matrices. */
export const kLesionTypes = ['CYS', 'ANG', 'HCC', 'MET'] as const satisfies readonly LesionType[];

export function isMalignant(type: LesionType): boolean {
  return type === 'HCC' || type === 'MET';
}
