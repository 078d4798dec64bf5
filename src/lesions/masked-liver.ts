import { showVoxels } from '../native/voxels.js';
import type { BoundingBox, ClassifiedLiver, Geometry, Perimeter, Volume, Warning } from '../types.js';
import { geometryOf } from '../volume/geometry.js';
import { Grid } from '../volume/volume.js';
import { joinWarnings, warningsOf } from '../warnings.js';

/** From the pixels of its outlines, whose outer ones go around all of it. */
function extentOf(perimeters: readonly Perimeter[]): Pick<ClassifiedLiver, 'boundingBox' | 'slices'> {
  const slices = [...new Set(perimeters.map(({ slice }) => slice))].sort((a, b) => a - b);
  const [first, last] = [slices[0], slices.at(-1)];
  if (first === undefined || last === undefined) return { boundingBox: null, slices };
  const min = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  const max = [0, 0];
  for (const { pixels } of perimeters) {
    for (const [index, value] of pixels.entries()) {
      min[index % 2] = Math.min(min[index % 2] as number, value);
      max[index % 2] = Math.max(max[index % 2] as number, value);
    }
  }
  const [x0 = 0, y0 = 0] = min;
  const [x1 = 0, y1 = 0] = max;
  return { boundingBox: { min: [x0, y0, first], max: [x1, y1, last] }, slices };
}

/** A liver whose mask stays the caller's, unless it was given away. */
export class MaskedLiver extends Grid implements ClassifiedLiver {
  readonly structure = 'liver';
  declare readonly mask: Uint8Array;
  readonly perimeters: readonly Perimeter[];
  readonly volumeMl: number;
  readonly boundingBox: BoundingBox | null;
  readonly slices: readonly number[];
  readonly volume: Volume;
  readonly warnings: readonly Warning[];

  constructor(
    grid: Geometry,
    mask: { readonly data: Uint8Array },
    volume: Volume,
    perimeters: readonly Perimeter[],
    ml: number,
  ) {
    super(geometryOf(grid));
    showVoxels(this, 'mask', mask);
    this.perimeters = perimeters;
    this.volumeMl = ml;
    const { boundingBox, slices } = extentOf(perimeters);
    this.boundingBox = boundingBox;
    this.slices = slices;
    this.volume = volume;
    this.warnings = joinWarnings(volume.warnings, warningsOf(mask));
  }
}
