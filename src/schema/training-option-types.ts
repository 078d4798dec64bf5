// Written by scripts/options.mjs from the schemas beside it; change those.
import type { EpochRecord } from '../train/training-run.js';
import type { HistogramEqualization, Model, Postprocessing } from '../types.js';
import type { DeviceOptions, RunOptions } from './option-types.js';

/** What every training takes; where the paper is silent, the default is this project's choice. */
export interface TrainRunOptions extends RunOptions, DeviceOptions {
  /** Where to write the trained weights (.safetensors). */
  readonly output: string;
  /**
   * What differs from the network that the training starts from, in the fields of a model's `info.architecture`: from
   * the default one, that of the weights that come with the package, or from `initial`.
   */
  readonly architecture?: Readonly<Record<string, unknown>>;
  /** Whole number from 0: of the split, the first weights, and all that is drawn at random; default `0`. */
  readonly seed?: number;
  /** Part of the patients that is validated on, 0 to 1; default `0.3`. */
  readonly validationFraction?: number;
  /**
   * The patients that are validated on, instead of a seeded part of them; `validationFraction` counts for nothing then.
   */
  readonly validationPatients?: readonly string[];
  /**
   * Which epoch's weights are saved: the best one by the validation score, or the last one; default `'best'`. `last`:
   * the validation patients choose nothing, so that what is measured on them holds for new patients (out-of-fold).
   */
  readonly keep?: 'best' | 'last';
  /** Passes over the training slices; default `200`. */
  readonly epochs?: number;
  /** Slices a mini-batch; default `32`. */
  readonly batchSize?: number;
  /**
   * Parts of a mini-batch that are computed one after the other to save memory; batch norm sees the parts; default `1`.
   */
  readonly accumulation?: number;
  /** Adam's learning rate; default `0.001`. */
  readonly learningRate?: number;
  /** How the learning rate goes on; default `'constant'`. */
  readonly schedule?: 'constant' | 'cosine';
  /** Steps in which the learning rate rises to its full value; default `0`. */
  readonly warmupSteps?: number;
  /** Decay of the moving average of the weights that is validated and saved; 0: the weights themselves; default `0`. */
  readonly emaDecay?: number;
  /** Stop after so many epochs without a better validation score; 0: never; default `0`. */
  readonly earlyStoppingEpochs?: number;
  /** Arithmetic: `auto` takes bf16 where the device has it, else fp32; default `'auto'`. */
  readonly precision?: 'auto' | 'fp32' | 'bf16';
  /** Epochs between validations; default `1`. */
  readonly validationEvery?: number;
  /** Minutes of training after which the run ends; 0: by epochs alone; default `0`. */
  readonly timeLimitMinutes?: number;
  /** Folder for checkpoints after every epoch; default: none. */
  readonly checkpoints?: string;
  /** Go on from `checkpoints`, which has to be given, where it holds some; default `false`. */
  readonly resume?: boolean;
  /**
   * Folder in which scans are kept as they are learned from, by the hash of their files and of what they were prepared
   * with, and found again by later trainings; default: beside `output`, `NAME.cache`; `false`: in memory. They are
   * drawn from there, so that a dataset need not fit in memory. They show patients as the dataset does.
   */
  readonly cache?: string | false;
  /**
   * Replace files at `output` and in `checkpoints` that hepatica did not write, and the checkpoints of an earlier run;
   * default `false`. Never inputs.
   */
  readonly overwrite?: boolean;
  /** Kept in the weights' metadata. */
  readonly licence?: string;
  /** What was trained on, in words: kept in the weights' metadata. */
  readonly datasetName?: string;
  /**
   * Whether the weights' metadata names patients as the dataset does; default `false`. Otherwise by hashes, whose salt
   * is made from the files' contents and kept nowhere.
   */
  readonly patientNames?: boolean;
  /**
   * Processes of this machine that train together; default `1`. They share each mini-batch (`batchSize` counts all of
   * them), batch norm and validation patients, learn what one does, and share the cores that `threads` names. A run may
   * go on with another number of them. Where the environment has RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT, as
   * `torchrun` and Kubernetes' PyTorchJob set them, this process is one of those, on any machines with a common file
   * system, and the first one writes.
   */
  readonly processes?: number;
  /** Called after every epoch, once its checkpoint is written. */
  readonly onEpoch?: (record: EpochRecord) => void;
}

