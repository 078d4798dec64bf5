/// <reference lib="esnext.disposable" preserve="true" />
/**
 * The public types of hepatica.
 *
 * Conventions, said once: voxel arrays are in C order (z, y, x), x fastest. `size`, `spacing` and `origin` are
 * (x, y, z); spacing and origin in mm, LPS (DICOM PS3.3 C.7.6.2.1.1). `direction` is a row-major 3×3 matrix whose
 * columns are the unit vectors along the index axes; the third may lean (gantry tilt).
 *
 * Volumes, masks and results can be spread, cloned (`structuredClone`) and posted to other threads: the copy is a plain
 * object with the voxels and without `dispose`, which calls take like the original.
 */

import type { Contrast } from './lesions/classification-types.js';
import type { Postprocessing } from './train/training-types.js';
import type { Geometry, Vector3 } from './volume/geometry-types.js';

export type * from './volume/geometry-types.js';

/** A CT volume from the caller, after itk-wasm's `Image`; Hounsfield units. */
export interface VolumeInput extends Geometry {
  /**
   * HU, `size[0] * size[1] * size[2]` values in order (z, y, x). A call copies it, up to 16 MB at once, more in pieces
   * between which the program goes on: where it is changed, detached or resized before its copy is whole, the call rejects with
   * `INVALID_ARGUMENT` (of more than 256 MB, a part is checked for changes).
   */
  readonly data: Int16Array | Float32Array;
  /**
   * Give `data` away: its buffer is detached in the tick of the call, and what the program does afterwards is of no
   * consequence. A result's `volume` then holds the voxels. Default false.
   */
  readonly transfer?: boolean;
}

/** A file, or an object in it, that is not part of the volume, and why. */
export interface ExcludedFile {
  /** Its path, or what a file in memory is called. */
  readonly file: string;
  /** Stable: `NOT_DICOM`, `WRONG_MODALITY`, `LOCALIZER`, `DERIVED_IMAGE`, `DUPLICATE_SOP_INSTANCE`, `DUPLICATE_SLICE`, `OTHER_SERIES`, … */
  readonly code: string;
  /** For a person. */
  readonly reason: string;
}

/** An image that a slice was made of. */
export interface SourceInstance {
  /** (0008,0016). */
  readonly sopClassUid: string;
  /** (0008,0018). */
  readonly sopInstanceUid: string;
  /** From 1; null but for multi-frame objects. */
  readonly frame: number | null;
}

/**
 * Where a volume came from: what DICOM objects made of it repeat of the patient and the study, and the images that they
 * refer to. Texts fit their elements (PS3.5 table 6.2-1), and are empty where the files lack them.
 */
export interface SourceIdentity {
  /** (0010,0020). */
  readonly patientId: string;
  /** Components separated by `^`, as in DICOM. */
  readonly patientName: string;
  /** YYYYMMDD. */
  readonly patientBirthDate: string;
  /** `M`, `F`, `O` or empty. */
  readonly patientSex: string;
  /** (0020,000D). */
  readonly studyInstanceUid: string;
  /** YYYYMMDD (0008,0020). */
  readonly studyDate: string;
  /** HHMMSS, perhaps with a fraction (0008,0030). */
  readonly studyTime: string;
  /** (0020,0010). */
  readonly studyId: string;
  /** (0008,1030). */
  readonly studyDescription: string;
  /** (0008,0050). */
  readonly accessionNumber: string;
  /** (0008,0090). */
  readonly referringPhysician: string;
  /** (0020,000E). */
  readonly seriesInstanceUid: string;
  /** (0020,0011). */
  readonly seriesNumber: string;
  /** BodyPartExamined (0018,0015). */
  readonly bodyPart: string;
  /** (0020,0060). */
  readonly laterality: string;
  /** (0020,0052). */
  readonly frameOfReferenceUid: string;
  /** PositionReferenceIndicator (0020,1040). */
  readonly positionReference: string;
  /** Whether pixels were compressed with loss, ever. */
  readonly lossy: boolean;
  /** LossyImageCompressionRatio (0028,2112), values separated by a backslash. */
  readonly lossyRatio: string;
  /** LossyImageCompressionMethod (0028,2114), values separated by a backslash. */
  readonly lossyMethod: string;
  /** Every image of the volume once. */
  readonly instances: readonly SourceInstance[];
  /** For each z the indices in `instances` of what the slice was made of: one, or the two that were mixed. */
  readonly slices: readonly (readonly number[])[];
}

