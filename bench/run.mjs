/**
 * Builds hepatica, measures it against its peers in one run and prints times and ratios.
 *
 *   npm run bench                          everything
 *   npm run bench -- preprocessing         one of: reading, preprocessing, liver, paper, lesions, location3d, training, pipeline
 *   npm run bench -- --repeats 9 --threads 2
 *   npm run bench -- lesions --model lesions.safetensors    weights other than those that are installed
 *   npm run bench -- --strict              ends with 1 where an aim was missed
 *
 * Figures hold for the machine they were taken on; ratios are of medians, taken alternately in one run.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { buildNative, buildTypeScript } from '../scripts/build.mjs';
import { setUp } from '../scripts/setup.mjs';
import { allAims } from './aims.mjs';
import { installPeers, machine } from './peers.mjs';
import { resultsFile, writeResults } from './results-file.mjs';

const kBenchmarks = {
  reading: async (options) => (await import('./reading.mjs')).benchReading(options),
  preprocessing: async (options) => (await import('./preprocessing.mjs')).benchPreprocessing(options),
  liver: async (options) => (await import('./network.mjs')).benchLiver(options),
  paper: async (options) => (await import('./network.mjs')).benchPaper(options),
  lesions: async (options) => (await import('./network.mjs')).benchLesions(options),
  location3d: async (options) => (await import('./network.mjs')).benchLocation3d(options),
  training: async (options) => (await import('./training.mjs')).benchTraining(options),
  pipeline: async (options) => (await import('./pipeline.mjs')).benchPipeline(options),
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    repeats: { type: 'string', default: '7' },
    threads: { type: 'string' },
    model: { type: 'string' },
    strict: { type: 'boolean', default: false },
  },
});
const options = {
  repeats: Number(values.repeats),
  threads: Number(values.threads ?? availableParallelism()),
  model: values.model,
};
const chosen = positionals.length > 0 ? positionals : Object.keys(kBenchmarks);

const unknown = chosen.find((name) => !(name in kBenchmarks));
if (unknown !== undefined) throw new Error(`Expected one of ${Object.keys(kBenchmarks)}, received ${unknown}`);

const setup = await setUp();
buildNative(setup, 'hepatica');
buildNative(setup, 'hepatica_bench');
buildTypeScript();
installPeers();
const results = { date: new Date().toISOString(), machine: machine(), options };
console.log(`${results.machine.cpu}, ${results.machine.threads} threads, Node ${results.machine.node}`);
for (const name of chosen) {
  results[name] = await kBenchmarks[name](options);
}
results.aims = allAims();
const missed = results.aims.filter(({ met }) => !met).length;
console.log(`\n${results.aims.length - missed} aims reached, ${missed} missed`);
const file = resultsFile('latest');
writeResults(file, results);
console.log(`written to ${file}`);
if (values.strict && missed > 0) process.exitCode = 1;
