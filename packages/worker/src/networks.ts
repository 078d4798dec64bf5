/** The networks of a worker, loaded once. */
import { createRequire } from 'node:module';
import { configure, loadModel, type Model, type Preloaded, preload } from 'hepatica';
import type { WorkerConfig } from './config.js';

/** Those that are not hepatica's defaults. */
export interface Networks {
  readonly liver?: Model;
  readonly lesions?: Model;
}

/** A file that hepatica itself would find. */
function fileOf(name: string): string {
  return createRequire(import.meta.resolve('hepatica/package.json')).resolve(name);
}

function loadLesionNetwork(model: string): Promise<Model> {
  return model === 'paper' ? loadModel(fileOf('@hepatica/weights-mdl'), { network: 'paper' }) : loadModel(model);
}

/** Loads the networks, and packs them for the device. */
export async function loadNetworks(config: WorkerConfig): Promise<Networks & { readonly preloaded: Preloaded }> {
  const { model, lesionModel, device, precision } = config;
  // One call computes; the next series is read beside it.
  await configure({ concurrency: 1 });
  const networks = {
    ...(model !== 'default' && {
      liver: await loadModel(model === 'paper' ? fileOf('./weights/liver-paper.safetensors') : model),
    }),
    ...(lesionModel !== 'default' && { lesions: await loadLesionNetwork(lesionModel) }),
  };
  const models = Object.values(networks);
  const preloaded = await preload({ device, precision, ...(models.length > 0 && { models }) });
  return { ...networks, preloaded };
}
