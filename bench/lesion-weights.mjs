/** Which lesion network is measured: the one named, else the one classifyLesions would take. */
import { resolve } from 'node:path';
import { lesionModel } from '../dist/models/model.js';

export async function lesionWeights({ model }) {
  return model === undefined ? (await lesionModel()).info.path : resolve(model);
}
