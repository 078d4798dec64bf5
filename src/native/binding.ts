import type { ErrorKind } from '../error-codes.js';
import type { LesionCounts } from '../evaluation/types.js';
import type { NativeOptions } from '../schema/option.js';
import type {
  ArterialPhase,
  BoundingBox,
  DeviceChoice,
  DeviceInfo,
  Geometry,
  Judged,
  LabelledStructure,
  Lesion,
  LesionBrightness,
  LesionType,
  Matrix3,
  RegionOfInterest,
  RigidMotion,
  RvdConvention,
  SegmentationMetrics,
  SeriesListing,
  SeriesReport,
  SourceIdentity,
  SyntheticLesion,
  Vector3,
  Warning,
  WrittenSeries,
} from '../types.js';
import type { CropHandle } from './crop.js';
import type { BytesHandle, NativeFile, NativeIntake, NativeWritten } from './files.js';
import type { NativeDicomObject, NativeFindings } from './findings.js';
import type { NativePerimeters, NativePolygons } from './perimeter-types.js';

/** What every native call takes beside its arguments. */
export interface NativeControl {
  /** 0: all cores. */
  readonly threads: number;
  readonly device: DeviceChoice;
  /** The stage is empty where only messages came. */
  readonly onNews?: (stage: string, fraction: number, messages: readonly string[]) => void;
}

export interface NativeJob<Result> {
  readonly promise: Promise<Result>;
  cancel(): void;
}

export type CtVoxels = Int16Array | Float32Array;

/** Voxels that live in native memory. */
export interface VoxelHandle<Data> {
  /** Another handle of the same memory. */
  share(): VoxelHandle<Data>;
  /** Copies the next voxels of one that `makeVolume` or `makeMask` made. */
  append(piece: Data): void;
  /** Shares the memory with JavaScript. */
  data(): Data;
  /** Lets go of the memory, and detaches `data`, which `data()` gave. */
  dispose(data?: Data): void;
}

export interface RunReport {
  readonly device: string;
  readonly timings: Readonly<Record<string, number>>;
  readonly warnings: readonly Warning[];
}

export interface NativePreloaded extends RunReport {
  readonly precision: 'fp32' | 'tf32' | 'bf16';
}

export interface NativeGrid<Data> extends Geometry, RunReport {
  readonly handle: VoxelHandle<Data>;
}

/** `handle`: the equalized pictures. */
export interface NativePreprocessing extends NativeGrid<Uint8Array> {
  readonly clipped: VoxelHandle<Uint8Array>;
}

export interface NativeSegmentationResult extends NativeGrid<Uint8Array>, Judged {
  readonly structure: string;
  readonly perimeters: NativePerimeters;
  readonly volumeMl: number;
  readonly boundingBox: BoundingBox | null;
  readonly slices: readonly number[];
  readonly roi: RegionOfInterest | null;
  readonly precision: 'fp32' | 'tf32' | 'bf16';
  readonly crop: CropHandle | null;
}

export interface NativeStructuresResult extends NativeGrid<Uint8Array>, Judged {
  readonly structures: readonly LabelledStructure[];
  readonly precision: 'fp32' | 'tf32' | 'bf16';
}

/** The handles share the geometry. */
export interface NativeSyntheticLesions extends NativeGrid<CtVoxels> {
  readonly types: VoxelHandle<Uint8Array>;
  readonly ids: VoxelHandle<Uint8Array>;
  readonly lesions: readonly SyntheticLesion[];
  readonly arterial?: Geometry &
    RigidMotion & {
      readonly handle: VoxelHandle<CtVoxels>;
      readonly liverHu: number;
      readonly aortaHu: number | null;
    };
}

export interface NativeInspection extends RunReport {
  readonly layers: readonly NativeFeatureMaps[];
}

/** `count` maps of height × width, one after the other. */
export interface NativeFeatureMaps {
  readonly name: string;
  readonly count: number;
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array;
}

export interface NativeLesion
  extends Omit<
    Lesion,
    'probability' | 'probabilities' | 'malignancyProbability' | 'slices' | 'perimeters' | 'arterial'
  > {
  /** In the order CYS, ANG, HCC, MET. */
  readonly probabilities: readonly [number, number, number, number];
  /** Six integers a slice: z index, first and last x, first and last y, pixels. */
  readonly slices: Int32Array;
  readonly perimeters: NativePerimeters;
  /** Null where none was given, or it does not show the lesion. */
  readonly arterial: {
    readonly arterial: LesionBrightness;
    readonly portal: LesionBrightness;
    /** In the order CYS, ANG, HCC, MET. */
    readonly portalProbabilities: readonly [number, number, number, number];
  } | null;
}

export interface NativeClassificationResult extends NativeGrid<Uint8Array>, Judged {
  readonly lesions: readonly NativeLesion[];
  readonly liverMl: number;
  readonly threshold: number;
  readonly extentThreshold: number;
  readonly minimumMl: number;
  readonly indeterminateBelow: number;
  readonly precision: 'fp32' | 'tf32' | 'bf16';
  readonly arterial?: RigidMotion & Pick<ArterialPhase, 'agreement' | 'covered' | 'contrast'>;
}

