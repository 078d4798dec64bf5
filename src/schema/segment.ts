/** Options of the calls that find structures, and lesions in the liver. */
import { z } from 'zod';
import type { Model, VolumeInput } from '../types.js';
import { option } from './option.js';
import { anObject, deviceFields, postprocessingFields, precisionFields, runFields } from './run.js';

export const segmentOptions = z.strictObject({
  ...runFields,
  ...deviceFields,
  model: option(z.union([anObject as z.ZodType<Model>, z.literal('paper')]), {
    expected: "a model from loadModel or trainSegmenter, or 'paper'",
    text: "A trained segmenter, or `'paper'`",
    otherwise: 'the 3-D network that comes with the package',
    more: "`'paper'` is the paper's network of three layers, trained, which comes with the package too.",
    type: "Model | 'paper'",
    native: false,
  }),
  ...precisionFields,
  ...postprocessingFields,
  keepFeatures: option(z.boolean(), {
    expected: 'true or false',
    text: "Keep what the liver's network computed, for a `classifyLesions` of the result",
    value: true,
    more:
      'Where the lesion network has the same encoder it then takes half the time; the lesions are the same to the byte ' +
      'without it. One result a process keeps its features, the newest: up to 96 MB, in single precision 176 MB, freed ' +
      'once `classifyLesions` used them, by `dispose()`, and when another liver is outlined.',
  }),
});

const threshold = z.number().gt(0).lt(1);
const kExpectedThreshold = 'a number above 0 and below 1';

export const classifyOptions = z.strictObject({
  ...runFields,
  ...deviceFields,
  model: option(z.union([anObject as z.ZodType<Model>, z.literal('paper')]), {
    expected: "a lesion model from loadModel, or 'paper'",
    text: "A trained lesion network, or `'paper'`",
    otherwise: 'both networks of `@hepatica/weights-mdl`',
    more: "`'paper'` is the paper's MDL-CNN of the same package alone, at its own thresholds.",
    type: "Model | 'paper'",
    native: false,
  }),
  ...precisionFields,
  arterial: option(anObject as unknown as z.ZodType<VolumeInput>, {
    expected: 'a volume',
    text: 'The arterial scan of the same examination, on a grid of its own: types are told from both (docs/arterial.md)',
    otherwise: "none: types are told from the liver's scan",
    type: 'VolumeInput',
    native: false,
  }),
  threshold: option(threshold, {
    expected: kExpectedThreshold,
    text: 'Location probability above which a lesion is reported',
    otherwise: "the model's",
    flag: { value: '<probability>' },
  }),
  extentThreshold: option(threshold, {
    expected: kExpectedThreshold,
    text: 'Location probability above which voxels belong to a reported lesion, at most `threshold`',
    otherwise: "the model's, or `threshold` where that is lower",
    flag: {
      value: '<probability>',
      help:
        'location probability above which voxels belong to a lesion, at most the threshold ' + "(default: the model's)",
    },
  }),
  minimumMl: option(z.number().min(0).max(1e6), {
    expected: 'a number of millilitres, 0 or more',
    text: 'Lesions with less than this above `threshold` are not reported, ml',
    otherwise: "the model's",
    flag: {
      value: '<volume>',
      help: "lesions with less than this above the threshold are left out (default: the model's)",
    },
  }),
});
