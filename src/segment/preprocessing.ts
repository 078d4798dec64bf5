import type { NativePreprocessing } from '../native/binding.js';
import { runJobOn } from '../native/job.js';
import { NativeVoxels, showVoxels } from '../native/voxels.js';
import { rememberSources } from '../output/sources.js';
import { checkOptions, nativeOptions } from '../schema/check.js';
import { preprocessOptions } from '../schema/run.js';
import type { PreprocessedVolume, PreprocessOptions, VolumeInput, Warning } from '../types.js';
import { Grid, volumeArgument } from '../volume/volume.js';
import { joinWarnings, warningsOf } from '../warnings.js';

/** Both pictures are in native memory. */
class NativePreprocessed extends Grid implements PreprocessedVolume {
  declare readonly data: Uint8Array;
  declare readonly clipped: Uint8Array;
  readonly device: string;
  readonly timings: Readonly<Record<string, number>>;
  readonly warnings: readonly Warning[];
  readonly #pictures: readonly NativeVoxels<Uint8Array>[];

  constructor(result: NativePreprocessing, earlier: readonly Warning[]) {
    super(result);
    this.device = result.device;
    this.timings = result.timings;
    this.warnings = joinWarnings(earlier, result.warnings);
    const equalized = new NativeVoxels(result.handle, new Uint8Array(0));
    const clipped = new NativeVoxels(result.clipped, new Uint8Array(0));
    this.#pictures = [equalized, clipped];
    showVoxels(this, 'data', equalized);
    showVoxels(this, 'clipped', clipped);
  }

  dispose(): void {
    for (const picture of this.#pictures) picture.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/**
 * Clips to a window of Hounsfield units, quantizes to 8 bits and equalizes each slice's histogram, as the networks see
 * it (paper, Preprocessing; figure 2).
 *
 * @param volume - HU, order (z, y, x)
 * @returns `data` (equalized) and `clipped`, one byte a voxel, order (z, y, x), on the grid of `volume`
 * @throws {@link InvalidArgumentError} `INVALID_ARGUMENT`; {@link DeviceError} `NO_CUDA_DEVICE`, `CUDA_FAILED`
 */
export async function preprocess(volume: VolumeInput, options: PreprocessOptions = {}): Promise<PreprocessedVolume> {
  const checked = checkOptions(preprocessOptions, options);
  const voxels = volumeArgument(volume);
  const settings = nativeOptions(preprocessOptions, checked);
  const result = await runJobOn([voxels], options, (native, control, handle) =>
    native.preprocess(handle, settings, control),
  );
  return rememberSources(new NativePreprocessed(result, warningsOf(volume)), volume);
}
