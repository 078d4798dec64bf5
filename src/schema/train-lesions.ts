/** Options of the training of the lesion network. */
import { z } from 'zod';
import { isModel } from '../models/model.js';
import type { Model } from '../types.js';
import { option } from './option.js';
import {
  amount,
  augmentation,
  canvasSchema,
  counted,
  deviation,
  kExpectedCanvas,
  kFlag,
  kNonNegative,
  kNonNegativeInteger,
  kPart,
  kPositive,
  kPositiveInteger,
  part,
  pictureFields,
  trainRunFields,
} from './train.js';

export const lesionAugmentation = z.strictObject({
  scale: deviation('Of the logarithm of the size', 0.12),
  rotationDeg: deviation('Of the angle', 13),
  gain: deviation('Of the logarithm of the contrast to the liver', 0.12),
  offsetHu: deviation('HU added to all', 5),
  noise: deviation('The most that half the pictures get, of 200 HU', 0.05),
  liverErrors: option(part, {
    expected: kPart,
    text: "Part of the pictures in which the liver's border is wrong, as predicted ones are",
    value: 0.5,
  }),
});

const { expected, schema } = augmentation(lesionAugmentation.shape);
const weights = z.union([z.string().min(1), z.custom<Model>(isModel)]);
const kExpectedWeights = 'a path or a model';

const beginningFields = {
  initial: option(weights, {
    expected: kExpectedWeights,
    text:
      'A trained lesion network to go on from: a path, or a model from `loadModel`, whose weights are taken as they ' +
      'were loaded',
    otherwise: 'from scratch',
    more:
      "The run's network is its, with the fields that `architecture` gives. A 3-D network in it (`location3d`) is kept as " +
      'it is.',
    type: 'string | Model',
    flag: { value: '<file>', help: 'a trained network of the kind to go on from (liver: none)' },
    native: false,
  }),
  freeze: option(z.enum(['none', 'location']), {
    expected: "'none' or 'location'",
    text: 'What of that network is held: `location`: only the class channel learns, and the rest stays as it is',
    value: 'none',
  }),
  base: option(weights, {
    expected: kExpectedWeights,
    text:
      'Weights of ResNet101 to start the base from: `ct`, the first two stages that were trained on CT (of `@hepatica/weights-mdl`, ' +
      "MIT), recommended; or ImageNet's, torchvision's, timm's or of the same names: a path, or a model from `loadModel`, " +
      'whose weights are taken as they were loaded',
    otherwise: 'from scratch',
    type: 'string | Model',
    flag: {
      value: '<file>',
      help: "weights of ResNet101 that the lesion network starts from: 'ct', trained on CT (recommended), or a file",
    },
    native: false,
  }),
  frozenEpochs: option(counted(0), {
    expected: kNonNegativeInteger,
    text: 'Epochs in which that base is held fixed',
    value: 0,
  }),
  baseLearningRateFactor: option(z.number().positive(), {
    expected: kPositive,
    text: "Factor of that base's learning rate afterwards",
    value: 0.1,
  }),
};

const syntheticFields = {
  syntheticPerScan: option(counted(0), {
    expected: kNonNegativeInteger,
    text: 'Variants of each training ground with synthetic lesions',
    value: 1,
  }),
  syntheticRefreshEpochs: option(counted(1), {
    expected: kPositiveInteger,
    text: 'Epochs after which they are made anew',
    value: 2,
  }),
  syntheticLesions: option(
    z.tuple([z.int().min(1), z.int().max(255)]).refine(([low, high]) => low <= high),
    {
      expected: 'two integers from 1 to 255, the lower one first',
      text: 'Fewest and most synthetic lesions in a variant',
      value: [6, 14],
      native: false,
    },
  ),
  validationSyntheticPerScan: option(counted(0), {
    expected: kNonNegativeInteger,
    text: 'Variants of each validation ground, the same in all epochs',
    value: 1,
  }),
};

export const trainLesionsOptions = z.strictObject({
  ...trainRunFields,
  ...pictureFields,
  augment: option(schema, {
    expected,
    text: 'Random size, rotation, mirroring, grey values and liver borders',
    value: false,
    more: 'The default is as in the paper.',
    type: 'boolean | LesionAugmentation',
    native: false,
  }),
  ...beginningFields,
  ...syntheticFields,
  realFraction: option(part, {
    expected: kPart,
    text: 'Part of the drawn pictures that comes from scans as they are',
    value: 0.5,
  }),
  lesionFraction: option(part, {
    expected: kPart,
    text: 'Part of the pictures that is drawn around a lesion; the others lie anywhere in the liver',
    value: 0.5,
  }),
  maxLesionShare: option(z.number().min(0.01).max(1), {
    expected: 'a number from 0.01 to 1',
    text: 'Slices in which one lesion covers more of the liver are left out of training',
    value: 0.4,
    more: 'The default is as in the paper.',
  }),
  canvas: option(canvasSchema, {
    expected: kExpectedCanvas,
    text: "Rows and columns of the training picture, pixels of the network's grid",
    value: [64, 64],
    native: false,
  }),
  positiveWeight: option(z.number().positive(), {
    expected: kPositive,
    text: "Weight of lesion pixels in the location's cross-entropy",
    value: 1,
  }),
  diceWeight: option(amount, { expected: kNonNegative, text: 'Weight of a soft Dice term beside it', value: 0.5 }),
  classWeight: option(amount, {
    expected: kNonNegative,
    text: "Weight of the class channel's cross-entropy; 0: it isn't trained",
    value: 1,
  }),
  balanceClasses: option(z.boolean(), {
    expected: kFlag,
    text: 'Every lesion type counts alike in it, whatever its pixels',
    value: true,
  }),
  bestBy: option(z.enum(['dice', 'accuracy', 'mean', 'loss']), {
    expected: "'dice', 'accuracy', 'mean' or 'loss'",
    text:
      'The score that chooses the best epoch: `dice` (all lesion voxels together), `accuracy` (of the types of found ' +
      'lesions), `mean` of both, or `loss`',
    value: 'mean',
  }),
});
