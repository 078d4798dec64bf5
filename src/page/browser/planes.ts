/** The scan in three planes, voxel by voxel as it was taken, with the outlines of what was found (NiiVue). */
import { cmapper, DRAG_MODE, Niivue, NVImage, SHOW_RENDER, SLICE_TYPE } from '@niivue/niivue';
import type { Geometry, Vector3 } from '../../volume/geometry-types.js';
import { kMostLabel, kStructureLabel, type ShownRegion, type ViewerData } from '../types.js';
import { kLesionColours, kStructureColour } from './colours.js';

export type Plane = 'axial' | 'coronal' | 'sagittal';
export type View = 'all' | Plane;
export type Window = readonly [low: number, high: number];

const kSliceTypes = { axial: SLICE_TYPE.AXIAL, coronal: SLICE_TYPE.CORONAL, sagittal: SLICE_TYPE.SAGITTAL } as const;
/** Index of the axis, right to left, back to front, feet to head, that a view's slices follow each other along. */
const kThroughPlane = { all: 2, axial: 2, coronal: 1, sagittal: 0 } as const;
export const kNarrow = matchMedia('(max-width: 760px)');

/** How much of the inside is covered; outlines, of one pixel of the screen, are opaque. */
const kTint = 0.1;
const kNiftiInt16 = 4;
const kNiftiUint8 = 2;

/** Row-major, voxel to mm, RAS, as NIfTI has it. */
function affineOf({ spacing, origin, direction }: Geometry): number[] {
  const rows = [-1, -1, 1].map((sign, row) => [
    ...spacing.map((length, axis) => sign * (direction[3 * row + axis] as number) * length),
    sign * (origin[row] as number),
  ]);
  return [...rows.flat(), 0, 0, 0, 1];
}

async function imageOf(
  grid: Geometry,
  voxels: Int16Array | Uint8Array,
  name: string,
  [cal_min, cal_max]: Window,
): Promise<NVImage> {
  const type = voxels instanceof Int16Array ? kNiftiInt16 : kNiftiUint8;
  const file = NVImage.createNiftiArray([...grid.size], [...grid.spacing], affineOf(grid), type, voxels);
  return NVImage.loadFromUrl({ url: file.buffer as ArrayBuffer, name: `${name}.nii`, cal_min, cal_max });
}

/** NiiVue's "drawing": a layer of labels whose outlines are drawn in each plane by themselves. */
function labelColours(lesions: ViewerData['lesions']) {
  const labels = [
    { label: 0, colour: [0, 0, 0] as const, alpha: 0 },
    // Its inside is left as it is: what has no alpha at all has no outline either.
    { label: kStructureLabel, colour: kStructureColour, alpha: 1 },
    ...lesions.map(({ id, nature }) => ({
      label: Math.min(kMostLabel, kStructureLabel + id),
      colour: kLesionColours[nature],
      alpha: 255,
    })),
  ];
  return cmapper.makeDrawLut({
    R: labels.map(({ colour }) => colour[0]),
    G: labels.map(({ colour }) => colour[1]),
    B: labels.map(({ colour }) => colour[2]),
    A: labels.map(({ alpha }) => alpha),
    I: labels.map(({ label }) => label),
  });
}

/** Where the crosshair is. */
export interface Place {
  /** Voxel of the scan. */
  readonly voxel: Vector3;
  /** LPS. */
  readonly mm: Vector3;
  readonly hu: number;
}

export class Planes {
  readonly #niivue: Niivue;
  readonly #region: ShownRegion;
  readonly #grid: Geometry;
  readonly #hu: Int16Array;
  #view: View = 'all';
  #zoom = 1;

