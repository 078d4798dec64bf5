/** Options of the calls that draw. */
import { z } from 'zod';
import { describedAs, option } from './option.js';
import { deviceFields, runFields } from './run.js';

const pixels = z.int().min(1).max(16_384);
const kExpectedPixels = 'an integer from 1 to 16384';

/** HU that pictures show. */
export const kAbdominalWindow: [number, number] = [-110, 190];

const slices = option(z.union([z.enum(['structure', 'all']), z.array(z.number())]), {
  expected: "'structure', 'all' or a list of z indices",
  text: 'As `slice` of the pictures; `structure`: the slices with the structure; `all`',
  value: 'structure',
  type: 'SliceChoice',
  flag: { value: '<which>', help: 'structure, all, or z indices separated by commas' },
});

const window = option(
  z.tuple([z.number(), z.number()]).refine(([low, high]) => low < high),
  {
    expected: 'two numbers in HU, the lower one first',
    text: 'HU shown as black and white',
    value: kAbdominalWindow,
    more: 'The default is a common abdominal window.',
  },
);

const minimumSize = option(pixels, {
  expected: kExpectedPixels,
  text: 'The longer side of the picture has at least this many pixels',
  value: 512,
});

const { signal, onProgress } = runFields;

export const renderOptions = z.strictObject({ signal, onProgress, slices, window, minimumSize });

export const overviewOptions = z.strictObject({
  signal,
  slices: describedAs(slices, {
    text: 'As of `renderOverlay`: all of a list are drawn, of the others as many as `tiles`, spread evenly',
  }),
  tiles: option(z.int().min(1).max(1000), {
    expected: 'an integer from 1 to 1000',
    text: 'Slices at most',
    value: 24,
  }),
  columns: option(z.int().min(1).max(100), {
    expected: 'an integer from 1 to 100',
    text: 'Slices a row',
    otherwise: '6, or fewer where there are fewer',
  }),
  tileWidth: option(z.int().min(32).max(4096), {
    expected: 'an integer from 32 to 4096',
    text: 'Pixels; heights follow from the volume',
    value: 320,
  }),
  window,
});

export const renderPreprocessingOptions = z.strictObject({
  minimumSize: describedAs(minimumSize, {
    text: "The longer side of each step's picture has at least this many pixels",
  }),
});

export const reportPageOptions = z.strictObject({
  title: option(z.string(), {
    expected: 'a text',
    text: 'Heading and title',
    otherwise: 'the description of the series, or `Lesions of the liver`',
  }),
  signal,
});

export const montageOptions = z.strictObject({
  columns: option(pixels, {
    expected: kExpectedPixels,
    text: 'Pictures a row',
    otherwise: '6, or fewer where there are fewer',
  }),
  tileWidth: option(pixels, {
    expected: kExpectedPixels,
    text: 'Pixels; heights follow from the first picture',
    value: 256,
  }),
  captions: option(z.array(z.string()), {
    expected: 'a list of texts',
    text: 'One a picture, in their order',
    otherwise: '`slice` and its z index',
  }),
});

export const renderFiltersOptions = z.strictObject({
  ...runFields,
  slice: option(z.int().min(0).max(65535), {
    expected: 'an integer from 0 to 65535',
    text: 'z index',
    otherwise: 'the middle slice, of a lesion network the one with most liver',
    flag: {
      value: '<z>',
      help: 'the slice (default: the middle one; of a lesion network the one with most liver)',
    },
  }),
  ...deviceFields,
  layers: option(z.array(z.string()).min(1), {
    expected: 'a list of layer names',
    text: 'The layers that are shown',
    more:
      'Of a liver network: `conv1`, `conv2`, `conv3`; default: all. Of a lesion network: `conv1` and `layer1` to ' +
      '`layer4` as far as it has them (the base), `location1` to `location7`, `class1` to `class7`; default: `conv1`, ' +
      '`layer1`, `location1`, `location7`, `class1`, `class4` and `class7`.',
    flag: {
      value: '<names>',
      help:
        'some of conv1,conv2,conv3; of a lesion network of conv1, layer1, …, location1 to 7, class1 to 7 ' +
        '(default: all; seven)',
    },
  }),
});
