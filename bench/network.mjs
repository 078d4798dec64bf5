/** The networks against onnxruntime-node on the same weights and input, and against the processor's FMA peak. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aim } from './aims.mjs';
import { lesionWeights } from './lesion-weights.mjs';
import { kBench, kRoot, printTable, python, time } from './peers.mjs';

/** Turns of each program, one after the other: a busy moment of the machine then hits both. */
const kRounds = 3;
/** A body of 384×288 mm on the 2 mm grid, sub-sampled by 3; eight slices at once. */
const kLiverShape = { slices: 8, rows: 48, columns: 64 };
/** A liver of 240×192 mm on the 1.5 mm grid; as many slices at once as inference takes. */
const kLesionShape = { slices: 3, rows: 128, columns: 160 };

/** The 3-D network's box round a large liver, 264×228×224 mm in cells of 1.5×1.5×2.8 mm. */
const kBoxShape = { slices: 80, rows: 152, columns: 176 };

/** The numbers of bench/native/timing.cpp. */
function makeChannels(size) {
  const values = new Float32Array(size.reduce((product, count) => product * count, 1));
  for (let i = 0; i < values.length; i++) values[i] = (Math.imul(i, 2654435761) >>> 24) / 255;
  return values;
}

/** `sizes`: of the network's inputs, in order. */
async function openPeer(file, sizes, threads) {
  const ort = createRequire(join(kBench, 'package.json'))('onnxruntime-node');
  const options = { intraOpNumThreads: threads, interOpNumThreads: 1, graphOptimizationLevel: 'all' };
  const session = await ort.InferenceSession.create(file, { executionProviders: ['cpu'], ...options });
  const tensors = sizes.map((size) => new ort.Tensor('float32', makeChannels(size), size));
  const input = Object.fromEntries(session.inputNames.map((name, i) => [name, tensors[i]]));
  return () => session.run(input);
}

/** The second of two classes, plane after plane. */
function secondClass({ data, dims }) {
  const pixels = dims[2] * dims[3];
  return Array.from({ length: dims[0] }, (_, n) => data.subarray((2 * n + 1) * pixels, (2 * n + 2) * pixels));
}

function largestDifference(parts, raw) {
  let largest = 0;
  let index = 0;
  for (const part of parts) for (const value of part) largest = Math.max(largest, Math.abs(value - raw[index++]));
  if (index !== raw.length) throw new Error(`Expected ${raw.length} values of the peer, received ${index}`);
  return largest;
}

function measureNative(weights, shape, { repeats, threads, part = [] }, raw) {
  const { slices, rows, columns } = shape;
  const run = [weights, slices, rows, columns, repeats, threads, raw, ...part].map(String);
  return JSON.parse(execFileSync(join(kRoot, 'build', 'tools', 'hepatica_bench'), run, { encoding: 'utf8' }));
}

/** Both programs in turns; the least of all times counts, and the highest peak. */
async function measureInTurns(weights, onnx, shape, options, raw) {
  const first = measureNative(weights, shape, options, raw);
  const peer = await openPeer(onnx, first.fp32.inputs, options.threads);
  const turns = [first];
  const peerTimes = await time(peer, options.repeats);
  for (let round = 1; round < kRounds; round++) {
    turns.push(measureNative(weights, shape, options, raw));
    peerTimes.push(...(await time(peer, options.repeats)));
  }
  return { turns, peerMs: Math.min(...peerTimes), output: await peer() };
}

function bestOf(turns, precision) {
  const all = turns.map((turn) => turn[precision]);
  const peak = Math.max(...turns.map((turn) => turn.peak[precision]));
  const convolutions = all[0].convolutions.map(({ name, shape, gflop }, i) => {
    const ms = Math.min(...all.flatMap(({ convolutions }) => convolutions[i].ms));
    const gflops = (gflop / ms) * 1e3;
    return { name, shape, gflop, ms, gflops, share: gflops / peak };
  });
  const sum = (field) => convolutions.reduce((total, convolution) => total + convolution[field], 0);
  const share = ((sum('gflop') / sum('ms')) * 1e3) / peak;
  return { ms: Math.min(...all.flatMap(({ ms }) => ms)), gflop: all[0].gflop, peak, share, convolutions };
}

