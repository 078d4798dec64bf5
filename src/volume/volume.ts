import type { CtVoxels, NativeGrid, VoxelHandle } from '../native/binding.js';
import { type CallArgument, CopiedArgument } from '../native/call-arguments.js';
import { NativeVoxels, showVoxels } from '../native/voxels.js';
import { rememberSources } from '../output/sources.js';
import { invalidArgument } from '../schema/check.js';
import type {
  Geometry,
  LabelMask,
  Mask,
  MaskInput,
  Matrix3,
  SeriesReport,
  SourceIdentity,
  Vector3,
  Volume,
  VolumeInput,
  Warning,
} from '../types.js';
import { checkGeometry } from './geometry.js';

/** What volumes, masks and results share: a place in space. */
export class Grid implements Geometry {
  readonly size: Vector3;
  readonly spacing: Vector3;
  readonly origin: Vector3;
  readonly direction: Matrix3;

  constructor({ size, spacing, origin, direction }: Geometry) {
    this.size = size;
    this.spacing = spacing;
    this.origin = origin;
    this.direction = direction;
  }
}

export type VolumeArgument = CallArgument<VoxelHandle<CtVoxels>>;
export type MaskArgument = CallArgument<VoxelHandle<Uint8Array>>;

/** A CT volume that was read: its voxels are in native memory. */
export class NativeVolume extends Grid implements Volume {
  readonly report: SeriesReport | null;
  readonly warnings: readonly Warning[];
  declare readonly data: CtVoxels;
  readonly #voxels: NativeVoxels<CtVoxels>;

  constructor(grid: NativeGrid<CtVoxels>, report: SeriesReport | null) {
    super(grid);
    this.report = report;
    this.warnings = grid.warnings;
    this.#voxels = new NativeVoxels<CtVoxels>(grid.handle, new Int16Array(0));
    showVoxels(this, 'data', this.#voxels);
  }

  dispose(): void {
    this.#voxels.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** True once a program could have changed the voxels. */
  static wasHandedOut(volume: NativeVolume): boolean {
    return volume.#voxels.handedOut;
  }

  static argument(volume: NativeVolume, field: string): VolumeArgument {
    return volume.#voxels.argument(field, volume);
  }
}

/** A mask that was read: its voxels are in native memory. */
export class NativeMask extends Grid implements Mask {
  readonly warnings: readonly Warning[];
  declare readonly data: Uint8Array;
  readonly #voxels: NativeVoxels<Uint8Array>;

  constructor(grid: NativeGrid<Uint8Array>) {
    super(grid);
    this.warnings = grid.warnings;
    this.#voxels = new NativeVoxels<Uint8Array>(grid.handle, new Uint8Array(0));
    showVoxels(this, 'data', this.#voxels);
  }

  dispose(): void {
    this.#voxels.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  static argument(mask: NativeMask, field: string): MaskArgument {
    return mask.#voxels.argument(field, mask);
  }
}

/** A mask from a DICOM object, with what it says of its values. */
export class NativeLabelMask extends NativeMask implements LabelMask {
  readonly source: SourceIdentity;
  readonly labels: readonly string[];

  constructor(grid: NativeGrid<Uint8Array>, source: SourceIdentity, labels: readonly string[]) {
    super(grid);
    this.source = source;
    this.labels = labels;
  }
}

/** The caller's own volume with the members of a `Volume`; the voxels stay the caller's. */
class CallerVolume extends Grid implements Volume {
  readonly report = null;
  readonly warnings: readonly Warning[] = [];
  data: CtVoxels;

  constructor(input: VolumeInput) {
    super(input);
    this.data = input.data;
  }

  dispose(): void {
    this.data = new Int16Array(0);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

function checkLength(field: string, geometry: Geometry, data: ArrayLike<number>): void {
  const [x, y, z] = geometry.size;
  if (data.length !== x * y * z) {
    throw invalidArgument(`the length of ${field}`, `${x * y * z} for size ${x} × ${y} × ${z}`, data.length, field);
  }
}

function checkTransfer({ transfer = false }: { readonly transfer?: unknown }): boolean {
  if (typeof transfer === 'boolean') return transfer;
  throw invalidArgument('transfer', 'true or false', transfer);
}

/** A volume from the caller, checked, for a native call. */
export function volumeArgument(volume: unknown, field = 'volume'): VolumeArgument {
  if (volume instanceof NativeVolume) return NativeVolume.argument(volume, field);
  const input = checkGeometry(field, volume) as VolumeInput;
  if (!(input.data instanceof Int16Array || input.data instanceof Float32Array)) {
    throw invalidArgument('data', 'an Int16Array or Float32Array', input.data);
  }
  checkLength('data', input, input.data);
  return new CopiedArgument<CtVoxels>(field, input, input.data, checkTransfer(input));
}

/** A mask from the caller, checked, for a native call. */
export function maskArgument(field: string, mask: unknown): MaskArgument {
  if (mask instanceof NativeMask) return NativeMask.argument(mask, field);
  const input = checkGeometry(field, mask) as MaskInput;
  if (!(input.data instanceof Uint8Array)) throw invalidArgument('data', 'a Uint8Array', input.data);
  checkLength('data', input, input.data);
  return new CopiedArgument(field, input, input.data, checkTransfer(input));
}

/**
 * What a result refers to as its volume: the caller's own, or what it became where the caller gave it away; of an
 * argument that was loaded.
 */
export function volumeOfResult(input: VolumeInput | Volume, argument: VolumeArgument): Volume {
  if (argument instanceof CopiedArgument && argument.transferred) {
    const grid = { ...argument.geometry, handle: argument.keep(), device: 'cpu', timings: {}, warnings: [] };
    return rememberSources(new NativeVolume(grid, null), input);
  }
  return 'dispose' in input ? input : new CallerVolume(input);
}
