// `node scripts/weights-mdl.mjs WEIGHTS NAME=VALUE…`: makes the weights of packages/weights-mdl from a training's
// (`hepatica train --model lesions --out RUN`: RUN/lesions.safetensors) or from those that are there: kernels as bf16, and
// numbers of its architecture that were chosen afterwards, as threshold=0.7 extent_threshold=0.5. Needs `npm run build`.
import { createHash } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { main, say } from './setup/process.mjs';
import { kRoot } from './setup.mjs';

const kTarget = join(kRoot, 'packages', 'weights-mdl', 'mdl_cnn.safetensors');
const kUsage = 'Usage: node scripts/weights-mdl.mjs WEIGHTS NAME=VALUE…';

/** A safetensors file with other numbers in its architecture: 8 bytes of length, a JSON header, the tensors. */
function withNumbers(bytes, numbers) {
  const end = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, end).toString());
  const metadata = header.__metadata__;
  metadata.architecture = JSON.stringify({ ...JSON.parse(metadata.architecture), ...numbers });
  const text = Buffer.from(JSON.stringify(header));
  const padded = Buffer.concat([text, Buffer.alloc(-text.length & 7, ' ')]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  return Buffer.concat([length, padded, bytes.subarray(end)]);
}

function numberOf(setting) {
  const [, name, value] = /^([a-z_]+)=([\d.]+)$/.exec(setting) ?? [];
  if (name === undefined) throw new Error(kUsage);
  return [name, Number(value)];
}

await main(async () => {
  const [weights, ...settings] = process.argv.slice(2);
  if (settings.length === 0) throw new Error(kUsage);
  const { loadModel, saveModel } = await import(join(kRoot, 'dist', 'index.js'));
  const draft = `${kTarget}.new`;
  await saveModel(await loadModel(weights), draft, { precision: 'bf16' });
  writeFileSync(draft, withNumbers(readFileSync(draft), Object.fromEntries(settings.map(numberOf))));
  // What the network does not know is refused here, before anything is replaced.
  await loadModel(draft);
  renameSync(draft, kTarget);
  const { info } = await loadModel(kTarget);
  const bytes = readFileSync(kTarget);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  say(`${kTarget}: ${info.parameters} parameters, ${bytes.length} bytes, SHA-256 ${sha256}`);
});