/** A network in native memory. */
export interface ModelHandle {
  /** Another handle of the same network. */
  share(): ModelHandle;
  dispose(): void;
}

export interface NativeModelResult {
  readonly handle: ModelHandle;
  readonly kind: string;
  readonly structure: string;
  /** JSON. */
  readonly architecture: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly parameters: number;
  /** JSON; of a segmenter alone. */
  readonly postprocessing?: string;
  /** Of kind resnet101 alone. */
  readonly missing?: readonly string[];
  readonly surplus?: readonly string[];
}

export type NativeMetrics = Omit<SegmentationMetrics, 'convention' | 'warnings'>;
export type NativeOverlap = Omit<NativeMetrics, 'hd95Mm' | 'surfaceDice'>;

export interface NativeTrainingResult {
  readonly weights: string;
  /** JSON. */
  readonly history: string;
  readonly warnings: readonly Warning[];
}

export interface NativeLesionInstance {
  readonly id: number;
  /** Null where the mask does not say it. */
  readonly type: LesionType | null;
  readonly volumeMl: number;
}

/** Lesions of one case, matched (native/ops/lesion_matching.h); lesions are named by their index. */
export interface NativeLesionEvaluation {
  readonly metrics: NativeOverlap;
  readonly intersectionVoxels: number;
  readonly predictions: readonly NativeLesionInstance[];
  readonly references: readonly NativeLesionInstance[];
  readonly pairs: readonly {
    readonly predictions: readonly number[];
    readonly references: readonly number[];
    readonly iou: number;
    readonly dice: number;
  }[];
  /** For each reference lesion; −1 where none corresponds. */
  readonly predictionOf: readonly number[];
  readonly detections: readonly LesionCounts[];
}

/** Ids of lesions; `shown`: the other date's scan shows the place. */
export interface NativePairing {
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly distanceMm: number | null;
  readonly shown: boolean;
}

/** Rotation and offset are from the later scan to the earlier one. */
export interface NativeComparison extends RunReport {
  readonly rotation: Matrix3;
  readonly offsetMm: Vector3;
  readonly liverDice: number;
  readonly pairings: readonly NativePairing[];
}

