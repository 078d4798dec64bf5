import { hashOfInput } from '../io/file-hash.js';
import { liverWeights, startingFrom } from '../models/model.js';
import { checkOptions } from '../schema/check.js';
import { structuresAugmentation, trainStructuresOptions } from '../schema/train-structures.js';
import type { TrainingDataset, TrainStructuresOptions } from '../types.js';
import { runLabelledTraining } from './training.js';
import {
  type EndedTraining,
  given,
  nativeAugmentation,
  nativeRunOptions,
  type TrainingResult,
  trainingResult,
} from './training-run.js';

/** trainStructures up to what needs the weights. */
export async function runStructuresTraining(
  dataset: TrainingDataset | string,
  options: TrainStructuresOptions,
): Promise<EndedTraining> {
  const checked = checkOptions(trainStructuresOptions, options);
  const initial = checked.initial ?? liverWeights();
  const settings = given({
    ...nativeRunOptions(trainStructuresOptions, checked),
    augmentation: nativeAugmentation(structuresAugmentation, checked.augment),
    structures: Object.entries(checked.structures).map(([name, values]) => ({ name, values })),
    initial,
    initial_sha256: await hashOfInput(initial, checked.signal),
  });
  return startingFrom([{ field: 'initial', path: initial, kind: 'encoder3d' }], () =>
    runLabelledTraining(dataset, options, checked, {
      check: 'checkStructuresTraining',
      name: 'trainStructures',
      settings,
      initial,
    }),
  );
}

/**
 * Goes on training the 3-D structure network, that of `segmentLiver`, on labelled scans: of all its structures, or of
 * those that the labels mark; new ones are named in `architecture.structures`, behind those that it knows. Crops of the whole volumes are learned from; the locator stays as it is. Everything else is
 * as with {@link trainSegmenter}. On a CPU a step takes seconds.
 *
 * @param dataset - cases, or the path of a JSON dataset file or of a folder of cases (see {@link discoverDataset})
 * @returns the model, ready for `segmentLiver` and `segmentStructures`, and the learning curves
 * @throws as {@link trainSegmenter}, and {@link ModelError} `WRONG_MODEL` for `initial`
 */
export async function trainStructures(
  dataset: TrainingDataset | string,
  options: TrainStructuresOptions,
): Promise<TrainingResult> {
  return trainingResult(await runStructuresTraining(dataset, options));
}
