// Written by scripts/options.mjs from the schemas beside it; change those.
import type {
  ContrastPhase,
  DeviceChoice,
  HistogramEqualization,
  LesionType,
  MaskInput,
  Model,
  Postprocessing,
  Progress,
  RvdConvention,
  Volume,
  VolumeInput,
} from '../types.js';

/** Options of every call that takes time. */
export interface RunOptions {
  /** Ends the call, which then rejects with the reason of the signal. */
  readonly signal?: AbortSignal;
  /** Told how far the call is. */
  readonly onProgress?: (progress: Progress) => void;
  /** Threads to compute with; default: all cores that the process may use. */
  readonly threads?: number;
}

/** Options of every call that computes on a device. */
export interface DeviceOptions {
  /**
   * Where to compute; default `'auto'`. `auto` takes a GPU where one can be used, else the CPU; it goes on there, with
   * the warning `GPU_NOT_USED`, where the GPU fails or its memory does not suffice. `cuda` and `cuda:N` are refused
   * (`NO_CUDA_DEVICE`) where they cannot be had.
   */
  readonly device?: DeviceChoice;
}

/** Options of what writes a file. */
export interface WriteOptions extends RunOptions {
  /** Replace a file that hepatica did not write; default `false`. What the data was read from is never replaced. */
  readonly overwrite?: boolean;
}

/** What `configure` sets. */
export interface ProcessOptions {
  /**
   * How many calls compute at once on each device, 1 to 1024, and how many read and write files at once beside them;
   * default: as many as there are cores, and no fewer than two; on a GPU two. Each computes with all cores and holds
   * its volumes; networks compute one at a time.
   */
  readonly concurrency?: number;
}

/** Options of `preload`. */
export interface PreloadOptions extends RunOptions, DeviceOptions {
  /**
   * Arithmetic of the network; default `'auto'`. `auto` takes bf16 where the device has it, else fp32. `tf32` is a
   * GPU's single precision with rounded factors; without it, fp32 is fp32.
   */
  readonly precision?: 'auto' | 'fp32' | 'tf32' | 'bf16';
  /**
   * What is made ready; default: the liver's weights that come with the package, and the lesion network's where they
   * are installed.
   */
  readonly models?: readonly Model[];
}

/** Options of `preprocess`. */
export interface PreprocessOptions extends RunOptions, DeviceOptions {
  /**
   * HU limits, integers, the lower one first; default `[-100, 400]`. The default is that of the paper (Preprocessing).
   */
  readonly window?: readonly [number, number];
  /** Per-slice histogram equalization; default `'global'`. `global` is OpenCV's equalizeHist. */
  readonly equalization?: HistogramEqualization;
}

/** Options of `segmentLiver`, `segmentStructure` and `segmentStructures`. */
export interface SegmentOptions extends RunOptions, DeviceOptions {
  /**
   * A trained segmenter, or `'paper'`; default: the 3-D network that comes with the package. `'paper'` is the paper's
   * network of three layers, trained, which comes with the package too.
   */
  readonly model?: Model | 'paper';
  /**
   * Arithmetic of the network; default `'auto'`. `auto` takes bf16 where the device has it, else fp32. `tf32` is a
   * GPU's single precision with rounded factors; without it, fp32 is fp32.
   */
  readonly precision?: 'auto' | 'fp32' | 'tf32' | 'bf16';
  /** Instead of the model's own (`model.info.postprocessing`). */
  readonly postprocessing?: Postprocessing;
  /**
   * Keep what the liver's network computed, for a `classifyLesions` of the result; default `true`. Where the lesion
   * network has the same encoder it then takes half the time; the lesions are the same to the byte without it. One
   * result a process keeps its features, the newest: up to 96 MB, in single precision 176 MB, freed once
   * `classifyLesions` used them, by `dispose()`, and when another liver is outlined.
   */
  readonly keepFeatures?: boolean;
}

/** Options of `classifyLesions`. */
export interface ClassifyOptions extends RunOptions, DeviceOptions {
  /**
   * A trained lesion network, or `'paper'`; default: both networks of `\@hepatica/weights-mdl`. `'paper'` is the
   * paper's MDL-CNN of the same package alone, at its own thresholds.
   */
  readonly model?: Model | 'paper';
  /**
   * Arithmetic of the network; default `'auto'`. `auto` takes bf16 where the device has it, else fp32. `tf32` is a
   * GPU's single precision with rounded factors; without it, fp32 is fp32.
   */
  readonly precision?: 'auto' | 'fp32' | 'tf32' | 'bf16';
  /**
   * The arterial scan of the same examination, on a grid of its own: types are told from both (docs/arterial.md);
   * default: none: types are told from the liver's scan.
   */
  readonly arterial?: VolumeInput;
  /** Location probability above which a lesion is reported; default: the model's. */
  readonly threshold?: number;
  /**
   * Location probability above which voxels belong to a reported lesion, at most `threshold`; default: the model's, or
   * `threshold` where that is lower.
   */
  readonly extentThreshold?: number;
  /** Lesions with less than this above `threshold` are not reported, ml; default: the model's. */
  readonly minimumMl?: number;
}

