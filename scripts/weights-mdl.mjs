// `node scripts/weights-mdl.mjs RUN THRESHOLD EXTENT`: makes the weights of packages/weights-mdl from a training's output
// folder (`hepatica train --model lesions --out RUN`): kernels as bf16, and the thresholds that were chosen afterwards.
// Needs `npm run build`.
import { createHash } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { main, say } from './setup/process.mjs';
import { kRoot } from './setup.mjs';

const kTarget = join(kRoot, 'packages', 'weights-mdl', 'mdl_cnn.safetensors');

/** A safetensors file with other thresholds in its metadata: 8 bytes of length, a JSON header, the tensors. */
function withThresholds(bytes, thresholds) {
  const end = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, end).toString());
  const metadata = header.__metadata__;
  metadata.architecture = JSON.stringify({ ...JSON.parse(metadata.architecture), ...thresholds });
  const text = Buffer.from(JSON.stringify(header));
  const padded = Buffer.concat([text, Buffer.alloc(-text.length & 7, ' ')]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  return Buffer.concat([length, padded, bytes.subarray(end)]);
}

await main(async () => {
  const [run, threshold, extent] = process.argv.slice(2);
  if (extent === undefined) throw new Error('Usage: node scripts/weights-mdl.mjs RUN THRESHOLD EXTENT');
  const { loadModel, saveModel } = await import(join(kRoot, 'dist', 'index.js'));
  const model = await loadModel(join(run, 'lesions.safetensors'));
  const draft = `${kTarget}.new`;
  await saveModel(model, draft, { precision: 'bf16' });
  writeFileSync(
    draft,
    withThresholds(readFileSync(draft), { threshold: Number(threshold), extent_threshold: Number(extent) }),
  );
  renameSync(draft, kTarget);
  const { info } = await loadModel(kTarget);
  const bytes = readFileSync(kTarget);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  say(`${kTarget}: ${info.parameters} parameters, ${bytes.length} bytes, SHA-256 ${sha256}`);
});
