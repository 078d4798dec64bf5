/** The surfaces of liver and lesions, to be turned (NiiVue). They are computed here, from the labels that the page holds. */
import { DRAG_MODE, Niivue, NVMesh, SLICE_TYPE } from '@niivue/niivue';
import { extentsOf, type Labels } from '../../mesh/extents.js';
import { type Surface, surfaceOf } from '../../mesh/surface.js';
import type { Vector3 } from '../../volume/geometry-types.js';
import { kMostLabel, kStructureLabel, type ViewerData } from '../types.js';
import { kLesionColours, kStructureSurfaceColour } from './colours.js';

/** What a liver's surface shows of finer voxels costs a telephone seconds. */
const kFinestMm = 1.4;
const kStructureOpacity = 0.3;
/** Degrees: seen from the front, a little from above. */
const kFront = [180, 12] as const;
const kNapEveryMs = 40;

/** Lets the browser draw and answer, without losing time to each slice. */
function napper(): () => Promise<unknown> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < kNapEveryMs) return;
    await new Promise((resolve) => setTimeout(resolve));
    last = performance.now();
  };
}

/** Every so many voxels along each axis, as many as keep voxels below `kFinestMm`. */
function thinned({ size, spacing, origin, direction, data }: Labels): Labels {
  const step = spacing.map((mm) => Math.max(1, Math.floor(kFinestMm / mm))) as unknown as Vector3;
  if (step.every((many) => many === 1)) return { size, spacing, origin, direction, data };
  const thin = size.map((count, axis) => Math.ceil(count / (step[axis] as number))) as unknown as Vector3;
  const kept = new Uint8Array(thin[0] * thin[1] * thin[2]);
  let at = 0;
  for (let z = 0; z < size[2]; z += step[2]) {
    for (let y = 0; y < size[1]; y += step[1]) {
      for (let x = 0; x < size[0]; x += step[0]) kept[at++] = data[(z * size[1] + y) * size[0] + x] as number;
    }
  }
  const far = spacing.map((mm, axis) => mm * (step[axis] as number)) as unknown as Vector3;
  return { size: thin, spacing: far, origin, direction, data: kept };
}

function meshOf(
  { points, triangles }: Surface,
  name: string,
  colour: readonly number[],
  opacity: number,
  niivue: Niivue,
) {
  // NiiVue's space is RAS.
  const ras = points.map((mm, index) => (index % 3 === 2 ? mm : -mm));
  return new NVMesh(ras, triangles, name, new Uint8Array([...colour, 255]), opacity, true, niivue.gl);
}

export class Space {
  readonly #niivue: Niivue;

  private constructor(niivue: Niivue) {
    this.#niivue = niivue;
  }

  static async open(canvas: HTMLCanvasElement, data: ViewerData, labels: Uint8Array): Promise<Space> {
    const niivue = new Niivue({
      sliceType: SLICE_TYPE.RENDER,
      isOrientCube: true,
      dragMode: DRAG_MODE.none,
      dragAndDropEnabled: false,
      loadingText: '',
      logLevel: 'error',
    });
    await niivue.attachToCanvas(canvas);
    niivue.setRenderAzimuthElevation(...kFront);
    const [voxels, nap] = [{ ...data.grid, data: labels }, napper()];
    const extents = await extentsOf(voxels, nap);
    for (const { id, nature } of data.lesions) {
      const label = Math.min(kMostLabel, kStructureLabel + id);
      const surface = await surfaceOf(voxels, (value) => value === label, nap, extents);
      if (surface) niivue.addMesh(meshOf(surface, `lesion ${id}`, kLesionColours[nature], 1, niivue));
    }
    // Last: what is seen through has to find what is behind it.
    const structure = await surfaceOf(thinned(voxels), (value) => value >= kStructureLabel, nap);
    if (structure)
      niivue.addMesh(meshOf(structure, data.structure, kStructureSurfaceColour, kStructureOpacity, niivue));
    return new Space(niivue);
  }

  /** Seen from the front again. */
  reset(): void {
    this.#niivue.setRenderAzimuthElevation(...kFront);
    this.#niivue.setScale(1);
  }
}
