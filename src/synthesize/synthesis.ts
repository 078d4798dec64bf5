import type { NativeSyntheticLesions } from '../native/binding.js';
import { runJobOn } from '../native/job.js';
import { rememberSources } from '../output/sources.js';
import { checkOptions, nativeOptions } from '../schema/check.js';
import { synthesizeOptions } from '../schema/evaluate.js';
import { checkStructure, segmentedMaskArgument } from '../segment/segmentation.js';
import type {
  Mask,
  MaskInput,
  Segmentation,
  SynthesizeOptions,
  SyntheticArterialScan,
  SyntheticLesion,
  SyntheticLesions,
  Volume,
  VolumeInput,
  Warning,
} from '../types.js';
import { checkSameGrid, geometryOf } from '../volume/geometry.js';
import { maskArgument, NativeMask, NativeVolume, volumeArgument } from '../volume/volume.js';

/** The volume and both masks are in native memory. */
class NativeSynthesis implements SyntheticLesions {
  readonly volume: Volume;
  readonly types: Mask;
  readonly ids: Mask;
  readonly lesions: readonly SyntheticLesion[];
  readonly arterial?: SyntheticArterialScan;
  readonly timings: Readonly<Record<string, number>>;
  readonly warnings: readonly Warning[];

  constructor(result: NativeSyntheticLesions) {
    const { device, timings, warnings } = result;
    const grid = { ...geometryOf(result), device, timings, warnings: [] };
    this.volume = new NativeVolume({ ...grid, handle: result.handle }, null);
    this.types = new NativeMask({ ...grid, handle: result.types });
    this.ids = new NativeMask({ ...grid, handle: result.ids });
    this.lesions = result.lesions;
    if (result.arterial) {
      const { handle, rotation, offsetMm, liverHu, aortaHu } = result.arterial;
      const volume = new NativeVolume({ ...grid, ...geometryOf(result.arterial), handle }, null);
      this.arterial = { volume, motion: { rotation, offsetMm }, liverHu, aortaHu };
    }
    this.timings = timings;
    this.warnings = warnings;
  }

  dispose(): void {
    this.volume.dispose();
    this.types.dispose();
    this.ids.dispose();
    this.arterial?.volume.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/**
 * Puts lesions of known types into a liver as it was scanned: cysts, haemangiomas, hepatocellular carcinomas and
 * metastases by their radiological signs, with the scan's own noise, blurred as the scanner blurs. No public data gives
 * lesion types, so the lesion network learns types from such scans; what is measured on them holds for synthetic lesions.
 * With `arterial` a second scan shows the same liver and lesions in the arterial phase.
 *
 * @param volume - contrast-enhanced abdominal CT, HU, order (z, y, x); axial slices. It is not changed.
 * @param liver - its liver, lesions included
 * @returns the volume with its lesions, a mask of types, a mask of ids, and what is known of each lesion
 * @throws {@link InvalidArgumentError} `INVALID_ARGUMENT`, `GEOMETRY_MISMATCH`, `WRONG_STRUCTURE`; {@link InputFileError} `EMPTY_MASK`,
 *   `UNSUPPORTED_ORIENTATION`
 */
export async function synthesizeLesions(
  volume: VolumeInput,
  liver: MaskInput | Segmentation,
  options: SynthesizeOptions = {},
): Promise<SyntheticLesions> {
  const checked = checkOptions(synthesizeOptions, options);
  const voxels = volumeArgument(volume);
  const mask = segmentedMaskArgument('liver', liver);
  checkSameGrid('liver', volume, liver);
  checkStructure('liver', liver);
  const { realLesions } = options;
  const real = realLesions ? maskArgument('realLesions', realLesions) : null;
  if (realLesions) checkSameGrid('realLesions', volume, realLesions);
  const settings = nativeOptions(synthesizeOptions, checked);
  const result = await runJobOn([voxels, mask, real], options, (native, control, ...handles) =>
    native.synthesizeLesions(...handles, settings, control),
  );
  const made = new NativeSynthesis(result);
  for (const part of [made.volume, made.types, made.ids, ...(made.arterial ? [made.arterial.volume] : [])]) {
    rememberSources(part, volume, liver, realLesions);
  }
  return made;
}
