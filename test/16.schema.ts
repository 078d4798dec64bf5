import { join } from 'node:path';
import { Command } from 'commander';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { z } from 'zod';
import { declarations } from '../scripts/options/declarations.mjs';
import { optionTable } from '../scripts/options/tables.mjs';
import { givenFlags, withFlags } from '../src/cli/flags.js';
import type * as api from '../src/index.js';
import { ModelError, trainLesionClassifier, trainStructures, writeMask, writeVolume } from '../src/index.js';
import { liverWeights } from '../src/models/model.js';
import { kOptionTypes, kPictureOptionTypes, kTrainingOptionTypes, type OptionType } from '../src/schema/calls.js';
import { checkOptions, nativeOptions } from '../src/schema/check.js';
import { defaultOf, detailsOf, innerType, option } from '../src/schema/option.js';
import { segmentOptions } from '../src/schema/segment.js';
import { makeFolder } from './support/programs.js';
import { rejection } from './support/rejections.js';
import { kOrganHu, makePhantom } from './support/volumes.js';

const folder = makeFolder();
const test = suite('schema');
test.after(() => folder.remove());

/** What `segmentLiver` would take, were one option more defined, in one place. */
const more = segmentOptions.extend({
  smoothingMm: option(z.number().min(0).max(20), {
    expected: 'a number from 0 to 20',
    text: 'Radius by which the outline is smoothed',
    value: 1.5,
    flag: { value: '<mm>' },
  }),
});

test('an option that is defined once is checked, has its default, and C++ is given it', () => {
  assert.is(checkOptions(more, {}).smoothingMm, 1.5);
  assert.throws(
    () => checkOptions(more, { smoothingMm: 21 }),
    /^Expected smoothingMm to be a number from 0 to 20, received 21$/,
  );
  const given = nativeOptions(more, checkOptions(more, { smoothingMm: 3, threads: 2, device: 'cpu' }));
  assert.equal(
    given,
    { precision: 'auto', smoothingMm: 3, keepFeatures: true },
    'what TypeScript deals with stays there',
  );
});

test('the same option is a flag with its help, on the command line', () => {
  const command = withFlags(new Command('segment').exitOverride(), more).configureOutput({ writeErr: () => {} });
  assert.match(
    command.helpInformation(),
    /--smoothing-mm <mm>\s+radius by which the outline is smoothed \(default: 1\.5\)/,
  );
  command.parse(['--smoothing-mm', '4', '--device', 'cpu'], { from: 'user' });
  assert.equal(givenFlags(more, command.opts()), { device: 'cpu', precision: 'auto', smoothingMm: 4 });
  assert.throws(
    () => command.parse(['--smoothing-mm', 'x'], { from: 'user' }),
    /Expected --smoothing-mm to be a number/,
  );
});

test('the same option stands in the type and in the table of the documentation', () => {
  const types = { ...kOptionTypes, SegmentOptions: { ...kOptionTypes.SegmentOptions, schema: more } };
  const declared = declarations(['SegmentOptions'], types, {});
  const documented = '/** Radius by which the outline is smoothed; default `1.5`. */';
  assert.ok(declared.includes(`${documented}\n  readonly smoothingMm?: number;`), declared);
  const row = '| `smoothingMm` | `number` | `1.5` | Radius by which the outline is smoothed. | `--smoothing-mm` |';
  assert.ok(optionTable(more).split('\n').includes(row), optionTable(more));
});

const kTypes: Record<string, OptionType> = { ...kOptionTypes, ...kPictureOptionTypes, ...kTrainingOptionTypes };

