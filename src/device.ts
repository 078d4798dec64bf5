import { runJob } from './job.js';
import { manifest } from './loading/packages.js';
import type { DeviceInfo } from './types.js';

/**
 * What hepatica would compute with: its version, libtorch's, the GPUs that answer (or why none does), and the CPU.
 *
 * @throws {@link NativeLoadError} where the native part cannot be loaded
 */
export async function deviceInfo(): Promise<DeviceInfo> {
  const found = await runJob({}, (native, control) => native.deviceInfo(control));
  return { version: manifest.version, ...found };
}
