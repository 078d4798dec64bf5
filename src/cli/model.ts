import { loadModel, type Model } from '../index.js';

/** Lends a model from a file, or none for the default weights, and frees it afterwards. */
export async function withModel<T>(
  path: string | undefined,
  use: (model: Model | undefined) => Promise<T>,
): Promise<T> {
  if (path === undefined) return use(undefined);
  const model = await loadModel(path);
  try {
    return await use(model);
  } finally {
    model.dispose();
  }
}
