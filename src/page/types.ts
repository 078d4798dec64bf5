/** What the page's script is given, as JSON: plain numbers and texts, for Node and the browser alike. */
import type { LesionNature } from '../lesions/lesion-nature.js';
import type { Geometry, Vector3 } from '../volume/geometry-types.js';

/** Which voxels of the scan the page holds, and how. */
export interface ShownRegion {
  /** First voxel of the scan. */
  readonly first: Vector3;
  /** Voxels of the scan that one of the page stands for, along (x, y, z). */
  readonly step: Vector3;
  /** Of the page's grid. */
  readonly size: Vector3;
}

/** What is drawn of a lesion, and where a click leads. */
export interface PlacedLesion {
  readonly id: number;
  readonly nature: LesionNature;
  /** Voxel of the scan (x, y, z), fractions allowed. */
  readonly target: Vector3;
}

export interface ViewerData {
  readonly region: ShownRegion;
  /** Of the page's grid, LPS. */
  readonly grid: Geometry;
  readonly structure: string;
  readonly lesions: readonly PlacedLesion[];
}

/** In the page's labels a lesion has its number and this, the structure around it this alone. */
export const kStructureLabel = 1;
export const kMostLabel = 255;
