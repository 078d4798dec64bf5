/** The voxels that a page holds, cut out of the scan and packed. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Vector3 } from '../types.js';
import { kMostLabel, kStructureLabel, type ShownRegion } from './types.js';

const pack = promisify(gzip);

/** Calls `visit` with the places in memory of the voxels that one of the page stands for, slice by slice. */
async function forEachShown(
  region: ShownRegion,
  source: Vector3,
  signal: AbortSignal | undefined,
  visit: (shown: number, firstVoxel: number) => void,
): Promise<void> {
  const [width, height] = source;
  const [shownWidth, shownHeight, slices] = region.size;
  let shown = 0;
  for (let z = 0; z < slices; z++) {
    await nextTurn();
    signal?.throwIfAborted();
    for (let y = 0; y < shownHeight; y++) {
      const row = ((region.first[2] + z) * height + region.first[1] + y * region.step[1]) * width + region.first[0];
      for (let x = 0; x < shownWidth; x++) visit(shown++, row + x * region.step[0]);
    }
  }
}

/** The places of a block's pixels, from its first one. */
function blockOffsets({ step }: ShownRegion, width: number): number[] {
  return Array.from({ length: step[0] * step[1] }, (_, i) => Math.floor(i / step[0]) * width + (i % step[0]));
}

export function voxelCount({ size }: ShownRegion): number {
  return size[0] * size[1] * size[2];
}

/** HU of the page's voxels, whole numbers. */
export async function shownHu(
  data: Int16Array | Float32Array,
  source: Vector3,
  region: ShownRegion,
  signal?: AbortSignal,
): Promise<Int16Array> {
  const offsets = blockOffsets(region, source[0]);
  const shown = new Int16Array(voxelCount(region));
  await forEachShown(region, source, signal, (index, first) => {
    let sum = 0;
    for (const offset of offsets) sum += data[first + offset] as number;
    shown[index] = Math.max(-32768, Math.min(32767, Math.round(sum / offsets.length)));
  });
  return shown;
}

/**
 * The most frequent label of a block in which at least half of the pixels have one; of equally frequent ones the higher,
 * so that both borders of a lesion are treated alike.
 */
function labelOfBlock(labels: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  const nothing = counts.get(0) ?? 0;
  counts.delete(0);
  if (nothing > labels.length / 2) return 0;
  const [first] = [...counts].sort(([a, often], [b, oftener]) => oftener - often || b - a);
  return first?.[0] ?? 0;
}

/** The structure and, in it, the lesions by number: the page's labels. */
export async function shownLabels(
  masks: { readonly structure: Uint8Array; readonly lesions: Uint8Array | null },
  source: Vector3,
  region: ShownRegion,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const { structure, lesions } = masks;
  const offsets = blockOffsets(region, source[0]);
  const shown = new Uint8Array(voxelCount(region));
  const labelAt = (voxel: number) => {
    const id = lesions?.[voxel] ?? 0;
    if (id > 0) return Math.min(kMostLabel, kStructureLabel + id);
    return structure[voxel] ? kStructureLabel : 0;
  };
  await forEachShown(region, source, signal, (index, first) => {
    shown[index] =
      offsets.length === 1 ? labelAt(first) : labelOfBlock(offsets.map((offset) => labelAt(first + offset)));
  });
  return shown;
}

export async function packLabels(labels: Uint8Array): Promise<string> {
  return (await pack(labels)).toString('base64');
}

/**
 * Noise takes most of a scan's bytes: of the differences of neighbours, zigzag-coded, the low bytes first and then the
 * high ones, gzip leaves two thirds of what it leaves of the values. `unpackHu` (browser/unpack.ts) is the way back.
 */
export async function packHu(hu: Int16Array): Promise<string> {
  const planes = new Uint8Array(2 * hu.length);
  const piece = 2 ** 20;
  for (let from = 0; from < hu.length; from += piece) {
    await nextTurn();
    const end = Math.min(hu.length, from + piece);
    for (let i = from; i < end; i++) {
      const difference = (((hu[i] as number) - (i > 0 ? (hu[i - 1] as number) : 0)) << 16) >> 16;
      const code = (difference << 1) ^ (difference >> 15);
      planes[i] = code;
      planes[hu.length + i] = code >> 8;
    }
  }
  return (await pack(planes)).toString('base64');
}
