/** Options of the training of the 3-D structure network. */
import { z } from 'zod';
import { defaultedAs, option } from './option.js';
import {
  amount,
  augmentation,
  counted,
  deviation,
  kNonNegative,
  kNonNegativeInteger,
  kPart,
  kPositive,
  kPositiveInteger,
  part,
  trainRunFields,
} from './train.js';

export const structuresAugmentation = z.strictObject({
  scale: deviation('Of the logarithm of the size', 0.09),
  stretch: deviation('Of the logarithm of the size along each axis by itself', 0.05),
  rotationDeg: deviation('Of the angle in the plane', 8),
  tiltDeg: deviation('Of the angles out of it', 4),
  contrast: deviation("Of the logarithm of the factor of HU's distance from soft tissue", 0.15),
  offsetHu: deviation('HU added to all', 12),
  noiseHu: deviation("The noise's own deviation, in half of the crops", 14),
  thickSlices: option(part, {
    expected: kPart,
    text: 'Part of the crops that is seen through slices of 5 or 8 mm',
    value: 0.4,
  }),
  bodyBoxMm: deviation("Of the sides of the body's box that coordinates count from", 8),
});

const { expected, schema } = augmentation(structuresAugmentation.shape);
const cells = z.int().min(8).max(1024).multipleOf(8);

/** Where the other trainings' defaults are those of pictures: crops are some hundred times as large. */
const sizeFields = {
  epochs: defaultedAs(trainRunFields.epochs, 20, { text: 'How often `cropsPerEpoch` crops are learned from' }),
  batchSize: defaultedAs(trainRunFields.batchSize, 2, { text: 'Crops a mini-batch' }),
  learningRate: defaultedAs(trainRunFields.learningRate, 1e-4, {}),
  cropsPerEpoch: option(counted(1), { expected: kPositiveInteger, text: 'Crops drawn for an epoch', value: 200 }),
  cropCells: option(z.tuple([cells, cells, cells]), {
    expected: 'three multiples of 8 from 8 to 1024',
    text: "Cells of a crop along z, y and x, of 2.8, 1.5 and 1.5 mm in the package's",
    value: [64, 160, 192],
    more: 'Of fewer than 64 along z, the CPU learns in fp32.',
  }),
};

export const trainStructuresOptions = z.strictObject({
  ...trainRunFields,
  ...sizeFields,
  augment: option(schema, {
    expected,
    text: 'Random size, angle, grey values, noise and slice thickness (no mirroring: organs have a side)',
    value: false,
    type: 'boolean | StructuresAugmentation',
    native: false,
  }),
  structures: option(
    z.record(z.string().min(1), z.array(z.int().min(1).max(255))).refine((named) => Object.keys(named).length > 0),
    {
      expected: "names of the network's structures with the labels' values, 1 to 255",
      text:
        "What of the network's structures the labels mark, and by which values; what they leave out stays as the network " +
        'knows it. Without values, of one structure alone, each case says what counts (`labelValues`, `labelSegments`). New ones ' +
        'are named in `architecture.structures` too, behind those that are known',
      value: { liver: [] },
      more: 'The first one is what the validation Dice is of.',
      type: 'Readonly<Record<string, readonly number[]>>',
      native: false,
    },
  ),
  initial: option(z.string().min(1), {
    expected: 'a path',
    text: 'Weights of a 3-D structure network to go on from; its locator stays as it is',
    otherwise: 'those that come with the package',
    flag: { value: '<file>' },
    native: false,
  }),
  frozenEpochs: option(counted(0), {
    expected: kNonNegativeInteger,
    text: 'Epochs in which the encoder is held fixed',
    value: 0,
  }),
  baseLearningRateFactor: option(z.number().positive(), {
    expected: kPositive,
    text: "Factor of the encoder's learning rate afterwards",
    value: 0.1,
  }),
  structureFraction: option(part, {
    expected: kPart,
    text: 'Part of the crops that is drawn about the structures; the others lie anywhere',
    value: 0.75,
  }),
  crossEntropyWeight: option(amount, { expected: kNonNegative, text: 'Weight of the cross-entropy', value: 1 }),
  diceWeight: option(amount, { expected: kNonNegative, text: 'Weight of a soft Dice term beside it', value: 1 }),
  gradientLimit: option(amount, {
    expected: kNonNegative,
    text: 'Longest gradient over all parameters of a step; 0: any',
    value: 2,
  }),
  validationMarginMm: option(amount, {
    expected: kNonNegative,
    text: 'How far around the structures is validated on, mm',
    value: 24,
  }),
});
