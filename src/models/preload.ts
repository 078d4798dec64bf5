import { ModelError } from '../errors.js';
import { runJobOn } from '../native/job.js';
import { loadWarnings } from '../native/load.js';
import { checkOptions } from '../schema/check.js';
import { preloadOptions } from '../schema/run.js';
import type { Model, Preloaded, PreloadOptions } from '../types.js';
import { joinWarnings } from '../warnings.js';
import { lesionModel, liverModel, modelArgument } from './model.js';

/** The liver's weights, and the lesion network's where they are installed. */
async function shippedModels(): Promise<Model[]> {
  const liver = await liverModel();
  try {
    return [liver, await lesionModel()];
  } catch (error) {
    if (error instanceof ModelError && error.code === 'WEIGHTS_NOT_FOUND') return [liver];
    throw error;
  }
}

/**
 * Does before the first call what that would do beside its work: loads the native part, libtorch and the weights, opens
 * the device, and packs the weights for it. Pass the same `device` and `precision` as to the calls.
 *
 * @returns the device that calls with these options compute on, and what they will be warned of
 * @throws {@link ModelError} as `loadModel`, and `WRONG_MODEL` for weights that trainings start from; {@link DeviceError}
 *   as `segmentLiver`
 */
export async function preload(options: PreloadOptions = {}): Promise<Preloaded> {
  const { precision } = checkOptions(preloadOptions, options);
  const started = performance.now();
  let found: Preloaded | undefined;
  for (const model of options.models ?? (await shippedModels())) {
    const result = await runJobOn([modelArgument(model)], options, (native, control, handle) =>
      native.preloadModel(handle, { precision }, control),
    );
    const warnings = joinWarnings(found?.warnings ?? loadWarnings(), result.warnings);
    found = { device: result.device, precision: result.precision, warnings, milliseconds: 0 };
  }
  return { ...(found as Preloaded), milliseconds: performance.now() - started };
}