/** The exports of native/addon.cpp; handles of voxels are of memory that JavaScript has not seen; what they take and give is said in native/napi/calls.h. */
export interface NativeBinding {
  /** Of files whose bytes are yet to be appended. */
  makeBytes(length: number): BytesHandle;
  openIntake(options: { series: string; maxFiles: number | null; maxVoxels: number | null }): NativeIntake;
  /** One call at a time. */
  fillIntake(intake: NativeIntake, files: readonly NativeFile[], control: NativeControl): NativeJob<void>;
  closeIntake(intake: NativeIntake): void;
  readSeries(
    intake: NativeIntake,
    options: NativeOptions,
    control: NativeControl,
  ): NativeJob<NativeGrid<CtVoxels> & { readonly series: SeriesReport }>;
  listSeries(intake: NativeIntake, control: NativeControl): NativeJob<SeriesListing>;
  /** maxVoxels null: the default. */
  readVolume(file: NativeFile, maxVoxels: number | null, control: NativeControl): NativeJob<NativeGrid<CtVoxels>>;
  readMask(file: NativeFile, maxVoxels: number | null, control: NativeControl): NativeJob<NativeGrid<Uint8Array>>;
  /** Path null: into memory. */
  writeVolume(
    path: string | null,
    volume: VoxelHandle<CtVoxels>,
    options: { grid: string; gzip: boolean },
    control: NativeControl,
  ): NativeJob<NativeWritten>;
  writeMask(
    path: string | null,
    mask: VoxelHandle<Uint8Array>,
    options: { grid: string; gzip: boolean },
    control: NativeControl,
  ): NativeJob<NativeWritten>;
  writeCtSeries(
    folder: string,
    volume: VoxelHandle<CtVoxels>,
    attributes: Readonly<Record<string, string>>,
    options: { lossy: boolean },
    control: NativeControl,
  ): NativeJob<WrittenSeries>;
  /** In `path`, or where that is empty in `data`. */
  makeDicomObject(
    kind: 'seg' | 'sr' | 'rtstruct' | 'sc',
    path: string,
    findings: NativeFindings,
    structure: VoxelHandle<Uint8Array>,
    lesions: VoxelHandle<Uint8Array> | null,
    control: NativeControl,
  ): NativeJob<NativeDicomObject>;
  /** Of a SEG or RTSTRUCT, on the grid of its series. */
  readDicomLabels(
    file: NativeFile,
    source: SourceIdentity,
    geometry: Geometry,
    segments: readonly string[],
    control: NativeControl,
  ): NativeJob<NativeGrid<Uint8Array> & { readonly labels: readonly string[] }>;
  /** For voxels that are yet to be appended. */
  makeVolume(geometry: Geometry, isFloat: boolean): VoxelHandle<CtVoxels>;
  makeMask(geometry: Geometry): VoxelHandle<Uint8Array>;
  preprocess(
    volume: VoxelHandle<CtVoxels>,
    options: NativeOptions,
    control: NativeControl,
  ): NativeJob<NativePreprocessing>;
  compareStudies(
    before: VoxelHandle<CtVoxels>,
    beforeLiver: VoxelHandle<Uint8Array>,
    beforeLesions: VoxelHandle<Uint8Array>,
    after: VoxelHandle<CtVoxels>,
    afterLiver: VoxelHandle<Uint8Array>,
    afterLesions: VoxelHandle<Uint8Array>,
    control: NativeControl,
  ): NativeJob<NativeComparison>;
  evaluateSegmentation(
    prediction: VoxelHandle<Uint8Array>,
    reference: VoxelHandle<Uint8Array>,
    convention: string,
    control: NativeControl,
  ): NativeJob<NativeMetrics>;
  /** Of counts of voxels, as evaluateSegmentation has them of masks. */
  overlapFigures(
    tp: number,
    fp: number,
    fn: number,
    convention: RvdConvention,
  ): Pick<NativeOverlap, 'dice' | 'voe' | 'rvd'>;
  evaluateLesions(
    prediction: VoxelHandle<Uint8Array>,
    reference: VoxelHandle<Uint8Array>,
    options: { predictionValues: string; referenceValues: string; convention: string },
    control: NativeControl,
  ): NativeJob<NativeLesionEvaluation>;
  loadModel(file: NativeFile, options: { network: string }, control: NativeControl): NativeJob<NativeModelResult>;
  preloadModel(model: ModelHandle, options: { precision: string }, control: NativeControl): NativeJob<NativePreloaded>;
  /** Path null: into memory. */
  saveModel(
    model: ModelHandle,
    path: string | null,
    options: { precision: string },
    control: NativeControl,
  ): NativeJob<BytesHandle | null>;
  segmentStructure(
    volume: VoxelHandle<CtVoxels>,
    model: ModelHandle,
    options: NativeOptions,
    control: NativeControl,
  ): NativeJob<NativeSegmentationResult>;
  segmentStructures(
    volume: VoxelHandle<CtVoxels>,
    model: ModelHandle,
    options: NativeOptions,
    control: NativeControl,
  ): NativeJob<NativeStructuresResult>;
  inspectNetwork(
    volume: VoxelHandle<CtVoxels>,
    liver: VoxelHandle<Uint8Array> | null,
    model: ModelHandle,
    options: { slice: number },
    control: NativeControl,
  ): NativeJob<NativeInspection>;
  classifyLesions(
    volume: VoxelHandle<CtVoxels>,
    liver: VoxelHandle<Uint8Array>,
    model: ModelHandle,
    arterial: VoxelHandle<CtVoxels> | null,
    crop: CropHandle | null,
    options: NativeOptions,
    control: NativeControl,
  ): NativeJob<NativeClassificationResult>;
  tracePerimeters(mask: VoxelHandle<Uint8Array>, control: NativeControl): NativeJob<NativePerimeters>;
  /** Its inverse. */
  fillPolygons(geometry: Geometry, polygons: NativePolygons, control: NativeControl): NativeJob<NativeGrid<Uint8Array>>;
  /** What can be said of a training without reading its scans; the plans are those of the trainings. */
  checkSegmenterTraining(plan: string, control: NativeControl): NativeJob<void>;
  checkLesionTraining(
    plan: string,
    initial: ModelHandle | null,
    base: ModelHandle | null,
    control: NativeControl,
  ): NativeJob<void>;
  /** `plan` is the JSON of native/training/tasks/structure/plan.h; each epoch's record is told as a message, JSON. */
  trainSegmenter(plan: string, control: NativeControl): NativeJob<NativeTrainingResult>;
  synthesizeLesions(
    volume: VoxelHandle<CtVoxels>,
    liver: VoxelHandle<Uint8Array>,
    realLesions: VoxelHandle<Uint8Array> | null,
    options: NativeOptions,
    control: NativeControl,
  ): NativeJob<NativeSyntheticLesions>;
  /** The 3-D network; the JSON of native/training/tasks/volume/plan.h. */
  checkStructuresTraining(plan: string, control: NativeControl): NativeJob<void>;
  trainStructures(plan: string, control: NativeControl): NativeJob<NativeTrainingResult>;
  /** `plan` is the JSON of native/training/tasks/lesions/plan.h; models instead of its files, or null. */
  trainLesionClassifier(
    plan: string,
    initial: ModelHandle | null,
    base: ModelHandle | null,
    control: NativeControl,
  ): NativeJob<NativeTrainingResult>;
  /** For the end of the process: stops the jobs of all environments and waits for their end. */
  stopJobs(): void;
  /** How many jobs of the process compute at the same time. */
  setConcurrency(options: { concurrency: number }): void;
  /** core/error_codes.def as it was compiled in. */
  errorTable(): {
    readonly kinds: Readonly<Record<ErrorKind, { readonly className: string; readonly exitCode: number }>>;
    readonly codes: Readonly<Record<string, ErrorKind>>;
  };
  deviceInfo(control: NativeControl): NativeJob<Omit<DeviceInfo, 'version'>>;
}