/** What reading found and did; nothing is dropped or mended without a line here. Texts that the files lack are empty. */
export interface SeriesReport {
  /** (0010,0020). */
  readonly patientId: string;
  /** (0020,000D). */
  readonly studyInstanceUid: string;
  /** (0020,000E). */
  readonly seriesInstanceUid: string;
  /** (0020,0052). */
  readonly frameOfReferenceUid: string;
  /** (0008,103E). */
  readonly seriesDescription: string;
  /** (0008,0070). */
  readonly manufacturer: string;
  /** UIDs, each once. */
  readonly transferSyntaxes: readonly string[];
  /** True where a lossy transfer syntax, or LossyImageCompression (0028,2110), says so. */
  readonly lossy: boolean;
  /** SliceThickness (0018,0050) of the first slice; `spacing` is measured from the positions. */
  readonly sliceThicknessMm: number | null;
  /** Whether slices are not perpendicular to the line through their positions. */
  readonly gantryTilt: boolean;
  /**
   * The plane of the series' slices where it was not the axial one: the volume then holds the same voxels in axial slices,
   * none of which is a file's (warning `REFORMATTED_SLICES`).
   */
  readonly reformatted: 'coronal' | 'sagittal' | null;
  /** ContrastBolusAgent (0018,0010). */
  readonly contrastAgent: string;
  /** What objects written of the volume refer to and repeat. */
  readonly source: SourceIdentity;
  /** SOPInstanceUID of each slice (frame numbers from 1 for multi-frame objects), in the order of z. */
  readonly slices: readonly { readonly file: string; readonly sopInstanceUid: string; readonly frame: number | null }[];
  /** z indices that were interpolated (option `gaps: 'interpolate'`), with their positions in mm along the normal. */
  readonly interpolated: readonly { readonly index: number; readonly positionMm: number }[];
  /** Files that were found and are no part of the volume. */
  readonly excluded: readonly ExcludedFile[];
  /** What was mended, in words, each with a stable code (padding made air, values clamped, …). */
  readonly repairs: readonly Warning[];
}

/** What is doubtful, and no error. */
export interface Warning {
  /** Stable, upper case. */
  readonly code: string;
  /** For a person. */
  readonly message: string;
}

/** A CT volume in Hounsfield units. */
export interface Volume extends VolumeInput {
  /** How it was read; null for NIfTI and for volumes from the caller. */
  readonly report: SeriesReport | null;
  /** Of reading. */
  readonly warnings: readonly Warning[];
  /** Frees the voxels at once instead of at the next garbage collection; `data` has length 0 afterwards. */
  dispose(): void;
  /** `dispose()` at the end of its block, for `using`. */
  [Symbol.dispose](): void;
}

/** `cuda:1` is the GPU that CUDA counts as number 1, from 0; `cuda` the first one that can be used. */
export type DeviceChoice = 'auto' | 'cpu' | 'cuda' | `cuda:${number}`;

/** How far a call is. */
export interface Progress {
  /** What is being done, for a person: `reading`, `preprocessing`, `segmenting`, … */
  readonly stage: string;
  /** 0 to 1 over the whole call; never falls. */
  readonly fraction: number;
}

export type * from './input/types.js';
export type * from './io/writing-types.js';

/** A series that was found. */
export interface SeriesSummary {
  /** (0020,000E). */
  readonly seriesInstanceUid: string;
  /** (0020,000D). */
  readonly studyInstanceUid: string;
  /** (0010,0020). */
  readonly patientId: string;
  /** (0008,0060). */
  readonly modality: string;
  /** SeriesDescription (0008,103E). */
  readonly description: string;
  /** How many files it has. */
  readonly files: number;
  /** Sub-volumes (phases, temporal positions, acquisitions); one for an ordinary series. */
  readonly phases: readonly {
    readonly phase: number;
    readonly label: string;
    readonly slices: number;
    /** Null if the phase can be read as a CT volume, else why not. */
    readonly problem: Warning | null;
  }[];
  /** Null if the series, or one of its phases, can be read as a CT volume, else why not. */
  readonly problem: Warning | null;
}

