import { forEachVoxel } from './volumes.js';

/** A mask moved by one pixel or one slice, or mirrored: what a reader or a viewer must tell from the mask itself. */
export function moved(mask: Uint8Array, size: readonly [number, number, number], how: 'x' | 'z' | 'mirrored') {
  const out = new Uint8Array(mask.length);
  forEachVoxel(size, (index, x, y, z) => {
    const fromX = how === 'x' ? x - 1 : how === 'mirrored' ? size[0] - 1 - x : x;
    const fromZ = how === 'z' ? z - 1 : z;
    if (fromX >= 0 && fromZ >= 0) out[index] = mask[(fromZ * size[1] + y) * size[0] + fromX] as number;
  });
  return out;
}
