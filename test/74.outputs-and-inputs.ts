// Whatever is read stays as it is: every command and every writer, with each of its inputs where an output would go.
import { linkSync, mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Command } from 'commander';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { addCommands } from '../src/cli/commands.js';
import { readMask, writeMask, writeVolume } from '../src/index.js';
import { refuses, run } from './support/commands.js';
import { writeThresholdModel } from './support/models.js';
import { makeFolder } from './support/programs.js';
import { makePhantom } from './support/volumes.js';

interface CommandRow {
  readonly name: string;
  /** What it writes: folders end in `/`. */
  readonly writes: readonly string[];
  /** Of its inputs, those that are files; the others are `other`. */
  readonly inputs: readonly string[];
  args(input: string, path: string, other: string): string[];
}

const flag = (input: string, name: string, path: string) => (input === name ? [`--${name}`, path] : []);
const scanOf = (input: string, path: string, other: string) => (input === 'scan' ? path : other);
const kSegmentation = ['liver.nii.gz', 'perimeters.json', 'report.json', 'overlay/', 'overview.png'];

const kCommands: readonly CommandRow[] = [
  {
    name: 'segment',
    writes: kSegmentation,
    inputs: ['scan', 'model'],
    args: (input, path, other) => ['segment', scanOf(input, path, other), ...flag(input, 'model', path)],
  },
  {
    name: 'segment --mesh',
    writes: ['mesh/'],
    inputs: ['scan', 'model'],
    args: (input, path, other) => [
      ...['segment', scanOf(input, path, other), '--mesh', 'stl', '--overlay', 'none'],
      ...flag(input, 'model', path),
    ],
  },
  {
    name: 'segment --dicom',
    writes: ['seg.dcm', 'sr.dcm', 'rtstruct.dcm', 'sc.dcm'],
    inputs: ['model', 'scan'],
    args: (input, path, other) => [
      ...['segment', scanOf(input, path, `${dirname(other)}/IM0001`), '--dicom', 'seg,sr,rtstruct,sc'],
      ...flag(input, 'model', path),
    ],
  },
  {
    name: 'classify',
    writes: [...kSegmentation, 'lesions.nii.gz', 'lesions.json', 'report.html'],
    inputs: ['scan', 'model', 'liver-model'],
    args: (input, path, other) => [
      'classify',
      scanOf(input, path, other),
      ...flag(input, 'model', path),
      ...flag(input, 'liver-model', path),
    ],
  },
  {
    name: 'compare',
    writes: [
      'comparison.json',
      ...['before', 'after'].flatMap((date) =>
        ['liver.nii.gz', 'lesions.nii.gz', 'lesions.json'].map((name) => `${date}-${name}`),
      ),
    ],
    inputs: ['scan', 'later', 'model', 'liver-model'],
    args: (input, path, other) => [
      'compare',
      scanOf(input, path, other),
      input === 'later' ? path : other,
      ...flag(input, 'model', path),
      ...flag(input, 'liver-model', path),
    ],
  },
  {
    name: 'structures',
    writes: ['structures.nii.gz', 'structures.json'],
    inputs: ['scan', 'model'],
    args: (input, path, other) => ['structures', scanOf(input, path, other), ...flag(input, 'model', path)],
  },
  {
    name: 'synthesize',
    writes: ['image.nii.gz', 'liver.nii.gz', 'lesions.nii.gz', 'lesion-ids.nii.gz', 'lesions.json', 'dicom/'],
    inputs: ['scan', 'liver', 'real-lesions'],
    args: (input, path, other) => [
      'synthesize',
      scanOf(input, path, other),
      '--dicom',
      ...flag(input, 'liver', path),
      ...flag(input, 'real-lesions', path),
    ],
  },
  {
    name: 'preprocess',
    writes: ['preprocessing.png', 'clipped.nii.gz', 'equalized.nii.gz'],
    inputs: ['scan'],
    args: (_, path) => ['preprocess', path],
  },
  {
    name: 'render',
    writes: ['overlay/'],
    inputs: ['scan', 'mask'],
    args: (input, path, other) => ['render', scanOf(input, path, other), '--mask', input === 'mask' ? path : other],
  },
  {
    name: 'render --history',
    writes: ['learning-curves.svg', 'learning-curves.png'],
    inputs: ['history'],
    args: (_, path) => ['render', '--history', path],
  },
  {
    name: 'filters',
    writes: ['filters/'],
    inputs: ['scan', 'model', 'liver-model'],
    args: (input, path, other) => [
      'filters',
      scanOf(input, path, other),
      ...(input === 'liver-model' ? ['--lesions'] : []),
      ...flag(input, 'model', path),
      ...flag(input, 'liver-model', path),
    ],
  },
  {
    name: 'evaluate --lesions',
    writes: ['evaluation.json', 'evaluation.html'],
    inputs: ['prediction', 'reference', 'prediction-json'],
    args: (input, path, other) => [
      'evaluate',
      '--lesions',
      ...['prediction', 'reference', 'prediction-json'].flatMap((name) => [`--${name}`, input === name ? path : other]),
    ],
  },
];

