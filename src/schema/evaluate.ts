/** Options of the calls that compare with a reference, and of the one that makes one. */
import { z } from 'zod';
import { kLesionTypes } from '../lesions/lesion-types.js';
import type { MaskInput } from '../types.js';
import { option } from './option.js';
import { anObject, runFields } from './run.js';

const conventionFields = {
  convention: option(z.enum(['paper', 'standard', 'lits']), {
    expected: "'paper', 'standard' or 'lits'",
    text: 'Sign of the relative volume difference',
    value: 'paper',
    type: 'RvdConvention',
    flag: { value: '<what>', help: 'sign of RVD' },
  }),
};

const kExpectedSeed = 'a non-negative integer';

export const evaluateOptions = z.strictObject({ ...runFields, ...conventionFields });

export const evaluateLesionsOptions = z.strictObject({
  ...runFields,
  ...conventionFields,
  resamples: option(z.int().min(0).max(10_000), {
    expected: 'an integer from 0 to 10000',
    text: 'Bootstrap resamples of the patients; 0: no intervals',
    value: 1000,
    flag: { value: '<n>', help: 'with --lesions: bootstrap resamples' },
  }),
  seed: option(z.int().min(0), {
    expected: kExpectedSeed,
    text: 'Of the resamples',
    value: 0,
    flag: { value: '<n>', help: 'with --lesions: of the resamples' },
  }),
});

const vector = z.tuple([z.number(), z.number(), z.number()]);
const kExpectedVector = 'three numbers (x, y, z)';
const kAlone = 'with --arterial: ';

const countRange = z.tuple([z.int().min(0).max(255), z.int().min(0).max(255)]).refine(([least, most]) => least <= most);

export const synthesizeOptions = z.strictObject({
  ...runFields,
  seed: option(z.int().min(0), {
    expected: kExpectedSeed,
    text: 'Whole number from 0; the same seed gives the same lesions',
    value: 0,
    flag: { value: '<n>', help: 'the same seed gives the same lesions' },
  }),
  types: option(z.array(z.enum(kLesionTypes)).min(1).max(64), {
    expected: 'some of CYS, ANG, HCC and MET',
    text: 'What may occur, drawn with equal chances',
    value: [...kLesionTypes],
    type: 'readonly LesionType[]',
    flag: { value: '<types>', help: 'some of CYS,ANG,HCC,MET' },
  }),
  count: option(countRange, {
    expected: 'two integers from 0 to 255, the lower one first',
    text: 'Least and most lesions, 0 to 255',
    value: [1, 6],
    flag: { value: '<min-max>', help: 'how many lesions' },
  }),
  mixedProbability: option(z.number().min(0).max(1), {
    expected: 'a number from 0 to 1',
    text: 'That a liver with several lesions holds more than one type',
    value: 0.25,
  }),
  phase: option(z.enum(['portal-venous', 'arterial']), {
    expected: "'portal-venous' or 'arterial'",
    text: 'How the lesions look; `arterial` in a portal venous scan is not validated',
    value: 'portal-venous',
    type: 'ContrastPhase',
    flag: {
      name: 'look',
      value: '<phase>',
      help: 'of the lesions; arterial in a portal venous scan is not validated',
    },
  }),
  realLesions: option(anObject as unknown as z.ZodType<MaskInput>, {
    expected: 'a mask on the grid of the volume',
    text: 'Lesions that are there already, not 0: nothing is changed in them and within `marginMm` around',
    type: 'MaskInput',
    native: false,
  }),
  marginMm: option(z.number().min(0).max(100), {
    expected: 'a number from 0 to 100',
    text: 'What is kept free around `realLesions`',
    value: 5,
    flag: { name: 'margin', value: '<mm>', help: 'kept free around real lesions' },
  }),
  maxSliceFraction: option(z.number().gt(0).max(1), {
    expected: 'a number above 0 and at most 1',
    text: "The most of the liver's area in a slice that a lesion may take",
    value: 0.4,
  }),
  spareVessels: option(z.boolean(), {
    expected: 'true or false',
    text: "Leave bright vessels at a lesion's border as they are",
    value: true,
  }),
  arterial: option(z.boolean(), {
    expected: 'true or false',
    text: 'Also make the arterial scan of the same liver and lesions',
    value: false,
    flag: { help: 'also make the arterial scan of the same liver and lesions' },
  }),
  arterialTurn: option(vector, {
    expected: kExpectedVector,
    text: 'Turn of the arterial scan about the liver, degrees about x, then y, then z',
    value: [0, 0, 0],
    flag: { value: '<x,y,z>', help: `${kAlone}its turn about the liver, degrees about x, y and z` },
  }),
  arterialShiftMm: option(vector, {
    expected: kExpectedVector,
    text: 'Shift of the arterial scan, mm, LPS',
    value: [0, 0, 0],
    flag: { name: 'arterial-shift', value: '<x,y,z>', help: `${kAlone}its shift, mm, LPS` },
  }),
  arterialSliceMm: option(z.number().min(0).max(100), {
    expected: 'a number from 0 to 100',
    text: "Distance of the arterial scan's slices, which are as thick; 0: as in the volume",
    value: 0,
    flag: { name: 'arterial-slice', value: '<mm>', help: `${kAlone}distance of its slices; 0: as in the scan` },
  }),
});
