// `node scripts/weights-mdl.mjs WEIGHTS NAME=VALUE…`: makes the weights of packages/weights-mdl from a training's
// (`hepatica train --model lesions --out RUN`: RUN/lesions.safetensors) or from those that are there: kernels as bf16, and
// numbers of its architecture that were chosen afterwards, as threshold=0.7 extent_threshold=0.5, those of the MDL-CNN alone
// (`model: 'paper'`: paper.threshold, paper.extent_threshold, paper.type_temperature and paper.indeterminate_below, where one
// is given all four), and a member of its metadata from a JSON file, as arterial_readout=@readout.json (of bench/arterial-types.mjs). Needs `npm run build`.
import { createHash } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { main, say } from './setup/process.mjs';
import { kRoot } from './setup.mjs';
import { withMetadata } from './weights-metadata.mjs';

const kTarget = join(kRoot, 'packages', 'weights-mdl', 'mdl_cnn.safetensors');
const kPaper = 'paper.';
const kUsage = 'Usage: node scripts/weights-mdl.mjs WEIGHTS NAME=VALUE|NAME=@FILE…';

/** A number of the architecture, or @FILE: a member of the metadata, the JSON of a file. */
function settingOf(text) {
  const [, name, value] = /^((?:paper\.)?[a-z_]+)=(@.+|[\d.]+)$/.exec(text) ?? [];
  if (name === undefined) throw new Error(kUsage);
  return { name, value, isFile: value.startsWith('@') };
}

function changed(metadata, settings) {
  const numbers = settings.filter(({ isFile }) => !isFile).map(({ name, value }) => [name, Number(value)]);
  const files = settings.filter(({ isFile }) => isFile);
  const before = JSON.parse(metadata.architecture);
  const isPaper = ([name]) => name.startsWith(kPaper);
  const paper = Object.fromEntries(numbers.filter(isPaper).map(([name, value]) => [name.slice(kPaper.length), value]));
  const architecture = {
    ...before,
    ...Object.fromEntries(numbers.filter((number) => !isPaper(number))),
    ...(Object.keys(paper).length > 0 && { paper: { ...before.paper, ...paper } }),
  };
  const members = files.map(({ name, value }) => [
    name,
    JSON.stringify(JSON.parse(readFileSync(value.slice(1), 'utf8'))),
  ]);
  return { ...metadata, architecture: JSON.stringify(architecture), ...Object.fromEntries(members) };
}

await main(async () => {
  const [weights, ...settings] = process.argv.slice(2);
  if (settings.length === 0) throw new Error(kUsage);
  const { loadModel, saveModel } = await import(join(kRoot, 'dist', 'index.js'));
  const draft = `${kTarget}.new`;
  await saveModel(await loadModel(weights), draft, { precision: 'bf16' });
  writeFileSync(
    draft,
    withMetadata(readFileSync(draft), (metadata) => changed(metadata, settings.map(settingOf))),
  );
  // What the network does not know is refused here, before anything is replaced.
  await loadModel(draft);
  renameSync(draft, kTarget);
  const { info } = await loadModel(kTarget);
  const bytes = readFileSync(kTarget);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  say(`${kTarget}: ${info.parameters} parameters, ${bytes.length} bytes, SHA-256 ${sha256}`);
});
