/** The liver network against onnxruntime-node on the same weights and input, and against the processor's FMA peak. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildNative } from '../scripts/build.mjs';
import { setUp } from '../scripts/setup.mjs';
import { kBench, kRoot, median, printTable, python, time } from './peers.mjs';

const kWeights = join(kRoot, 'weights', 'liver.safetensors');
/** A body of 384×288 mm on the 2 mm grid, sub-sampled by 3; eight slices at once. */
const kShape = { slices: 8, rows: 48, columns: 64 };

/** The numbers of bench/native/main.cpp. */
function makeChannels(channels) {
  const values = new Float32Array(kShape.slices * channels * kShape.rows * kShape.columns);
  for (let i = 0; i < values.length; i++) values[i] = (Math.imul(i, 2654435761) >>> 24) / 255;
  return values;
}

async function timeOnnxruntime(file, channels, { repeats, threads }) {
  const ort = createRequire(join(kBench, 'package.json'))('onnxruntime-node');
  const options = { intraOpNumThreads: threads, interOpNumThreads: 1, graphOptimizationLevel: 'all' };
  const session = await ort.InferenceSession.create(file, { executionProviders: ['cpu'], ...options });
  const shape = [kShape.slices, channels, kShape.rows, kShape.columns];
  const input = { channels: new ort.Tensor('float32', makeChannels(channels), shape) };
  let output;
  const times = await time(async () => {
    output = await session.run(input);
  }, repeats);
  const { data, dims } = output.probability;
  const pixels = dims[2] * dims[3];
  const structure = Array.from({ length: dims[0] }, (_, n) =>
    data.subarray((2 * n + 1) * pixels, (2 * n + 2) * pixels),
  );
  return { ms: median(times), structure };
}

function largestDifference(structure, raw) {
  let largest = 0;
  let index = 0;
  for (const plane of structure) for (const value of plane) largest = Math.max(largest, Math.abs(value - raw[index++]));
  return largest;
}

function printConvolutions(precision, layers, peak) {
  return layers.map(({ name, shape, gflop, ms }) => {
    const rate = (gflop / median(ms)) * 1e3;
    const share = (100 * rate) / peak;
    console.log(
      `  ${precision} ${name.padEnd(6)} ${shape.join('×').padEnd(14)} ${rate.toFixed(0).padStart(5)} GFLOP/s, ${share.toFixed(0)} % of the FMA peak`,
    );
    return { precision, name, gflops: rate, share };
  });
}

export async function benchNetwork(options) {
  buildNative(await setUp(), 'hepatica_bench');
  const folder = mkdtempSync(join(tmpdir(), 'hepatica-network-'));
  try {
    const raw = join(folder, 'probability.raw');
    const { slices, rows, columns } = kShape;
    const run = [kWeights, slices, rows, columns, options.repeats, options.threads, raw].map(String);
    const native = JSON.parse(execFileSync(join(kRoot, 'build', 'tools', 'hepatica_bench'), run, { encoding: 'utf8' }));
    const onnx = join(folder, 'liver.onnx');
    python('export_onnx.py', kWeights, onnx);
    const peer = await timeOnnxruntime(onnx, native.channels, options);
    const bytes = readFileSync(raw);
    const difference = largestDifference(
      peer.structure,
      new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4),
    );
    const speed = (ms) => `${(ms / slices).toFixed(1)} ms a slice, ${((native.gflop / ms) * 1e3).toFixed(0)} GFLOP/s`;
    const ours = { name: 'hepatica fp32', ms: median(native.fp32), note: speed(median(native.fp32)) };
    const table = [ours];
    if (native.bf16) table.push({ name: 'hepatica bf16', ms: median(native.bf16), note: speed(median(native.bf16)) });
    table.push({ name: 'onnxruntime-node fp32', ms: peer.ms, note: speed(peer.ms) });
    printTable(
      `liver network, ${slices} slices of ${3 * rows}×${3 * columns} at 2 mm, ${options.threads} threads`,
      table,
      ours,
    );
    console.log(`  largest difference of a probability to onnxruntime's: ${difference.toExponential(1)}`);
    console.log(`  FMA peak: fp32 ${native.peak.fp32.toFixed(0)}, bf16 ${native.peak.bf16.toFixed(0)} GFLOP/s`);
    const convolutions = [
      ...printConvolutions('fp32', native.fp32_convolutions, native.peak.fp32),
      ...(native.bf16 ? printConvolutions('bf16', native.bf16_convolutions, native.peak.bf16) : []),
    ];
    return { shape: kShape, gflop: native.gflop, peak: native.peak, rows: table, difference, convolutions };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