/** Ways to name a file that is also an output. */
const kWays: Readonly<Record<string, (file: string, aside: string) => string>> = {
  itself: (file) => file,
  'through ..': (file) => `${dirname(file)}/../${basename(dirname(file))}/${basename(file)}`,
  'through a link to the file': (file, aside) => {
    symlinkSync(file, `${aside}-link`);
    return `${aside}-link`;
  },
  'through a link to its folder': (file, aside) => {
    symlinkSync(dirname(file), `${aside}-folder`);
    return join(`${aside}-folder`, basename(file));
  },
  'through .. behind a link': (file, aside) => {
    mkdirSync(join(dirname(file), 'below'));
    symlinkSync(join(dirname(file), 'below'), `${aside}-below`);
    return `${aside}-below/../${basename(file)}`;
  },
  'as another name of the same file': (file, aside) => {
    linkSync(file, `${aside}-hard`);
    return `${aside}-hard`;
  },
  'as a link that lies there': (file, aside) => {
    renameSync(file, `${aside}-real`);
    symlinkSync(`${aside}-real`, file);
    return file;
  },
};

const test = suite<{ folder: ReturnType<typeof makeFolder> }>('outputs and inputs');
test.before.each((context) => {
  context.folder = makeFolder();
});
test.after.each(({ folder }) => folder.remove());

let serial = 0;
async function freshOut(folder: string): Promise<{ out: string; aside: string; other: string }> {
  const root = join(folder, String(++serial));
  const out = join(root, 'out');
  mkdirSync(out, { recursive: true });
  const other = join(root, 'other.nii.gz');
  await writeFile(other, 'other');
  return { out, aside: join(root, 'aside'), other };
}

