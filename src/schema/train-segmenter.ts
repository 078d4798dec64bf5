/** Options of the training of segmenters. */
import { z } from 'zod';
import { describedAs, option } from './option.js';
import { postprocessingFields } from './run.js';
import {
  amount,
  augmentation,
  canvasSchema,
  deviation,
  kExpectedCanvas,
  kFlag,
  kNonNegative,
  kPart,
  kPositive,
  part,
  pictureFields,
  trainRunFields,
} from './train.js';

export const segmenterAugmentation = z.strictObject({
  scale: deviation('Of the logarithm of the size', 0.08),
  aspect: deviation('Of the logarithm of width over height', 0.04),
  rotationDeg: deviation('Of the angle', 5),
  shiftMm: deviation('The largest shift', 24),
  gamma: deviation("Of the logarithm of the grey values' exponent", 0.15),
  noise: deviation('The most that half the pictures get, of a white level of 1', 0),
  bodyBoxJitter: deviation("Of the body's box that coordinates count from, of its size", 0.02),
});

const { expected, schema } = augmentation(segmenterAugmentation.shape);

export const trainOptions = z.strictObject({
  ...trainRunFields,
  ...pictureFields,
  augment: option(schema, {
    expected,
    text: 'Random size, rotation, shift and grey values (no mirroring: the liver has a side)',
    value: false,
    more: 'The default is as in the paper.',
    type: 'boolean | Augmentation',
    flag: { help: 'random scale, rotation, shift and grey values' },
    native: false,
  }),
  structure: option(z.string().regex(/^[^\p{Cc}/\\]{1,64}$/u), {
    expected: 'a name of at most 64 characters without slashes',
    text: 'What is segmented; any name, which `segmentLiver` takes only where it is `liver`',
    value: 'liver',
    flag: { value: '<name>', help: 'what is segmented' },
  }),
  postprocessing: describedAs(postprocessingFields.postprocessing, {
    text: 'What becomes of the voxels above the threshold, kept in the weights',
    otherwise:
      'what the mean Dice of the validation patients is best with (the largest piece and filled holes unless it gets ' +
      'worse by them, a share of the largest piece where that is better)',
    more: 'Where nobody is validated on, or `keep` is `last`, the training labels choose.',
  }),
  positiveWeight: option(z.number().positive(), {
    expected: kPositive,
    text: "Weight of the structure's pixels in the cross-entropy",
    value: 1,
  }),
  diceWeight: option(amount, {
    expected: kNonNegative,
    text: 'Weight of a soft Dice term beside the cross-entropy',
    value: 0,
  }),
  balancePatients: option(z.boolean(), {
    expected: kFlag,
    text: 'Draw the patient first, then a slice of it; needs `slicesPerEpoch`',
    value: false,
  }),
  structureFraction: option(part, {
    expected: kPart,
    text: 'Part of the drawn slices that shows the structure, 0 to 1; needs `slicesPerEpoch`; 0: as they come',
    value: 0,
  }),
  sliceStrideMm: option(amount, {
    expected: kNonNegative,
    text: 'Distance of the slices trained on, mm; 0: every slice',
    value: 0,
  }),
  canvas: option(canvasSchema, {
    expected: kExpectedCanvas,
    text: "Rows and columns of the training picture, pixels of the network's grid",
    otherwise: 'from the data',
    native: false,
  }),
  validationStrideMm: option(amount, {
    expected: kNonNegative,
    text: 'Distance of the slices validated on, mm; 0: every slice',
    value: 0,
  }),
});
