/**
 * Whether a second look at whole lesions tells false alarms from lesions better than the networks' own threshold.
 *
 *   node bench/second-look.mjs FOLD.safetensors… [--liver-model FILE] [--data FOLDER] [--out FILE]
 *
 * Files, scans and livers as lesion-folds.mjs takes them. Candidates are what a fold's networks find above kCandidate in patients that
 * they have not learned from. Of each, as classifyLesions measures it: how sure the networks are, how round it is and how sharp its
 * edge; a logistic regression fitted to the candidates of the other folds, in both livers, keeps or drops it. Its penalty and level are
 * chosen within the other folds alone, each judged by a fit to the rest, by F1 plus Dice per case in both livers. A kept candidate is
 * drawn as far as the networks' own extent, and as it was found where they draw nothing of it. lesion-curve.mjs has what thresholds that
 * the other folds choose reach. The other folds' networks learned from the patients of this one, so that their candidates are not wholly
 * independent of it.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { componentsOf } from './lesion-features.mjs';
import { fitLogistic, logisticProbabilities } from './logistic.mjs';
import { foldsOf, kRegions, kScans, markedScan, maskOn, regionsOf } from './marked-scans.mjs';
import { kRoot } from './peers.mjs';
import { resultsFile, writeResults } from './results-file.mjs';

const kCandidate = 0.25;
const kPenalties = [0.01, 0.03, 0.1, 0.3];
const kLevels = Array.from({ length: 17 }, (_, i) => (2 + i) / 20);
/** NaN where a lesion has none. */
const kFeatures = {
  probability: ({ detectionProbability }) => detectionProbability,
  sphericity: ({ sphericity }) => sphericity,
  sharpness: ({ marginSharpness }) => marginSharpness ?? Number.NaN,
};

const { positionals: files, values } = parseArgs({
  allowPositionals: true,
  options: {
    'liver-model': { type: 'string' },
    data: { type: 'string', default: kScans },
    out: { type: 'string' },
    // The built façade; the tests name its source.
    library: { type: 'string', default: join(kRoot, 'dist', 'index.js') },
  },
});
if (files.length < 3) {
  console.error('node bench/second-look.mjs FOLD.safetensors… [options]: name the networks of three folds or more');
  process.exit(2);
}
const out = resultsFile('second-look', values.out);
const hepatica = await import(values.library);
const { classifyLesions, evaluateLesions, loadModel } = hepatica;
const liverOptions = values['liver-model'] === undefined ? {} : { model: await loadModel(values['liver-model']) };

/** Of each candidate as it would be drawn: its parts (each would be a lesion), their voxels, what of it is in lesions. */
function countsOf({ ids, drawn }, lesions, count) {
  const counts = Array.from({ length: count }, () => ({ voxels: 0, common: 0, lesions: new Set(), parts: new Map() }));
  const has = hasOwnExtent(ids, drawn);
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i];
    if (!id || (has[id] && !drawn[i])) continue;
    const one = counts[id - 1];
    one.parts.set(drawn[i], one.parts.get(drawn[i]) || lesions[i] > 0);
    if (lesions[i]) one.lesions.add(lesions[i]);
    one.voxels++;
    one.common += Number(lesions[i] > 0);
  }
  return counts.map(({ parts, ...one }) => ({ ...one, alarms: [...parts.values()].filter((is) => !is).length }));
}

/** By id: whether the networks draw any of a candidate at their own threshold. */
function hasOwnExtent(ids, drawn) {
  const has = new Uint8Array(256);
  for (let i = 0; i < ids.length; i++) if (drawn[i]) has[ids[i]] = 1;
  return has;
}

/** Of one patient and one liver: the candidates, and the masks that are made from them. */
async function candidatesOf(model, patient, segmented, real) {
  const { volume } = segmented;
  const above = (threshold) =>
    classifyLesions(segmented, { device: 'cpu', model, threshold, extentThreshold: threshold });
  const wide = await above(kCandidate);
  const drawn = await above(model.info.architecture.extent_threshold);
  const ids = wide.mask;
  const lesions = componentsOf(real, volume.size);
  const counts = countsOf({ ids, drawn: drawn.mask }, lesions, wide.lesions.length);
  const candidates = wide.lesions.map((lesion) => {
    const x = Object.values(kFeatures).map((of) => of(lesion));
    const counted = counts[lesion.id - 1];
    return { id: lesion.id, x, y: Number(counted.lesions.size > 0), ...counted };
  });
  return {
    patient,
    grid: maskOn(volume, null),
    ids,
    drawn: drawn.mask,
    candidates,
    reference: maskOn(volume, real),
    lesions: new Set(lesions.filter((id) => id > 0)).size,
    voxels: lesions.reduce((sum, id) => sum + Number(id > 0), 0),
  };
}

/** What is left where candidates are kept. */
function keptMask({ grid, ids, drawn, candidates }, isKept) {
  const kept = new Uint8Array(256);
  for (const candidate of candidates) kept[candidate.id] = Number(isKept(candidate));
  const has = hasOwnExtent(ids, drawn);
  const is = ids.map((id, i) => Number(kept[id] && (!has[id] || drawn[i])));
  return Uint8Array.from(componentsOf(is, grid.size, { corners: true }));
}

async function evaluate(scans, maskOf) {
  const cases = scans.map((scan) => {
    const data = maskOf(scan);
    const lesions = [...new Set(data)].filter((id) => id > 0).map((id) => ({ id }));
    return {
      patient: scan.patient,
      prediction: { mask: { ...scan.grid, data }, values: 'ids', lesions },
      reference: scan.reference,
    };
  });
  const { pooled } = await evaluateLesions(cases);
  const [{ recall, precision }] = pooled.detection;
  return { recall, precision, dice: pooled.global.dice, perCase: pooled.perCase.dice };
}