  private constructor(niivue: Niivue, { region, grid }: ViewerData, hu: Int16Array, onMove: (place: Place) => void) {
    this.#niivue = niivue;
    this.#region = region;
    this.#grid = grid;
    this.#hu = hu;
    niivue.onLocationChange = () => onMove(this.#place());
    kNarrow.addEventListener('change', () => this.show(this.#view));
  }

  static async open(
    canvas: HTMLCanvasElement,
    data: ViewerData,
    voxels: { readonly hu: Int16Array; readonly labels: Uint8Array },
    window: Window,
    onMove: (place: Place) => void,
  ): Promise<Planes> {
    const niivue = new Niivue({
      isRadiologicalConvention: true,
      sagittalNoseLeft: true,
      multiplanarShowRender: SHOW_RENDER.NEVER,
      dragMode: DRAG_MODE.windowing,
      isForceMouseClickToVoxelCenters: true,
      dragAndDropEnabled: false,
      crosshairColor: [0.42, 0.71, 1, 0.6],
      crosshairGap: 12,
      crosshairWidthUnit: 'mm',
      crosshairWidth: 0.7,
      fontColor: [0.85, 0.88, 0.9, 1],
      tileMargin: 2,
      loadingText: '',
      logLevel: 'error',
    });
    await niivue.attachToCanvas(canvas);
    if (!niivue.gl) throw new Error('WebGL 2 is not there');
    niivue.drawLut = labelColours(data.lesions);
    niivue.drawRimOpacity = 1;
    niivue.addVolume(await imageOf(data.grid, voxels.hu, 'scan', window));
    niivue.loadDrawing(await imageOf(data.grid, voxels.labels, 'labels', [0, kMostLabel]));
    niivue.setDrawOpacity(kTint);
    const planes = new Planes(niivue, data, voxels.hu, onMove);
    planes.show('all');
    return planes;
  }

  get #scan(): NVImage {
    return this.#niivue.volumes[0] as NVImage;
  }

  #place(): Place {
    const { size, spacing, origin, direction } = this.#grid;
    const scan = this.#scan;
    const ras = scan.convertFrac2Vox(this.#niivue.scene.crosshairPos);
    const [start, step] = [scan.img2RASstart as number[], scan.img2RASstep as number[]];
    const index = [0, 1, 2].reduce(
      (sum, axis) => sum + (start[axis] as number) + (ras[axis] as number) * (step[axis] as number),
      0,
    );
    const shown = [index % size[0], Math.floor(index / size[0]) % size[1], Math.floor(index / (size[0] * size[1]))];
    const mm = [0, 1, 2].map((row) =>
      shown.reduce(
        (sum, voxel, axis) => sum + voxel * (spacing[axis] as number) * (direction[3 * row + axis] as number),
        origin[row] as number,
      ),
    );
    const voxel = shown.map((one, axis) => {
      const [first, many] = [this.#region.first[axis] as number, this.#region.step[axis] as number];
      return first + one * many + Math.floor((many - 1) / 2);
    });
    return { voxel: voxel as unknown as Vector3, mm: mm as unknown as Vector3, hu: this.#hu[index] as number };
  }

  /** Moves the crosshair to a voxel of the scan. */
  goTo(voxel: Vector3): void {
    const { first, step, size } = this.#region;
    const shown = voxel.map((index, axis) => {
      const many = step[axis] as number;
      const within = (index - (first[axis] as number) - (many - 1) / 2) / many;
      return Math.max(0, Math.min((size[axis] as number) - 1, Math.round(within)));
    });
    const scan = this.#scan;
    const [start, stride] = [scan.img2RASstart as number[], scan.img2RASstep as number[]];
    const strides = [1, size[0], size[0] * size[1]];
    const ras = [0, 1, 2].map((axis) => {
      const along = strides.indexOf(Math.abs(stride[axis] as number));
      const from = (start[axis] as number) / (strides[along] as number);
      return Math.abs((shown[along] as number) - from);
    });
    this.#niivue.scene.crosshairPos = scan.convertVox2Frac(ras as [number, number, number]);
    this.#moved();
  }

  /** Through the slices of the view, towards the head, the front or the left where `by` is positive. */
  step(by: number): void {
    const position = this.#niivue.scene.crosshairPos;
    const axis = kThroughPlane[this.#view];
    const count = (this.#scan.dimsRAS as number[])[axis + 1] as number;
    const slice = Math.round((position[axis] as number) * count - 0.5) + by;
    position[axis] = (Math.max(0, Math.min(count - 1, slice)) + 0.5) / count;
    this.#moved();
  }

  #moved(): void {
    if (this.#zoom > 1) this.#centre();
    this.#niivue.drawScene();
    this.#niivue.createOnLocationChange();
  }

  #centre(): void {
    const niivue = this.#niivue;
    const middle = niivue.frac2mm([0.5, 0.5, 0.5]);
    const at = niivue.frac2mm(niivue.scene.crosshairPos);
    const pan = [0, 1, 2].map((axis) => (middle[axis] as number) - (at[axis] as number) * this.#zoom);
    niivue.setPan2Dxyzmm([pan[0] as number, pan[1] as number, pan[2] as number, this.#zoom]);
  }

  /** Enlarges around the crosshair; 1 is the whole picture. */
  zoom(by: number): void {
    this.#zoom = Math.max(1, Math.min(16, this.#zoom * by));
    if (this.#zoom > 1) this.#centre();
    else this.#niivue.setPan2Dxyzmm([0, 0, 0, 1]);
  }

  showWhole(): void {
    this.zoom(0);
  }

  setWindow([low, high]: Window): void {
    this.#scan.cal_min = low;
    this.#scan.cal_max = high;
    this.#niivue.updateGLVolume();
  }

  showOutlines(shown: boolean): void {
    this.#niivue.setDrawOpacity(shown ? kTint : 0);
  }

  show(view: View): void {
    this.#view = view;
    const { axial, coronal, sagittal } = kSliceTypes;
    const alone = view === 'all' ? undefined : kSliceTypes[view];
    const wide: Parameters<Niivue['setCustomLayout']>[0] = [
      { sliceType: axial, position: [0, 0, 0.42, 1] },
      { sliceType: coronal, position: [0.42, 0, 0.29, 1] },
      { sliceType: sagittal, position: [0.71, 0, 0.29, 1] },
    ];
    const narrow: typeof wide = [
      { sliceType: axial, position: [0, 0, 1, 0.5] },
      { sliceType: coronal, position: [0, 0.5, 0.5, 0.5] },
      { sliceType: sagittal, position: [0.5, 0.5, 0.5, 0.5] },
    ];
    const layout = kNarrow.matches ? narrow : wide;
    this.#niivue.setCustomLayout(alone === undefined ? layout : [{ sliceType: alone, position: [0, 0, 1, 1] }]);
  }
}
