/** Options that many calls take. */
import { z } from 'zod';
import type { DeviceChoice, Model, Progress } from '../types.js';
import { describedAs, option } from './option.js';

/** Within what the native side keeps in an int: beyond it would wrap. */
export function integerFrom(least: number, most: number) {
  return { expected: `an integer from ${least} to ${most}`, schema: z.int().min(least).max(most) };
}

export const anObject = z.custom<object>((value) => typeof value === 'object' && value !== null);

export const aFunction = <Callback>() => z.custom<Callback>((value) => typeof value === 'function');

export const runFields = {
  signal: option(z.instanceof(AbortSignal), {
    expected: 'an AbortSignal',
    text: 'Ends the call, which then rejects with the reason of the signal',
    type: 'AbortSignal',
    native: false,
  }),
  onProgress: option(aFunction<(progress: Progress) => void>(), {
    expected: 'a function',
    text: 'Told how far the call is',
    type: '(progress: Progress) => void',
    native: false,
  }),
  threads: option(z.int().min(1).max(1024), {
    expected: 'an integer from 1 to 1024',
    text: 'Threads to compute with',
    otherwise: 'all cores that the process may use',
    flag: { value: '<n>', help: 'threads to compute with (default: all cores)' },
    native: false,
  }),
};

export const runOptions = z.strictObject(runFields);

export const deviceFields = {
  device: option(
    z.string().regex(/^(auto|cpu|cuda(:[0-9]|:[1-5][0-9]|:6[0-3])?)$/) as unknown as z.ZodType<DeviceChoice>,
    {
      expected: "'auto', 'cpu', 'cuda' or 'cuda:N'",
      text: 'Where to compute',
      value: 'auto',
      more:
        '`auto` takes a GPU where one can be used, else the CPU; it goes on there, with the warning `GPU_NOT_USED`, ' +
        'where the GPU fails or its memory does not suffice. `cuda` and `cuda:N` are refused (`NO_CUDA_DEVICE`) where ' +
        'they cannot be had.',
      type: 'DeviceChoice',
      flag: { value: '<device>', help: 'where to compute: auto, cpu, cuda or cuda:N' },
      native: false,
    },
  ),
};

export const deviceOptions = z.strictObject(deviceFields);

export const overwriteFields = {
  overwrite: option(z.boolean(), {
    expected: 'true or false',
    text: 'Replace a file that hepatica did not write',
    value: false,
    more: 'What the data was read from is never replaced.',
    flag: { help: 'replace files in the output folder that hepatica did not write (never inputs)' },
    native: false,
  }),
};

export const writeOptions = z.strictObject({ ...runFields, ...overwriteFields });

/** Of what is computed once: trainings take no tf32. */
export const precisionFields = {
  precision: option(z.enum(['auto', 'fp32', 'tf32', 'bf16']), {
    expected: "'auto', 'fp32', 'tf32' or 'bf16'",
    text: 'Arithmetic of the network',
    value: 'auto',
    more:
      "`auto` takes bf16 where the device has it, else fp32. `tf32` is a GPU's single precision with rounded factors; " +
      'without it, fp32 is fp32.',
    flag: { help: "the network's arithmetic; tf32 on a GPU alone" },
  }),
};

/** Wider than any CT's range a window makes no sense. */
export const windowSchema = z.tuple([z.int().min(-32768), z.int().max(32767)]).refine(([low, high]) => low < high);
export const kExpectedWindow = 'two integers in HU, the lower one first';

export const equalizationFields = {
  equalization: option(z.enum(['global', 'clahe', 'none']), {
    expected: "'global', 'clahe' or 'none'",
    text: 'Per-slice histogram equalization',
    value: 'global',
    type: 'HistogramEqualization',
    flag: { help: 'of each slice' },
  }),
};

const componentsSchema = z.union([
  z.enum(['all', 'largest']),
  z.strictObject({ minimumShare: z.number().min(0.001).max(1) }),
]);

export const postprocessingFields = {
  postprocessing: option(z.strictObject({ components: componentsSchema, fillHoles: z.boolean() }), {
    expected: "{ components: 'all', 'largest' or { minimumShare: 0.001 to 1 }, fillHoles: true or false }",
    text: "Instead of the model's own (`model.info.postprocessing`)",
    type: 'Postprocessing',
  }),
};

export const processOptions = z.strictObject({
  concurrency: option(z.int().min(1).max(1024), {
    expected: 'an integer from 1 to 1024',
    text: 'How many calls compute at once on each device, 1 to 1024, and how many read and write files at once beside them',
    otherwise: 'as many as there are cores, and no fewer than two; on a GPU two',
    more: 'Each computes with all cores and holds its volumes; networks compute one at a time.',
  }),
});

export const preloadOptions = z.strictObject({
  ...runFields,
  ...deviceFields,
  ...precisionFields,
  models: option(z.array(anObject as z.ZodType<Model>).min(1), {
    expected: 'a list of models from loadModel',
    text: 'What is made ready',
    otherwise: "the liver's weights that come with the package, and the lesion network's where they are installed",
    type: 'readonly Model[]',
    native: false,
  }),
});

export const preprocessOptions = z.strictObject({
  ...runFields,
  ...deviceFields,
  window: option(windowSchema, {
    expected: kExpectedWindow,
    text: 'HU limits, integers, the lower one first',
    value: [-100, 400],
    more: 'The default is that of the paper (Preprocessing).',
  }),
  equalization: describedAs(equalizationFields.equalization, { more: "`global` is OpenCV's equalizeHist." }),
});
