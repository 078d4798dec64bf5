/** What a lesion is taken for: by its type, unless that is indeterminate. */
export type LesionNature = 'benign' | 'malignant' | 'indeterminate';

/** Documents of earlier versions do not tell of indeterminate ones. */
export function natureOf(lesion: {
  readonly malignant: boolean;
  readonly indeterminate?: boolean | undefined;
}): LesionNature {
  if (lesion.indeterminate) return 'indeterminate';
  return lesion.malignant ? 'malignant' : 'benign';
}