test('every option of every call says what it is, and its default is one that it takes', () => {
  for (const [type, { schema }] of Object.entries(kTypes)) {
    for (const [name, field] of Object.entries(schema.shape) as [string, z.ZodType][]) {
      const { text, expected } = detailsOf(field);
      assert.match(text, /^[`A-Zz].*[^.]$/, `${type}.${name}`);
      assert.ok(expected.length > 0);
      const value = defaultOf(field);
      if (value !== undefined) assert.ok(innerType(field).safeParse(value).success, `${type}.${name}`);
    }
  }
});

test('what a type extends has the same options in its own schema', () => {
  for (const [type, { schema, bases = [] }] of Object.entries(kTypes)) {
    for (const base of bases) {
      const missing = Object.keys((kTypes[base] as OptionType).schema.shape).filter((name) => !(name in schema.shape));
      assert.equal(missing, [], `${type} extends ${base}`);
    }
  }
});

type Schemas = { [Name in keyof typeof kOptionTypes]: (typeof kOptionTypes)[Name]['schema'] } & {
  [Name in keyof typeof kPictureOptionTypes]: (typeof kPictureOptionTypes)[Name]['schema'];
} & {
  [Name in keyof typeof kTrainingOptionTypes]: (typeof kTrainingOptionTypes)[Name]['schema'];
};
type Declared = { [Name in keyof Schemas]: Name extends keyof Types ? Types[Name] : never };
interface Types {
  RunOptions: api.RunOptions;
  DeviceOptions: api.DeviceOptions;
  SegmentOptions: api.SegmentOptions;
  ClassifyOptions: api.ClassifyOptions;
  ReadSeriesOptions: api.ReadSeriesOptions;
  WriteNiftiOptions: api.WriteNiftiOptions;
  WriteDicomOptions: api.WriteDicomOptions;
  SynthesizeOptions: api.SynthesizeOptions;
  EvaluateLesionsOptions: api.EvaluateLesionsOptions;
  OverviewOptions: api.OverviewOptions;
  TrainOptions: api.TrainOptions;
  TrainLesionsOptions: api.TrainLesionsOptions;
}
/** Options whose declared type and whose schema's type are two. */
type Differing<Name extends keyof Types> = {
  [Field in keyof Declared[Name] | keyof z.output<Schemas[Name]>]: Field extends keyof Declared[Name] &
    keyof z.output<Schemas[Name]>
    ? Exclude<z.output<Schemas[Name]>[Field], undefined> extends Exclude<Declared[Name][Field], undefined>
      ? never
      : Field
    : Field;
}[keyof Declared[Name] | keyof z.output<Schemas[Name]>];

/** Does not compile where a declaration says other than its schema. */
const kDiffering: { [Name in keyof Types]: Differing<Name> extends never ? 'none' : Differing<Name> } = {
  RunOptions: 'none',
  DeviceOptions: 'none',
  SegmentOptions: 'none',
  ClassifyOptions: 'none',
  ReadSeriesOptions: 'none',
  WriteNiftiOptions: 'none',
  WriteDicomOptions: 'none',
  SynthesizeOptions: 'none',
  EvaluateLesionsOptions: 'none',
  OverviewOptions: 'none',
  TrainOptions: 'none',
  TrainLesionsOptions: 'none',
};

test('declarations and schemas are of the same types (checked by the compiler)', () => {
  for (const differing of Object.values(kDiffering)) assert.is(differing, 'none');
});

test('weights of another network are named by their kind, and by the kind that is wanted', async () => {
  const output = join(folder.path, 'never.safetensors');
  const [image, label] = ['kind.nii.gz', 'kind-label.nii.gz'].map((name) => join(folder.path, name)) as [
    string,
    string,
  ];
  const scan = makePhantom();
  await writeVolume(image, scan);
  await writeMask(label, { ...scan, data: Uint8Array.from(scan.data, (hu) => Number(hu === kOrganHu)) });
  const paper = liverWeights('paper');
  const cases = ['a', 'b', 'c'].map((patient) => ({ patient, image, label }));
  const typed = cases.map((one) => ({ ...one, liverValues: [1], labelTypes: { 1: 'HCC' as const } }));
  const calls = {
    encoder3d: ['initial', () => trainStructures({ cases }, { output, initial: paper })],
    mdl_cnn: ['initial', () => trainLesionClassifier({ cases: typed }, { output, initial: paper })],
    resnet101: ['base', () => trainLesionClassifier({ cases: typed }, { output, base: paper })],
  } as const;
  for (const [kind, [field, call]] of Object.entries(calls)) {
    const error = await rejection(call(), ModelError, 'WRONG_MODEL');
    assert.is(error.message, `Expected ${field} to be of kind ${kind}, received liver_cnn`);
    assert.equal([error.file, error.field, typeof error.remedy], [paper, field, 'string']);
  }
});

test.run();
