import { manifest } from '../loading/packages.js';
import { checkOptions } from '../schema/check.js';
import { processOptions } from '../schema/run.js';
import type { DeviceInfo, ProcessOptions } from '../types.js';
import { runJob } from './job.js';
import { native } from './load.js';

/**
 * What hepatica would compute with: its version, libtorch's, the GPUs that answer (or why none does), and the CPU.
 *
 * @throws {@link NativeLoadError} where the native part cannot be loaded
 */
export async function deviceInfo(): Promise<DeviceInfo> {
  const found = await runJob({}, (native, control) => native.deviceInfo(control));
  return { version: manifest.version, ...found };
}

/**
 * Sets what holds for the whole process, its worker threads too. Calls over `concurrency` wait for their turn
 * (`deviceInfo().jobs.waiting`; `queues` by device), and can be aborted meanwhile; trainings and `deviceInfo` neither wait
 * nor count.
 *
 * @throws {@link InvalidArgumentError} `INVALID_ARGUMENT`; {@link NativeLoadError} where the native part cannot be loaded
 */
export async function configure(options: ProcessOptions): Promise<void> {
  const { concurrency } = checkOptions(processOptions, options);
  const { binding } = await native();
  if (concurrency !== undefined) binding.setConcurrency({ concurrency });
}
