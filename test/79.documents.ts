import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { buildSync } from 'esbuild';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { documentSchema, jsonSchemaOf, lesionsSchema, perimetersSchema, reportSchema } from '../src/documents/index.js';
import { writeSeries, writeVolume } from '../src/index.js';
import { writeLesionModel } from './support/lesion-model.js';
import { writeThresholdModel } from './support/models.js';
import { kRoot, makeFolder, runCli } from './support/programs.js';
import { forEachVoxel, makePhantom } from './support/volumes.js';

const test = suite<{ folder: ReturnType<typeof makeFolder>; at: (name: string) => string; models: string[] }>(
  'documents',
);

test.before(async (context) => {
  context.folder = makeFolder();
  context.at = (name: string) => join(context.folder.path, name);
  const { at } = context;
  const volume = makePhantom({ size: [96, 80, 12], organRadius: 24 });
  forEachVoxel(volume.size, (index, x, y, z) => {
    if (Math.hypot(x - 28, y - 36, z - 6) <= 5) volume.data[index] = 395;
  });
  await writeVolume(at('scan.nii.gz'), volume);
  await writeSeries(at('series'), volume, {});
  context.models = [
    ...['--model', writeLesionModel(at('lesions.safetensors'))],
    ...['--liver-model', writeThresholdModel(at('liver.safetensors'))],
  ];
});
test.after(({ folder }) => folder.remove());

const hashOf = async (path: string) =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
const json = async (path: string) => JSON.parse(await readFile(path, 'utf8'));

for (const input of ['scan.nii.gz', 'series']) {
  test(`what classify writes of ${input} fits the schemas, to the last field`, async ({ at, models }) => {
    const out = at(`out-${input}`);
    const command = ['classify', at(input), '--out', out, ...models, '--accept-implausible', '--overlay', 'none'];
    const { exitCode, stderr } = await runCli([...command, '--threshold', '0.6']);
    assert.is(exitCode, 0, stderr);
    for (const [name, schema] of [
      ['lesions.json', lesionsSchema],
      ['perimeters.json', perimetersSchema],
      ['report.json', reportSchema],
    ] as const) {
      const document = await json(join(out, name));
      // A field that a schema does not know would be left out.
      assert.equal(schema.parse(document), document, name);
      assert.equal(documentSchema.parse(document), document, name);
    }
    assert.ok((await json(join(out, 'lesions.json'))).lesions.length > 0);
    const report = await json(join(out, 'report.json'));
    assert.is(report.hepatica, (await json(join(kRoot, 'package.json'))).version);
    assert.is(report.command, 'classify');
    const { overlay, threshold, device, page } = report.options;
    assert.equal([overlay, threshold, device, page], ['none', 0.6, 'auto', true]);
    for (const [name, file] of [
      ['segmentation', 'liver.safetensors'],
      ['lesions', 'lesions.safetensors'],
    ] as const) {
      assert.is(report.models[name].sha256, await hashOf(at(file)));
    }
    assert.is(report.inputs.length, input === 'series' ? 12 : 1);
    for (const { file, sha256 } of report.inputs) assert.is(sha256, await hashOf(file), file);
  });
}

test('a document that is another, or of another version, is refused', () => {
  const perimeters = { format: 'hepatica-perimeters', version: 1, structure: 'liver', size: [4, 4, 1], slices: [] };
  assert.ok(documentSchema.safeParse(perimeters).success);
  assert.not.ok(documentSchema.safeParse({ ...perimeters, version: 2 }).success);
  assert.not.ok(documentSchema.safeParse({ ...perimeters, format: 'hepatica-report' }).success);
  assert.not.ok(documentSchema.safeParse({ ...perimeters, size: [4, 4] }).success);
});

test('as JSON schemas, for other languages', () => {
  const schema = jsonSchemaOf('hepatica-lesions') as { properties: Record<string, object>; required: string[] };
  assert.equal(schema.properties.format, { type: 'string', const: 'hepatica-lesions' });
  assert.ok(schema.required.includes('lesions'));
  assert.throws(() => jsonSchemaOf('hepatica-nothing' as 'hepatica-lesions'), /received hepatica-nothing/);
});

test('they run in a browser: nothing of Node is in them, nor the native part', () => {
  const { outputFiles, metafile } = buildSync({
    entryPoints: [join(kRoot, 'src/documents/index.ts')],
    bundle: true,
    minify: true,
    platform: 'browser',
    format: 'esm',
    metafile: true,
    write: false,
  });
  const own = Object.keys(metafile.inputs).filter((file) => !file.includes('node_modules'));
  assert.ok(
    own.every((file) => /src\/documents\/\w+\.ts$/.test(file)),
    own.join(', '),
  );
  const [bundle] = outputFiles;
  assert.not.match(bundle?.text ?? '', /from ?"node:|require\(/);
  const bytes = gzipSync(bundle?.contents ?? '').length;
  assert.ok(bytes < 40_000, `a page loads ${bytes} bytes for it: zod's languages and what else is not used stay out`);
});

test.run();
