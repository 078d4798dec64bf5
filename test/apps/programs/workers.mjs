// Two worker threads at once, while the main thread computes too.
import { Worker } from 'node:worker_threads';
import { readSeries, segmentLiver } from 'hepatica';

const program = `
const { parentPort } = require('node:worker_threads');
const { readSeries, segmentLiver } = require('hepatica');
readSeries(process.env.HEPATICA_APP_INPUT)
  .then((volume) => segmentLiver(volume))
  .then((liver) => parentPort.postMessage(liver.volumeMl));`;

function inWorker() {
  return new Promise((resolve, reject) => {
    const worker = new Worker(program, { eval: true });
    worker.once('message', resolve).once('error', reject);
  });
}

const here = async () => (await segmentLiver(await readSeries(process.env.HEPATICA_APP_INPUT))).volumeMl;
const volumes = await Promise.all([inWorker(), inWorker(), here()]);
if (new Set(volumes).size !== 1) throw new Error(`different volumes: ${volumes.join(', ')}`);
console.log(JSON.stringify({ volumeMl: volumes[0] }));
