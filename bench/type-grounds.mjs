/** Livers that the lesion network has not learned from, for lesions of known type. */
import { join } from 'node:path';
import { readMask, readSeries, readVolume, segmentLiver } from '../dist/index.js';
import { kData } from './peers.mjs';

/** Seeds that no training's variants have. */
export const kFirstSeed = 40_000;
/** Slices of 1 mm are taken three at a step: the network looks at 3 mm. */
const kThinning = 3;
/** Share of the networks that voted for it. */
const kLiverVote = 0.5;
const kLesionVote = 0.2;

/** The middle one of each three slices. */
function thinned(scan) {
  const pixels = scan.size[0] * scan.size[1];
  const slices = Math.floor(scan.size[2] / kThinning);
  const data = new scan.data.constructor(pixels * slices);
  for (let z = 0; z < slices; z++) {
    const from = pixels * (kThinning * z + 1);
    data.set(scan.data.subarray(from, from + pixels), pixels * z);
  }
  const { size, spacing, origin, direction } = scan;
  return {
    size: [size[0], size[1], slices],
    spacing: [spacing[0], spacing[1], kThinning * spacing[2]],
    origin,
    direction,
    data,
  };
}

const above = ({ data }, limit) => data.map((value) => Number(value > limit));

async function voted(name) {
  const read = async (file) => thinned(await readVolume(join(kData, 'unlabelled', name, file)));
  const vote = async (file, limit) => Uint8Array.from(above(await read(file), limit));
  return {
    name,
    volume: await read('image.nii.gz'),
    liver: await vote('liver_vote.nii.gz', kLiverVote),
    real: await vote('lesion_vote.nii.gz', kLesionVote),
  };
}

async function labelled(name) {
  const folder = join(kData, 'ct', 'open-test', name);
  const labels = await readMask(join(folder, 'label.nii.gz'));
  return { name, volume: await readVolume(join(folder, 'image.nii.gz')), liver: Uint8Array.from(above(labels, 0)) };
}

async function donor() {
  const volume = await readSeries(join(kData, 'dicom', 'healthy-chaos3'));
  return { name: 'CHAOS', volume, liver: (await segmentLiver(volume)).mask };
}

/** What may choose numbers, and what tells what they are worth. */
export const kFitted = ['lits_11', 'lits_12', 'lits_13'].map((name) => () => voted(name));
export const kKept = [() => labelled('ircad_e20'), donor];

/** How many lesions a variant has, and of how many types. */
export const mixOf = (variant) => (variant % 2 === 0 ? { count: [3, 8] } : { count: [6, 14], mixedProbability: 1 });

/** Which synthetic lesion a found one covers most of; 0: none. */
export function matchOf(found, ids, id) {
  const overlap = new Map();
  for (let i = 0; i < ids.length; i++) {
    if (found[i] === id && ids[i] !== 0) overlap.set(ids[i], (overlap.get(ids[i]) ?? 0) + 1);
  }
  return [...overlap].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 0;
}