function printConvolutions(precision, { peak, share: all, convolutions }) {
  console.log(`  FMA peak in ${precision}: ${peak.toFixed(0)} GFLOP/s; convolutions of 64 and more input channels:`);
  for (const { name, shape, gflops, share } of convolutions) {
    const rate = `${gflops.toFixed(0).padStart(5)} GFLOP/s, ${(100 * share).toFixed(0)} % of the peak`;
    console.log(`    ${name.padEnd(27)} ${shape.join('×').padEnd(15)} ${rate}`);
  }
  console.log(`    all of these, one after the other: ${(100 * all).toFixed(0)} % of the peak`);
}

async function benchNetwork({ title, weights, exporter, shape, unit = 'slice', outputsOf, part }, given) {
  const options = { ...given, part };
  const folder = mkdtempSync(join(tmpdir(), 'hepatica-network-'));
  try {
    const raw = join(folder, 'probability.raw');
    const onnx = join(folder, 'network.onnx');
    python(exporter, weights, onnx, ...Object.values(shape));
    const { turns, peerMs, output } = await measureInTurns(weights, onnx, shape, options, raw);
    const bytes = readFileSync(raw);
    const ours = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    const difference = largestDifference(outputsOf(output), ours);
    const results = { fp32: bestOf(turns, 'fp32'), ...(turns[0].bf16 && { bf16: bestOf(turns, 'bf16') }) };
    const { gflop } = results.fp32;
    const row = (name, ms) => ({
      name,
      ms,
      note: `${unit === 'slice' ? `${(ms / shape.slices).toFixed(1)} ms a slice, ` : ''}${((gflop / ms) * 1e3).toFixed(0)} GFLOP/s`,
    });
    const rows = [...Object.entries(results).map(([precision, { ms }]) => row(`hepatica ${precision}`, ms))];
    rows.push(row('onnxruntime-node fp32', peerMs));
    printTable(`${title}, ${options.threads} threads, best of ${kRounds * options.repeats}`, rows, rows[0]);
    console.log(`  largest difference of a probability to onnxruntime's: ${difference.toExponential(1)}`);
    for (const [precision, result] of Object.entries(results)) printConvolutions(precision, result);
    for (const [precision, { ms, share }] of Object.entries(results)) {
      aim(`onnxruntime's fp32 time over ${precision}'s`, peerMs / ms, precision === 'fp32' ? 1 : 1.8);
      aim(`the convolutions' share of the FMA peak in ${precision}`, share, 0.8);
    }
    return { shape, gflop, rows, difference, results };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function benchLiver(options) {
  const { slices, rows, columns } = kBoxShape;
  const liver = {
    title: `3-D liver network, a box of ${columns}×${rows}×${slices} cells`,
    weights: join(kRoot, 'weights', 'liver-3d.safetensors'),
    exporter: 'export_encoder3d_onnx.py',
    shape: kBoxShape,
    unit: 'box',
    outputsOf: ({ probability }) => [probability.data],
  };
  return benchNetwork(liver, options);
}

/** Of the lesion network's file, all cells liver: the decoder works on the whole box. */
export async function benchLocation3d(options) {
  const lesions = {
    title: `3-D lesion network, its encoder too, a box of ${kBoxShape.columns}×${kBoxShape.rows}×${kBoxShape.slices} cells`,
    weights: await lesionWeights(options),
    exporter: 'export_lesion3d_onnx.py',
    shape: kBoxShape,
    unit: 'box',
    part: ['location3d'],
    outputsOf: ({ probability }) => [probability.data],
  };
  return await benchNetwork(lesions, options);
}

export function benchPaper(options) {
  const liver = {
    title: "the paper's liver network, 8 slices of 144×192 at 2 mm",
    weights: join(kRoot, 'weights', 'liver-paper.safetensors'),
    exporter: 'export_onnx.py',
    shape: kLiverShape,
    outputsOf: ({ probability }) => secondClass(probability),
  };
  return benchNetwork(liver, options);
}

export async function benchLesions(options) {
  const folder = mkdtempSync(join(tmpdir(), 'hepatica-lesions-'));
  try {
    const lesions = {
      title: 'lesion network, 3 slices of 128×160 at 1.5 mm',
      weights: await lesionWeights(options),
      exporter: 'export_lesions_onnx.py',
      shape: kLesionShape,
      outputsOf: ({ location, classes }) => [location.data, classes.data],
    };
    return await benchNetwork(lesions, options);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
