import { createRequire } from 'node:module';
import { join } from 'node:path';
import { runJob } from './job.js';
import { packageRoot } from './native.js';
import type { DeviceInfo } from './types.js';

/**
 * What hepatica would compute with: its version, libtorch's, the GPUs that answer (or why none does), and the CPU.
 *
 * @throws {@link NativeLoadError} where the native part cannot be loaded
 */
export async function deviceInfo(): Promise<DeviceInfo> {
  const { version } = createRequire(import.meta.url)(join(packageRoot, 'package.json')) as { version: string };
  const found = await runJob({}, (native, control) => native.deviceInfo(control));
  return { version, ...found };
}