/** Options of `readVolume` and `readMask`. */
export interface ReadOptions extends RunOptions {
  /**
   * The most voxels that a volume may have, judged by its header before memory is taken; default: 2³⁰ (1,024 slices of
   * 1024²), and slices of at most 8192². More is refused with `VOLUME_TOO_LARGE`: a `.nii.gz` of 14 MB can hold 12 GB.
   */
  readonly maxVoxels?: number;
  /**
   * The most bytes that files in memory, and streams, may have all together; default: 2³³ (8 GiB). More is refused with
   * `INPUT_TOO_LARGE`.
   */
  readonly maxBytes?: number;
}

/** Options of `listSeries`. */
export interface ListSeriesOptions extends ReadOptions {
  /**
   * The most files that are looked into, on disk and in memory; default: 500,000. More are refused with
   * `TOO_MANY_FILES`.
   */
  readonly maxFiles?: number;
}

/** Options of `readSeries`. */
export interface ReadSeriesOptions extends ListSeriesOptions {
  /** SeriesInstanceUID, where the source holds several. */
  readonly series?: string;
  /**
   * Which sub-volume of a series with several phases, from 0 as listed by `listSeries`; needed where there are several.
   */
  readonly phase?: number;
  /** What to do about missing or unevenly spaced slices; default `'reject'`. */
  readonly gaps?: 'reject' | 'interpolate';
  /** Accept objects without RescaleSlope and RescaleIntercept and take stored values as they are; default `false`. */
  readonly raw?: boolean;
}

/** Options of `readMask` for a DICOM Segmentation or RT Structure Set. */
export interface ReadLabelsOptions extends RunOptions {
  /**
   * The most bytes that files in memory, and streams, may have all together; default: 2³³ (8 GiB). More is refused with
   * `INPUT_TOO_LARGE`.
   */
  readonly maxBytes?: number;
  /** The series that was labelled, from `readSeries`: the mask lies on its grid. */
  readonly volume: Volume;
  /**
   * Segments or regions by number, label or code (`SCT:10200004`): the mask is 1 where one of them is; default: all of
   * them, each with its place from 1 as its value.
   */
  readonly segments?: readonly (number | string)[];
}

/** Options of `writeVolume` and `writeMask`. */
export interface WriteNiftiOptions extends WriteOptions {
  /**
   * On which grid tilted series (gantry tilt) are written; default `'orthonormal'`. `orthonormal` resamples onto a grid
   * that ITK and others read, masks by the nearest voxel and HU linearly, with a warning `RESAMPLED_GRID`; `source`
   * keeps the sheared grid. Others are written as they are.
   */
  readonly grid?: 'orthonormal' | 'source';
}

/** Options of `writeVolume` and `writeMask` into memory. */
export interface PackNiftiOptions extends RunOptions {
  /**
   * On which grid tilted series (gantry tilt) are written; default `'orthonormal'`. `orthonormal` resamples onto a grid
   * that ITK and others read, masks by the nearest voxel and HU linearly, with a warning `RESAMPLED_GRID`; `source`
   * keeps the sheared grid. Others are written as they are.
   */
  readonly grid?: 'orthonormal' | 'source';
  /** Whether it is a `.nii.gz`, not a `.nii`; default `true`. */
  readonly gzip?: boolean;
}

/** Options of `loadModel`. */
export interface LoadModelOptions extends RunOptions {
  /**
   * The most bytes that files in memory, and streams, may have all together; default: 2³³ (8 GiB). More is refused with
   * `INPUT_TOO_LARGE`.
   */
  readonly maxBytes?: number;
  /**
   * Which of the file's networks: `paper`: of a lesion network's file the paper's MDL-CNN alone, at its own thresholds;
   * default `'all'`.
   */
  readonly network?: 'all' | 'paper';
}

/** Options of `saveModel`. */
export interface SaveModelOptions extends WriteOptions {
  /**
   * How weights are kept; default `'fp32'`. `bf16`: kernels in two bytes a weight, biases and batch norm as they are.
   */
  readonly precision?: 'fp32' | 'bf16';
}

/** Options of `writeMesh`. */
export interface WriteMeshOptions {
  /** Ends the call, which then rejects with the reason of the signal. */
  readonly signal?: AbortSignal;
  /** Replace a file that hepatica did not write; default `false`. What the mask was read from is never replaced. */
  readonly overwrite?: boolean;
  /** Voxels of this value alone, of `LesionClassification` a lesion's `id`; default: all that are not 0. */
  readonly value?: number;
}

/** Options of `writeMesh` without a path. */
export interface PackMeshOptions {
  /** Ends the call, which then rejects with the reason of the signal. */
  readonly signal?: AbortSignal;
  /** Voxels of this value alone, of `LesionClassification` a lesion's `id`; default: all that are not 0. */
  readonly value?: number;
  /** The format of the bytes; default `'stl'`. */
  readonly format?: 'stl' | 'ply';
}