/** Options of `trainSegmenter`. */
export interface TrainOptions extends TrainRunOptions {
  /** HU limits before equalization; default `[-100, 400]`. */
  readonly window?: readonly [number, number];
  /** Per-slice histogram equalization; default `'global'`. */
  readonly equalization?: HistogramEqualization;
  /** Slices drawn for an epoch; 0: as many as there are, each once; default `0`. */
  readonly slicesPerEpoch?: number;
  /**
   * Random size, rotation, shift and grey values (no mirroring: the liver has a side); default `false`. The default is
   * as in the paper.
   */
  readonly augment?: boolean | Augmentation;
  /** What is segmented; any name, which `segmentLiver` takes only where it is `liver`; default `'liver'`. */
  readonly structure?: string;
  /**
   * What becomes of the voxels above the threshold, kept in the weights; default: what the mean Dice of the validation
   * patients is best with (the largest piece and filled holes unless it gets worse by them, a share of the largest
   * piece where that is better). Where nobody is validated on, or `keep` is `last`, the training labels choose.
   */
  readonly postprocessing?: Postprocessing;
  /** Weight of the structure's pixels in the cross-entropy; default `1`. */
  readonly positiveWeight?: number;
  /** Weight of a soft Dice term beside the cross-entropy; default `0`. */
  readonly diceWeight?: number;
  /** Draw the patient first, then a slice of it; needs `slicesPerEpoch`; default `false`. */
  readonly balancePatients?: boolean;
  /**
   * Part of the drawn slices that shows the structure, 0 to 1; needs `slicesPerEpoch`; 0: as they come; default `0`.
   */
  readonly structureFraction?: number;
  /** Distance of the slices trained on, mm; 0: every slice; default `0`. */
  readonly sliceStrideMm?: number;
  /** Rows and columns of the training picture, pixels of the network's grid; default: from the data. */
  readonly canvas?: readonly [number, number];
  /** Distance of the slices validated on, mm; 0: every slice; default `0`. */
  readonly validationStrideMm?: number;
}

/** Amounts of `augment`, standard deviations unless said otherwise. */
export interface Augmentation {
  /** Of the logarithm of the size; default `0.08`. */
  readonly scale?: number;
  /** Of the logarithm of width over height; default `0.04`. */
  readonly aspect?: number;
  /** Of the angle; default `5`. */
  readonly rotationDeg?: number;
  /** The largest shift; default `24`. */
  readonly shiftMm?: number;
  /** Of the logarithm of the grey values' exponent; default `0.15`. */
  readonly gamma?: number;
  /** The most that half the pictures get, of a white level of 1; default `0`. */
  readonly noise?: number;
  /** Of the body's box that coordinates count from, of its size; default `0.02`. */
  readonly bodyBoxJitter?: number;
}

/** Options of `trainStructures`. */
export interface TrainStructuresOptions extends TrainRunOptions {
  /** How often `cropsPerEpoch` crops are learned from; default `20`. */
  readonly epochs?: number;
  /** Crops a mini-batch; default `2`. */
  readonly batchSize?: number;
  /** Adam's learning rate; default `0.0001`. */
  readonly learningRate?: number;
  /** Crops drawn for an epoch; default `200`. */
  readonly cropsPerEpoch?: number;
  /**
   * Cells of a crop along z, y and x, of 2.8, 1.5 and 1.5 mm in the package's; default `[64, 160, 192]`. Of fewer than
   * 64 along z, the CPU learns in fp32.
   */
  readonly cropCells?: readonly [number, number, number];
  /** Random size, angle, grey values, noise and slice thickness (no mirroring: organs have a side); default `false`. */
  readonly augment?: boolean | StructuresAugmentation;
  /**
   * What of the network's structures the labels mark, and by which values; what they leave out stays as the network
   * knows it. Without values, of one structure alone, each case says what counts (`labelValues`, `labelSegments`). New
   * ones are named in `architecture.structures` too, behind those that are known; default `\{ liver: [] \}`. The first
   * one is what the validation Dice is of.
   */
  readonly structures?: Readonly<Record<string, readonly number[]>>;
  /**
   * Weights of a 3-D structure network to go on from; its locator stays as it is; default: those that come with the
   * package.
   */
  readonly initial?: string;
  /** Epochs in which the encoder is held fixed; default `0`. */
  readonly frozenEpochs?: number;
  /** Factor of the encoder's learning rate afterwards; default `0.1`. */
  readonly baseLearningRateFactor?: number;
  /** Part of the crops that is drawn about the structures; the others lie anywhere; default `0.75`. */
  readonly structureFraction?: number;
  /** Weight of the cross-entropy; default `1`. */
  readonly crossEntropyWeight?: number;
  /** Weight of a soft Dice term beside it; default `1`. */
  readonly diceWeight?: number;
  /** Longest gradient over all parameters of a step; 0: any; default `2`. */
  readonly gradientLimit?: number;
  /** How far around the structures is validated on, mm; default `24`. */
  readonly validationMarginMm?: number;
}