/** What was found where series were looked for. */
export interface SeriesListing {
  /** Every series, whether or not it can be read. */
  readonly series: readonly SeriesSummary[];
  /** Of all that was found: files that a DICOMDIR names and that are missing, damaged files, … */
  readonly warnings: readonly Warning[];
}

/** A closed outline in one slice. */
export interface Perimeter {
  /** z index. */
  readonly slice: number;
  /** True for the border of a hole. */
  readonly hole: boolean;
  /** x, y of the border pixels' centres, in pixels of the slice (centres at integers), flattened: [x0, y0, x1, y1, …]; not closed by repetition. */
  readonly pixels: Float32Array;
  /** x, y, z in mm, LPS, flattened: [x0, y0, z0, …]. */
  readonly mm: Float32Array;
}

/** The smallest box around voxels. */
export interface BoundingBox {
  /** First voxel (x, y, z) inside. */
  readonly min: Vector3;
  /** Last voxel (x, y, z) inside. */
  readonly max: Vector3;
}

/** One of the structures that a network tells apart. */
export interface LabelledStructure {
  /** `liver`, `lungs`, `bone`, `body` (what is none of them), or what the model was trained for. */
  readonly name: string;
  /** Its voxels' value in the mask. */
  readonly label: number;
  /** 0 where nothing was found. */
  readonly volumeMl: number;
  /** Null where nothing was found. */
  readonly boundingBox: BoundingBox | null;
}

/** All structures of a scan on its own grid. What the plausibility says is said of the liver. */
export interface StructureSegmentation extends NetworkResult {
  /** By label. */
  readonly structures: readonly LabelledStructure[];
  /** A structure's label, or 0 where none is; order (z, y, x). */
  readonly mask: Uint8Array;
  /** The volume that was segmented. */
  readonly volume: Volume;
}

/** The liver region as the lesion network takes it. */
export interface RegionOfInterest {
  /** Of the liver, with the margin around it as far as the volume reaches. */
  readonly boundingBox: BoundingBox;
  /** What was added on each side, rounded up to whole voxels. */
  readonly marginMm: number;
}

/**
 * Whether a result can be what it says it is. A network answers to anything, a head and an empty volume too; what it was
 * given and what it found are held against what is published of scans and livers (docs/plausibility.md).
 */
export interface Judged {
  /** `implausible`: beyond what is known of patients, not to be used; `doubtful`: look at the reasons and the pictures. */
  readonly plausibility: 'plausible' | 'doubtful' | 'implausible';
  /**
   * Also among the warnings; empty where plausible. `IMPLAUSIBLE_VALUES`, `IMPLAUSIBLE_RESULT` make it implausible,
   * `DOUBTFUL_VALUES`, `WINDOWED_VALUES`, `BLANK_SLICES`, `THICK_SLICES`, `DOUBTFUL_RESULT`, `LIVER_CUT`,
   * `MIRRORED_PATIENT`, `EMPTY_RESULT` doubtful.
   */
  readonly plausibilityReasons: readonly Warning[];
  /** Of a liver alone. */
  readonly contrast?: Contrast;
}

/** What all results of a network say of how they were computed. */
export interface NetworkResult extends Geometry, Judged {
  /** `cpu`, or `cuda:0 NAME`. */
  readonly device: string;
  /** What the network was computed in. */
  readonly precision: 'fp32' | 'tf32' | 'bf16';
  /** ms by stage. */
  readonly timings: Readonly<Record<string, number>>;
  /** Of reading, of loading the native part, and of this call. */
  readonly warnings: readonly Warning[];
  /** Frees the mask at once instead of at the next garbage collection; `mask` has length 0 afterwards. */
  dispose(): void;
  /** `dispose()` at the end of its block, for `using`. */
  [Symbol.dispose](): void;
}