for (const { name, writes, inputs, args } of kCommands) {
  test(`${name}: an input at the place of an output is refused, however it is named`, async ({ folder }) => {
    for (const output of writes.filter((written) => !written.endsWith('/'))) {
      for (const input of inputs) {
        for (const way of Object.values(kWays)) {
          const { out, aside, other } = await freshOut(folder.path);
          const file = join(out, output);
          await writeFile(file, 'the only copy');
          const command = args(input, way(file, aside), other);
          await refuses(dirname(out), 'OUTPUT_IS_INPUT', [...command, '--out', out, '--overwrite']);
        }
      }
    }
  });

  test(`${name}: what lies in a folder that it fills is no input`, async ({ folder }) => {
    for (const output of writes.filter((written) => written.endsWith('/'))) {
      for (const input of inputs) {
        const { out, other } = await freshOut(folder.path);
        const file = join(out, output, 'input.nii.gz');
        mkdirSync(dirname(file));
        await writeFile(file, 'the only copy');
        await refuses(dirname(out), 'OUTPUT_IS_INPUT', [...args(input, file, other), '--out', out, '--overwrite']);
      }
    }
  });

  if (inputs.includes('scan')) {
    test(`${name}: a DICOM folder is neither the output folder, nor around it, nor one of its parts`, async (context) => {
      const parts = writes.filter((written) => written.endsWith('/'));
      for (const below of ['', 'results', 'results/of/today', ...parts.map((part) => `../../out/${part}`)]) {
        const { out, aside, other } = await freshOut(context.folder.path);
        const isPart = below.startsWith('..');
        const study = isPart ? join(out, basename(below)) : join(dirname(out), 'study');
        mkdirSync(study);
        await writeFile(join(study, 'IM0001'), 'a slice');
        symlinkSync(study, `${aside}-link`);
        const target = isPart ? out : join(study, below);
        for (const scan of [study, `${study}/`, `${aside}-link`]) {
          await refuses(dirname(out), 'OUTPUT_IS_INPUT', [
            ...args('scan', scan, other),
            '--out',
            target,
            '--overwrite',
          ]);
        }
        if (isPart) continue;
        const linked = join(`${aside}-link`, below);
        await refuses(dirname(out), 'OUTPUT_IS_INPUT', [...args('scan', study, other), '--out', linked]);
      }
    });
  }

  test(`${name}: a file that hepatica did not write is replaced with --overwrite alone`, async ({ folder }) => {
    for (const output of writes) {
      const { out, other } = await freshOut(folder.path);
      const file = join(out, output.endsWith('/') ? `${output}0001.png` : output);
      mkdirSync(dirname(file), { recursive: true });
      await writeFile(file, "the user's");
      const command = [...args(inputs[0] as string, other, other), '--out', out];
      await refuses(dirname(out), 'OUTPUT_EXISTS', command);
      // The inputs are no scans: past the check of the outputs they are refused as what they are.
      const code = await run([...command, '--overwrite']);
      if (output !== 'dicom/') assert.not.ok(['', 'OUTPUT_EXISTS', 'OUTPUT_IS_INPUT'].includes(code), code);
      assert.is(readFileSync(file, 'utf8'), "the user's");
    }
  });
}

test('a DICOM file, and a folder around the output folder that is no input, refuse nothing', async ({ folder }) => {
  const { out } = await freshOut(folder.path);
  await writeFile(join(out, 'IM0001'), 'no DICOM');
  assert.is(await run(['segment', join(out, 'IM0001'), '--out', out]), 'NOT_DICOM');
  await writeFile(join(out, 'DICOMDIR'), 'no DICOM');
  await refuses(out, 'OUTPUT_IS_INPUT', ['segment', join(out, 'DICOMDIR'), '--out', join(out, 'results')]);
});

test('every command that writes to a folder is tried here', () => {
  const program = new Command('hepatica');
  addCommands(program);
  const writing = program.commands.filter(({ options }) => options.some(({ long }) => long === '--out'));
  const tried = new Set(['train', ...kCommands.map(({ name }) => name.split(' ')[0])]);
  assert.equal(
    writing.map((command) => command.name()).filter((name) => !tried.has(name)),
    [],
  );
});

test('train and evaluate: datasets, and every file that they name', async ({ folder }) => {
  const { out, other } = await freshOut(folder.path);
  const root = dirname(out);
  const data = join(root, 'data', 'p1');
  mkdirSync(data, { recursive: true });
  for (const name of ['image.nii.gz', 'label.nii.gz']) await writeFile(join(data, name), name);
  const dataset = join(root, 'data');
  for (const target of [dataset, data, join(dataset, 'run')]) {
    await refuses(root, 'OUTPUT_IS_INPUT', ['train', dataset, '--out', target, '--overwrite']);
    await refuses(root, 'OUTPUT_IS_INPUT', ['evaluate', '--dataset', dataset, '--out', target, '--overwrite']);
  }
  for (const model of ['liver', 'structures', 'lesions']) {
    const names = [`${model}.safetensors`, 'history.json', 'learning-curves.png', 'checkpoints/best.safetensors'];
    for (const name of [...names, 'checkpoints/p1/label.dcm']) {
      for (const field of ['image', 'label', ...(model === 'lesions' ? ['liver'] : [])]) {
        const file = join(out, name);
        mkdirSync(dirname(file), { recursive: true });
        await writeFile(file, 'the only copy');
        const json = join(root, 'dataset.json');
        await writeFile(json, JSON.stringify({ cases: [{ patient: 'p', image: other, label: other, [field]: file }] }));
        await refuses(root, 'OUTPUT_IS_INPUT', ['train', json, '--model', model, '--out', out, '--overwrite']);
      }
    }
    for (const name of names) {
      for (const start of [...(model === 'liver' ? [] : ['initial']), ...(model === 'lesions' ? ['base'] : [])]) {
        const file = join(out, name);
        const json = join(root, 'dataset.json');
        await writeFile(json, JSON.stringify({ cases: [{ patient: 'p', image: other, label: other }] }));
        const command = ['train', json, '--model', model, `--${start}`, file, '--out', out, '--overwrite'];
        await refuses(root, 'OUTPUT_IS_INPUT', command);
      }
    }
  }
  const json = join(out, 'evaluation.json');
  await writeFile(json, JSON.stringify({ cases: [{ patient: 'p', image: other, label: other }] }));
  await refuses(root, 'OUTPUT_IS_INPUT', ['evaluate', '--dataset', json, '--out', out, '--overwrite']);
  const config = join(out, 'learning-curves.svg');
  await writeFile(config, '{}');
  await refuses(root, 'OUTPUT_IS_INPUT', ['train', dataset, '--config', config, '--out', out, '--overwrite']);
});