/** Amounts of `augment`, standard deviations unless said otherwise. */
export interface StructuresAugmentation {
  /** Of the logarithm of the size; default `0.09`. */
  readonly scale?: number;
  /** Of the logarithm of the size along each axis by itself; default `0.05`. */
  readonly stretch?: number;
  /** Of the angle in the plane; default `8`. */
  readonly rotationDeg?: number;
  /** Of the angles out of it; default `4`. */
  readonly tiltDeg?: number;
  /** Of the logarithm of the factor of HU's distance from soft tissue; default `0.15`. */
  readonly contrast?: number;
  /** HU added to all; default `12`. */
  readonly offsetHu?: number;
  /** The noise's own deviation, in half of the crops; default `14`. */
  readonly noiseHu?: number;
  /** Part of the crops that is seen through slices of 5 or 8 mm; default `0.4`. */
  readonly thickSlices?: number;
  /** Of the sides of the body's box that coordinates count from; default `8`. */
  readonly bodyBoxMm?: number;
}

/** Options of `trainLesionClassifier`. */
export interface TrainLesionsOptions extends TrainRunOptions {
  /** HU limits before equalization; default `[-100, 400]`. */
  readonly window?: readonly [number, number];
  /** Per-slice histogram equalization; default `'global'`. */
  readonly equalization?: HistogramEqualization;
  /** Slices drawn for an epoch; 0: as many as there are, each once; default `0`. */
  readonly slicesPerEpoch?: number;
  /**
   * Random size, rotation, mirroring, grey values and liver borders; default `false`. The default is as in the paper.
   */
  readonly augment?: boolean | LesionAugmentation;
  /**
   * A trained lesion network to go on from: a path, or a model from `loadModel`, whose weights are taken as they were
   * loaded; default: from scratch. The run's network is its, with the fields that `architecture` gives. A 3-D network
   * in it (`location3d`) is kept as it is.
   */
  readonly initial?: string | Model;
  /**
   * What of that network is held: `location`: only the class channel learns, and the rest stays as it is; default
   * `'none'`.
   */
  readonly freeze?: 'none' | 'location';
  /**
   * Weights of ResNet101 to start the base from: `ct`, the first two stages that were trained on CT (of
   * `\@hepatica/weights-mdl`, MIT), recommended; or ImageNet's, torchvision's, timm's or of the same names: a path, or
   * a model from `loadModel`, whose weights are taken as they were loaded; default: from scratch.
   */
  readonly base?: string | Model;
  /** Epochs in which that base is held fixed; default `0`. */
  readonly frozenEpochs?: number;
  /** Factor of that base's learning rate afterwards; default `0.1`. */
  readonly baseLearningRateFactor?: number;
  /** Variants of each training ground with synthetic lesions; default `1`. */
  readonly syntheticPerScan?: number;
  /** Epochs after which they are made anew; default `2`. */
  readonly syntheticRefreshEpochs?: number;
  /** Fewest and most synthetic lesions in a variant; default `[6, 14]`. */
  readonly syntheticLesions?: readonly [number, number];
  /** Variants of each validation ground, the same in all epochs; default `1`. */
  readonly validationSyntheticPerScan?: number;
  /** Part of the drawn pictures that comes from scans as they are; default `0.5`. */
  readonly realFraction?: number;
  /** Part of the pictures that is drawn around a lesion; the others lie anywhere in the liver; default `0.5`. */
  readonly lesionFraction?: number;
  /**
   * Slices in which one lesion covers more of the liver are left out of training; default `0.4`. The default is as in
   * the paper.
   */
  readonly maxLesionShare?: number;
  /** Rows and columns of the training picture, pixels of the network's grid; default `[64, 64]`. */
  readonly canvas?: readonly [number, number];
  /** Weight of lesion pixels in the location's cross-entropy; default `1`. */
  readonly positiveWeight?: number;
  /** Weight of a soft Dice term beside it; default `0.5`. */
  readonly diceWeight?: number;
  /** Weight of the class channel's cross-entropy; 0: it isn't trained; default `1`. */
  readonly classWeight?: number;
  /** Every lesion type counts alike in it, whatever its pixels; default `true`. */
  readonly balanceClasses?: boolean;
  /**
   * The score that chooses the best epoch: `dice` (all lesion voxels together), `accuracy` (of the types of found
   * lesions), `mean` of both, or `loss`; default `'mean'`.
   */
  readonly bestBy?: 'dice' | 'accuracy' | 'mean' | 'loss';
}

/** Amounts of `augment`, standard deviations unless said otherwise. */
export interface LesionAugmentation {
  /** Of the logarithm of the size; default `0.12`. */
  readonly scale?: number;
  /** Of the angle; default `13`. */
  readonly rotationDeg?: number;
  /** Of the logarithm of the contrast to the liver; default `0.12`. */
  readonly gain?: number;
  /** HU added to all; default `5`. */
  readonly offsetHu?: number;
  /** The most that half the pictures get, of 200 HU; default `0.05`. */
  readonly noise?: number;
  /** Part of the pictures in which the liver's border is wrong, as predicted ones are; default `0.5`. */
  readonly liverErrors?: number;
}