/** A segmented structure on the grid of its source volume. */
export interface Segmentation extends NetworkResult {
  /** `liver`, or what the model was trained for. */
  readonly structure: string;
  /** 0 or 1, order (z, y, x). */
  readonly mask: Uint8Array;
  /** By slice, outer borders and those of holes. */
  readonly perimeters: readonly Perimeter[];
  /** 0 where nothing was found. */
  readonly volumeMl: number;
  /** Null where nothing was found. */
  readonly boundingBox: BoundingBox | null;
  /** z indices with the structure, ascending. */
  readonly slices: readonly number[];
  /** Null where nothing was found. */
  readonly roi: RegionOfInterest | null;
  /** The network that found it; absent of a mask that is no network's. */
  readonly model?: ModelIdentity;
  /** The volume that was segmented: the input of `classifyLesions` together with the mask. */
  readonly volume: Volume;
}

/** What a model needs to run, and where it comes from; kept as metadata in its safetensors file. */
export interface ModelInfo {
  /** `encoder3d`, `liver_cnn`, `mdl_cnn` or `resnet101`. */
  readonly kind: string;
  /** What it finds: `liver`, `lesions`, … */
  readonly structure: string;
  /** What the paper leaves open of the network; the fields that `architecture` of a training takes. */
  readonly architecture: Readonly<Record<string, unknown>>;
  /** All of the file's metadata. */
  readonly metadata: Readonly<Record<string, string>>;
  /** How many weights it has. */
  readonly parameters: number;
  /** Hex SHA-256 of the file. */
  readonly sha256: string;
  /** Empty of weights that came in memory. */
  readonly path: string;
  /** Of `encoder3d` and `liver_cnn`: chosen in training; of weights that do not say it, the largest piece with its holes filled. */
  readonly postprocessing?: Postprocessing;
  /** Of `resnet101`: tensors that the file lacks and a base does without (counters, the classifier). */
  readonly missing?: readonly string[];
  /** Of `resnet101`: tensors of the file that a base has no use for (the classifier). */
  readonly surplus?: readonly string[];
}

/** Which network a result is of. */
export interface ModelIdentity {
  /** As of {@link ModelInfo}. */
  readonly kind: string;
  /** What it finds. */
  readonly structure: string;
  /** Of the weights' metadata; empty where they have none. */
  readonly version: string;
  /** Hex SHA-256 of the weights' file. */
  readonly sha256: string;
  /**
   * What of it ran: its kind, and `location3d` where a 3-D lesion network did beside. Absent in documents of earlier
   * versions.
   */
  readonly networks?: readonly string[] | undefined;
  /** What the weights' metadata say they were trained on, synthetic lesions too; absent where they do not. */
  readonly dataset?: string | undefined;
}

/** A network in native memory, from `loadModel` or `trainSegmenter`. */
export interface Model {
  /** What is known of it. */
  readonly info: ModelInfo;
  /** Frees the weights at once; calls that are given the model afterwards reject with `DISPOSED`. */
  dispose(): void;
  /** `dispose()` at the end of its block, for `using`. */
  [Symbol.dispose](): void;
}

/** A mask from the caller. */
export interface MaskInput extends Geometry {
  /** Non-zero is inside; order (z, y, x). Copied as a volume's. */
  readonly data: Uint8Array;
  /** Give `data` away, as a volume's. Default false. */
  readonly transfer?: boolean;
}

/** A mask that was read from a file. */
export interface Mask extends MaskInput {
  /** Of reading. */
  readonly warnings: readonly Warning[];
  /** Frees the voxels at once instead of at the next garbage collection; `data` has length 0 afterwards. */
  dispose(): void;
  /** `dispose()` at the end of its block, for `using`. */
  [Symbol.dispose](): void;
}

export type * from './compare/comparison-types.js';
export type * from './evaluation/segmentation-types.js';
export type * from './io/dicom-object-types.js';
export type * from './lesions/classification-types.js';
export type * from './native/device-types.js';
export type * from './schema/option-types.js';
export type * from './schema/picture-option-types.js';
export type * from './schema/training-option-types.js';
export type * from './segment/preprocessing-types.js';
export type * from './train/training-types.js';