test("train: a stranger's weights, history and checkpoints are not replaced", async ({ folder }) => {
  const data = join(folder.path, 'data');
  for (const patient of ['p1', 'p2']) {
    mkdirSync(join(data, patient), { recursive: true });
    for (const name of ['image.nii.gz', 'label.nii.gz']) await writeFile(join(data, patient, name), name);
  }
  for (const name of ['liver.safetensors', 'history.json', 'learning-curves.png', 'checkpoints/last.safetensors']) {
    const { out } = await freshOut(folder.path);
    mkdirSync(dirname(join(out, name)), { recursive: true });
    await writeFile(join(out, name), "the user's");
    await refuses(folder.path, 'OUTPUT_EXISTS', ['train', data, '--out', out]);
  }
});

test('segment beside its scan works, twice, and replaces only what it wrote', async ({ folder }) => {
  const p1 = join(folder.path, 'p1');
  mkdirSync(join(p1, 'overlay'), { recursive: true });
  const scan = join(p1, 'scan.nii.gz');
  await writeVolume(scan, makePhantom());
  await writeFile(join(p1, 'overlay', 'notes.txt'), 'mine');
  const model = writeThresholdModel(join(p1, 'model.safetensors'));
  const inputs = [scan, model].map((path) => readFileSync(path));
  const command = ['segment', scan, '--model', model, '--out', p1];
  assert.is(await run(command), '');
  assert.ok(readdirSync(join(p1, 'overlay')).length > 1);
  assert.is(await run([...command, '--overlay', 'none']), '');
  assert.equal(readdirSync(join(p1, 'overlay')), ['notes.txt'], 'its pictures are gone, the note is not');
  assert.equal(
    [scan, model].map((path) => readFileSync(path)),
    inputs,
  );

  // A mask that was corrected by hand, with the header as it was.
  const mask = join(p1, 'liver.nii.gz');
  const corrected = await readMask(mask);
  const { size, spacing, origin, direction } = corrected;
  await writeMask(mask, { size, spacing, origin, direction, data: corrected.data.map((value) => 1 - value) });
  await refuses(p1, 'OUTPUT_EXISTS', command);
  assert.is(await run([...command, '--overwrite']), '');
  assert.equal(
    [scan, model].map((path) => readFileSync(path)),
    inputs,
  );
});

for (const { name, args, inputs } of kCommands) {
  test(`${name}: a folder that cannot be written to is refused before an input is read`, async ({ folder }) => {
    const file = join(folder.path, 'file');
    await writeFile(file, '');
    symlinkSync(join(folder.path, 'nowhere'), join(folder.path, 'link'));
    const missing = join(folder.path, 'missing.nii.gz');
    const command = args(inputs[0] as string, missing, missing);
    for (const out of [file, join(file, 'deeper', 'out'), join(folder.path, 'link')]) {
      await refuses(folder.path, 'OUTPUT_UNWRITABLE', [...command, '--out', out]);
    }
  });
}

test.run();
