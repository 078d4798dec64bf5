/** Training of the paper's liver network, samples and all, against a plain PyTorch loop on ready pictures. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deviceInfo, trainSegmenter } from '../dist/index.js';
import { ensurePhantom, kPhantomFolder } from '../scripts/phantom.mjs';
import { setUp } from '../scripts/setup.mjs';
import { aim } from './aims.mjs';
import { installTorch, kRoot, printTable, python } from './peers.mjs';

const kRows = 144;
const kColumns = 192;
const kBatch = 32;
const kSteps = 12;
/** Turns of each program, one after the other; the least time counts. The first epoch fills the caches. */
const kRounds = 2;
const kEpochs = 2;

const kPhantom = ['a', 'b'].map((patient) => ({
  patient,
  image: join(kPhantomFolder, 'dicom'),
  label: join(kPhantomFolder, 'liver.nii.gz'),
}));

/** The least milliseconds of a step in an epoch. */
async function timeHepatica(folder, precision, options) {
  const seconds = [];
  await trainSegmenter(
    { cases: kPhantom },
    {
      ...options,
      precision,
      output: join(folder, `${precision}.safetensors`),
      overwrite: true,
      cache: false,
      device: 'cpu',
      epochs: kEpochs,
      batchSize: kBatch,
      slicesPerEpoch: kBatch * kSteps,
      canvas: [kRows, kColumns],
      validationFraction: 0,
      onEpoch: (record) => seconds.push(record.seconds),
    },
  );
  return (Math.min(...seconds.slice(1)) * 1e3) / kSteps;
}

async function benchPrecision(folder, precision, { threads }) {
  const weights = join(kRoot, 'weights', 'liver-paper.safetensors');
  const times = { plain: [], augmented: [], peer: [] };
  for (let round = 0; round < kRounds; round++) {
    times.plain.push(await timeHepatica(folder, precision, { threads }));
    times.augmented.push(await timeHepatica(folder, precision, { threads, augment: true }));
    const { ms } = python('train_liver.py', weights, kRows, kColumns, kBatch, kEpochs * kSteps, threads, precision);
    times.peer.push(Math.min(...ms));
  }
  const row = (name, all) => {
    const ms = Math.min(...all);
    return { name, ms, note: `${((kBatch * 1e3) / ms).toFixed(0)} images a second` };
  };
  const rows = [
    row('hepatica', times.plain),
    row('hepatica, augmented', times.augmented),
    row('PyTorch, ready pictures', times.peer),
  ];
  const title = `training in ${precision}, ${kBatch} pictures of ${kRows}×${kColumns} a step, ${threads} threads`;
  printTable(`${title}, best step of ${kRounds} rounds`, rows, rows[0]);
  aim(`PyTorch's time of a step over hepatica's in ${precision}`, rows[2].ms / rows[0].ms, 1.2);
  return { precision, rows };
}

export async function benchTraining(options) {
  ensurePhantom(await setUp());
  installTorch();
  const folder = mkdtempSync(join(tmpdir(), 'hepatica-training-'));
  try {
    const results = [];
    const { cpu } = await deviceInfo();
    for (const precision of cpu.bf16 ? ['fp32', 'bf16'] : ['fp32']) {
      results.push(await benchPrecision(folder, precision, options));
    }
    return results;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