/** What a level is chosen by: F1 of lesions (as evaluateLesions has it) plus Dice per case, from what is counted of each candidate. */
function worthOf(scans, isKept) {
  let [found, lesions, alarms, dice] = [0, 0, 0, 0];
  for (const scan of scans) {
    const kept = scan.candidates.filter(isKept);
    found += new Set(kept.flatMap((one) => [...one.lesions])).size;
    lesions += scan.lesions;
    const sum = (key) => kept.reduce((total, one) => total + one[key], 0);
    alarms += sum('alarms');
    dice += (2 * sum('common')) / Math.max(1, sum('voxels') + scan.voxels);
  }
  const [recall, precision] = [found / Math.max(1, lesions), found / Math.max(1, found + alarms)];
  return (2 * recall * precision) / Math.max(1e-9, recall + precision) + dice / scans.length;
}

/** Missing values count as the mean of those that are known. */
function filled(rows) {
  const means = rows[0].x.map((_, k) => {
    const known = rows.map(({ x }) => x[k]).filter(Number.isFinite);
    return known.reduce((sum, value) => sum + value, 0) / Math.max(1, known.length);
  });
  return (x) => x.map((value, k) => (Number.isFinite(value) ? value : means[k]));
}

/** The look that is fitted to all candidates, in both livers, of some folds. */
function fitTo(folds, penalty) {
  const rows = folds.flatMap((fold) =>
    Object.values(fold)
      .flat()
      .flatMap(({ candidates }) => candidates),
  );
  const fill = filled(rows);
  const fit = fitLogistic(
    rows.map(({ x, y }) => ({ x: fill(x), y })),
    2,
    penalty,
  );
  return ({ x }) => logisticProbabilities(fit, fill(x))[1];
}

/** @param judged - folds, each with what scores their candidates */
function bestLevel(judged) {
  const scored = new Map(
    judged.flatMap(({ fold, scoreOf }) =>
      Object.values(fold)
        .flat()
        .flatMap(({ candidates }) => candidates.map((one) => [one, scoreOf(one)])),
    ),
  );
  const worthAt = (level) =>
    Object.keys(kRegions)
      .map((way) =>
        worthOf(
          judged.flatMap(({ fold }) => fold[way]),
          (one) => scored.get(one) > level,
        ),
      )
      .reduce((sum, worth) => sum + worth);
  const worths = kLevels.map(worthAt);
  const worth = Math.max(...worths);
  return { worth, level: kLevels[worths.indexOf(worth)] };
}

/** Penalty and level that serve each of some folds best by a fit to the rest of them. */
function choose(folds) {
  const choices = kPenalties.map((penalty) => {
    const judged = folds.map((fold) => ({
      fold,
      scoreOf: fitTo(
        folds.filter((rest) => rest !== fold),
        penalty,
      ),
    }));
    return { penalty, ...bestLevel(judged) };
  });
  return choices.reduce((best, one) => (one.worth > best.worth ? one : best));
}

const folds = [];
for (const { model, patients } of await foldsOf(hepatica, files)) {
  const fold = { reference: [], predicted: [] };
  for (const patient of patients) {
    const scan = await markedScan(hepatica, values.data, patient);
    const livers = await regionsOf(hepatica, scan, liverOptions);
    for (const way of Object.keys(kRegions)) {
      fold[way].push(await candidatesOf(model, patient, livers[way], scan.real));
    }
    livers.predicted.dispose();
    const count = (y) => fold.predicted.at(-1).candidates.filter((candidate) => candidate.y === y).length;
    console.log(`${patient}: ${count(1)} candidates of lesions and ${count(0)} of none in the predicted liver`);
  }
  folds.push(fold);
  model.dispose();
}

const shown = (figures) =>
  Object.entries(figures)
    .map(([name, { value, low, high }]) => `${name} ${value?.toFixed(3)} (${low?.toFixed(3)}–${high?.toFixed(3)})`)
    .join(', ');

/** Of one fold: by its candidates whether the second look keeps them, and what was chosen for it. */
function secondLook(fold) {
  const others = folds.filter((other) => other !== fold);
  const chosen = choose(others);
  const scoreOf = fitTo(others, chosen.penalty);
  return { chosen, isKept: (candidate) => scoreOf(candidate) > chosen.level };
}

const lookOfFold = new Map(folds.map((fold) => [fold, secondLook(fold)]));
const results = { chosen: [...lookOfFold.values()].map(({ chosen }) => chosen) };
for (const [way, title] of Object.entries(kRegions)) {
  const looks = new Map(folds.flatMap((fold) => fold[way].map((scan) => [scan, lookOfFold.get(fold)])));
  const scans = [...looks.keys()];
  const counted = scans.map(({ patient, candidates }) => ({
    patient,
    candidates: candidates.map(({ x, y }) => ({ x, y })),
  }));
  results[way] = {
    own: await evaluate(scans, ({ drawn }) => drawn),
    look: await evaluate(scans, (scan) => keptMask(scan, looks.get(scan).isKept)),
    scans: counted,
  };
  const all = scans.flatMap(({ candidates }) => candidates);
  console.log(`\n${title}: ${all.length} candidates, ${all.filter(({ y }) => y).length} of them lesions`);
  console.log(`  the networks' own extent as the threshold: ${shown(results[way].own)}`);
  console.log(`  the second look: ${shown(results[way].look)}`);
}
console.log(`\nchosen by the other folds: ${JSON.stringify(results.chosen)}`);

writeResults(out, { files, liverModel: values['liver-model'], data: values.data, ...results });
