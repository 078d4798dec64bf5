/** The networks of a worker, loaded once. */
import { createRequire } from 'node:module';
import { configure, loadModel, type Model, type Preloaded, preload } from 'hepatica';
import type { WorkerConfig } from './config.js';

/** Both, or none: hepatica's defaults. */
export interface Networks {
  readonly liver?: Model;
  readonly lesions?: Model;
}

/** A file that hepatica itself would find. */
function fileOf(name: string): string {
  return createRequire(import.meta.resolve('hepatica/package.json')).resolve(name);
}

function loadLiverNetwork(model: string): Promise<Model> {
  if (model === 'default') return loadModel();
  return loadModel(model === 'paper' ? fileOf('./weights/liver-paper.safetensors') : model);
}

function loadLesionNetwork(model: string): Promise<Model> {
  if (model === 'default') return loadModel(fileOf('@hepatica/weights-mdl'));
  return model === 'paper' ? loadModel(fileOf('@hepatica/weights-mdl'), { network: 'paper' }) : loadModel(model);
}

/** Loads the networks, and packs them for the device: both, so that no job waits for that. */
export async function loadNetworks(config: WorkerConfig): Promise<Networks & { readonly preloaded: Preloaded }> {
  const { model, lesionModel, device, precision } = config;
  // One call computes; the next series is read beside it.
  await configure({ concurrency: 1 });
  if (model === 'default' && lesionModel === 'default') return { preloaded: await preload({ device, precision }) };
  const networks = { liver: await loadLiverNetwork(model), lesions: await loadLesionNetwork(lesionModel) };
  const preloaded = await preload({ device, precision, models: Object.values(networks) });
  return { ...networks, preloaded };
}
