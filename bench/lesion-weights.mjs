/** Which lesion network is measured: the one named, else the one classifyLesions would take, else random weights. */
import { join, resolve } from 'node:path';
import { defaultLesionModel } from '../dist/model.js';
import { python } from './peers.mjs';

export async function lesionWeights({ model }, folder) {
  if (model !== undefined) return resolve(model);
  try {
    return (await defaultLesionModel()).info.path;
  } catch (error) {
    if (error.code !== 'WEIGHTS_NOT_FOUND') throw error;
    console.log('\nno weights of the lesion network are installed: random ones are timed');
    const path = join(folder, 'lesions.safetensors');
    python('make_lesion_model.py', path);
    return path;
  }
}
