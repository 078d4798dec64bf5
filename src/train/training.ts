import type { z } from 'zod';
import type { NativeBinding, NativeControl } from '../native/binding.js';
import { checkOptions } from '../schema/check.js';
import type { trainRunOptions } from '../schema/train.js';
import { segmenterAugmentation, trainOptions } from '../schema/train-segmenter.js';
import type { TrainingCase, TrainingDataset, TrainOptions, TrainRunOptions } from '../types.js';
import { trainOnCases } from './case-training.js';
import { discoverDataset } from './dataset.js';
import { isPolygonLabel, readPolygons } from './labels.js';
import type { HashedEntry } from './training-input.js';
import {
  checkRun,
  type EndedTraining,
  given,
  nativeAugmentation,
  nativePolygon,
  nativeRunOptions,
  type TrainingResult,
  trainingResult,
} from './training-run.js';

function nativeOptions(options: z.output<typeof trainOptions>): Record<string, unknown> {
  return given({
    ...nativeRunOptions(trainOptions, options),
    augmentation: nativeAugmentation(segmenterAugmentation, options.augment),
    canvas_px: options.canvas,
  });
}

async function nativeCase(entry: TrainingCase, validation: boolean): Promise<Record<string, unknown>> {
  const { patient, image, label, labelValues, labelSegments } = entry;
  const common = {
    patient,
    image,
    label_values: labelValues ?? [],
    label_segments: labelSegments?.map(String) ?? [],
    validation,
  };
  if (!(await isPolygonLabel(label))) return { ...common, label };
  return { ...common, label: '', polygons: (await readPolygons(label)).map(nativePolygon) };
}

function saidOf({ patient, image, label, labelValues, labelSegments }: TrainingCase): HashedEntry {
  const segments = labelSegments ? `${JSON.stringify(labelSegments)}\n` : '';
  return { text: `${patient}\n${labelValues ?? ''}\n${segments}`, paths: [image, label] };
}

/** What a training on labelled scans is beside those. */
interface LabelledRun {
  readonly name: 'trainSegmenter' | 'trainStructures';
  readonly check: 'checkSegmenterTraining' | 'checkStructuresTraining';
  /** The options as the native side takes them. */
  readonly settings: Record<string, unknown>;
  /** Weights that are read. */
  readonly initial?: string;
}

/** A training on labelled scans, up to what needs the weights. */
export async function runLabelledTraining(
  dataset: TrainingDataset | string,
  options: TrainRunOptions,
  checked: z.output<typeof trainRunOptions>,
  { name, check, settings, initial }: LabelledRun,
): Promise<EndedTraining> {
  checkRun(checked);
  const found = await discoverDataset(dataset);
  const filesOf = ({ image, label }: TrainingCase) => [image, label];
  const training = {
    found,
    inputs: [typeof dataset === 'string' ? dataset : undefined, initial],
    settings,
    filesOf,
    saidOf,
    nativeOf: nativeCase,
    name,
    check: (native: NativeBinding, plan: string, control: NativeControl) => native[check](plan, control),
    start: (native: NativeBinding, plan: string, control: NativeControl) => native[name](plan, control),
  };
  return trainOnCases(training, options, checked);
}

/** trainSegmenter up to what needs the weights. */
export async function runSegmenterTraining(
  dataset: TrainingDataset | string,
  options: TrainOptions,
): Promise<EndedTraining> {
  const checked = checkOptions(trainOptions, options);
  return runLabelledTraining(dataset, options, checked, {
    check: 'checkSegmenterTraining',
    name: 'trainSegmenter',
    settings: nativeOptions(checked),
  });
}

/**
 * Trains a segmenter on labelled scans: patients are split by a seeded hash or as named, scans are read and resampled once,
 * then epochs of Adam run until the end, an abort, or early stopping. The weights of the best epoch by validation Dice
 * (or of the last one, as `keep` says) are written to `options.output`. All that can be said of the options without
 * reading a scan is said first.
 *
 * @param dataset - cases, or the path of a JSON dataset file or of a folder of cases (see {@link discoverDataset})
 * @returns the model, ready for `segmentStructure`, and the learning curves
 * @throws {@link InvalidArgumentError} `INVALID_ARGUMENT`, `PATIENT_LEAK`; {@link InputFileError} `INCOMPLETE_CASE`,
 *   `LABEL_GEOMETRY_MISMATCH`, `LABEL_OF_OTHER_SERIES`, `SEGMENT_NOT_FOUND`, `EMPTY_LABEL`, `CORRUPT_LABEL`,
 *   `CORRUPT_CHECKPOINT`, `CHECKPOINT_MISMATCH`, …;
 *   {@link OutputError} `OUTPUT_UNWRITABLE`, `OUTPUT_IS_INPUT`, `OUTPUT_EXISTS`; {@link TrainingError}
 *   `TRAINING_DIVERGED`, with nothing written, where losses, weights or scores are no longer finite,
 *   `PROCESS_LOST` where another of several processes ended, `RENDEZVOUS_FAILED` where they did not meet
 */
export async function trainSegmenter(
  dataset: TrainingDataset | string,
  options: TrainOptions,
): Promise<TrainingResult> {
  return trainingResult(await runSegmenterTraining(dataset, options));
}