/** Options of the calls that make DICOM objects in memory. */
export interface MakeDicomOptions extends RunOptions {
  /**
   * For teaching files: patient and study texts and dates are left out; default `false`. The patient is `ANONYMOUS`,
   * and the object says so. UIDs stay, so that it still refers to its images.
   */
  readonly deidentify?: boolean;
  /** When the object was made; default: the date of the study, so that the same input gives the same bytes. */
  readonly date?: Date;
  /**
   * What UIDs follow from beside the series, the networks and the version of hepatica; default: all that was found. Of
   * one identity, objects that machines make which differ in the last digits have the same UIDs: an archive keeps one
   * of each. Name in it every option that changes the result.
   */
  readonly identity?: string;
}

/** Options of the calls that write DICOM objects. */
export interface WriteDicomOptions extends MakeDicomOptions, WriteOptions {}

/** Options of `writeSeries`. */
export interface WriteSeriesOptions extends RunOptions {
  /** UIDs that are not given: from all that is written, or anew in each call; default `'derived'`. */
  readonly uids?: 'derived' | 'random';
}

/** What is known of patient and study when a series is written: texts of at most 64 characters. */
export interface SeriesAttributes {
  /** Patient ID (0010,0020). */
  readonly patientId?: string;
  /** Patient's Name (0010,0010), components separated by `^`. */
  readonly patientName?: string;
  /** Study Description (0008,1030). */
  readonly studyDescription?: string;
  /** Series Description (0008,103E). */
  readonly seriesDescription?: string;
  /** Contrast/Bolus Agent (0018,0010). */
  readonly contrastAgent?: string;
  /** Study Instance UID (0020,000D), for example of the study that the objects are added to. */
  readonly studyInstanceUid?: string;
  /** Series Instance UID (0020,000E). */
  readonly seriesInstanceUid?: string;
  /** Frame of Reference UID (0020,0052). */
  readonly frameOfReferenceUid?: string;
  /** Study Date (0008,0020), YYYYMMDD. */
  readonly studyDate?: string;
  /** Study Time (0008,0030), HHMMSS. */
  readonly studyTime?: string;
  /**
   * How the voxels were made, at most 1024 characters (DerivationDescription); default: what hepatica knows of the
   * volume. The objects are `DERIVED\SECONDARY` then, and `ORIGINAL\PRIMARY` where it is empty.
   */
  readonly derivation?: string;
}

/** Options of `fetchWeights`. */
export interface FetchWeightsOptions {
  /** Ends the call, which then rejects with the reason of the signal. */
  readonly signal?: AbortSignal;
  /** Told how far the call is. */
  readonly onProgress?: (progress: Progress) => void;
  /** Folder that keeps what was downloaded; default: `$XDG_CACHE_HOME/hepatica`, `~/.cache/hepatica` without it. */
  readonly cache?: string;
}

/** Options of `evaluateSegmentation`. */
export interface EvaluateOptions extends RunOptions {
  /** Sign of the relative volume difference; default `'paper'`. */
  readonly convention?: RvdConvention;
}

/** Options of `evaluateLesions`. */
export interface EvaluateLesionsOptions extends RunOptions {
  /** Sign of the relative volume difference; default `'paper'`. */
  readonly convention?: RvdConvention;
  /** Bootstrap resamples of the patients; 0: no intervals; default `1000`. */
  readonly resamples?: number;
  /** Of the resamples; default `0`. */
  readonly seed?: number;
}

/** Options of `synthesizeLesions`. */
export interface SynthesizeOptions extends RunOptions {
  /** Whole number from 0; the same seed gives the same lesions; default `0`. */
  readonly seed?: number;
  /** What may occur, drawn with equal chances; default `['CYS', 'ANG', 'HCC', 'MET']`. */
  readonly types?: readonly LesionType[];
  /** Least and most lesions, 0 to 255; default `[1, 6]`. */
  readonly count?: readonly [number, number];
  /** That a liver with several lesions holds more than one type; default `0.25`. */
  readonly mixedProbability?: number;
  /** How the lesions look; `arterial` in a portal venous scan is not validated; default `'portal-venous'`. */
  readonly phase?: ContrastPhase;
  /** Lesions that are there already, not 0: nothing is changed in them and within `marginMm` around. */
  readonly realLesions?: MaskInput;
  /** What is kept free around `realLesions`; default `5`. */
  readonly marginMm?: number;
  /** The most of the liver's area in a slice that a lesion may take; default `0.4`. */
  readonly maxSliceFraction?: number;
  /** Leave bright vessels at a lesion's border as they are; default `true`. */
  readonly spareVessels?: boolean;
  /** Also make the arterial scan of the same liver and lesions; default `false`. */
  readonly arterial?: boolean;
  /** Turn of the arterial scan about the liver, degrees about x, then y, then z; default `[0, 0, 0]`. */
  readonly arterialTurn?: readonly [number, number, number];
  /** Shift of the arterial scan, mm, LPS; default `[0, 0, 0]`. */
  readonly arterialShiftMm?: readonly [number, number, number];
  /** Distance of the arterial scan's slices, which are as thick; 0: as in the volume; default `0`. */
  readonly arterialSliceMm?: number;
}
