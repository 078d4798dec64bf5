/** Preprocessing (clip, 8 bits, per-slice equalization) against OpenCV and scikit-image at equal threads. */
import { preprocess } from '../dist/index.js';
import { aim } from './aims.mjs';
import { median, printTable, python, time } from './peers.mjs';
import { makeVolume } from './volume.mjs';

const kSlices = 60;

export async function benchPreprocessing({ repeats, threads }) {
  const volume = makeVolume(kSlices);
  const inside = [];
  const whole = await time(async () => {
    const result = await preprocess(volume, { device: 'cpu', threads });
    inside.push(result.timings.preprocess);
    result.dispose();
  }, repeats);
  const gigabytesPerSecond = (ms) => `${(volume.data.byteLength / ms / 1e6).toFixed(2)} GB/s`;
  const row = (name, ms) => ({ name, ms, note: gigabytesPerSecond(ms) });
  const ours = row('hepatica (native)', median(inside.slice(1)));
  const rows = [ours, row('hepatica (await preprocess)', median(whole))];
  for (const library of ['opencv', 'skimage']) {
    rows.push(row(library, median(python('preprocess.py', library, kSlices, repeats, threads).ms)));
  }
  printTable(`preprocessing, ${kSlices} slices of 512×512, ${threads} threads`, rows, ours);
  aim("OpenCV's time over hepatica's", rows[2].ms / ours.ms, 1.5);
  aim("scikit-image's time over hepatica's", rows[3].ms / ours.ms, 5);
  return { slices: kSlices, threads, rows };
}
