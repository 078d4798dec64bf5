// A libtorch is tried in a process of its own first: one that does not suit the machine's driver may end the process.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { DeviceInfo } from '../types.js';

/** The first use of a GPU takes seconds, on a machine that has just started more. */
const kTimeLimitMs = 120_000;

/** Loads as native.ts does, asks for the devices, and leaves without the libraries' own end. */
const kProgram = `
const [preload, folder, addon] = process.argv.slice(1);
const fail = (error) => {
  process.stderr.write(String(error?.message ?? error));
  process.exit(1);
};
require(preload).open(folder)
  .then(() => require(addon).deviceInfo({ threads: 1, device: 'auto' }).promise)
  .then((info) => process.stdout.write(JSON.stringify(info), () => process.exit(0)), fail);
`;

export interface Probe {
  /** What the child found; null where it failed. */
  readonly info: Omit<DeviceInfo, 'version'> | null;
  /** Empty where it did not fail. */
  readonly reason: string;
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.slice(0, 500) ?? '';
}

/** Tries the add-on with the libraries in `folder`. */
export async function probe(preload: string, folder: string, addon: string): Promise<Probe> {
  // Options of the parent (loaders, an inspector's port) are not the child's.
  const env = { ...process.env, NODE_OPTIONS: '', ELECTRON_RUN_AS_NODE: '1' };
  const args = ['--eval', kProgram, preload, folder, addon];
  try {
    const { stdout } = await promisify(execFile)(process.execPath, args, { env, timeout: kTimeLimitMs });
    return { info: JSON.parse(stdout) as Omit<DeviceInfo, 'version'>, reason: '' };
  } catch (error) {
    const { signal, stderr, message } = error as { signal?: string; stderr?: string; message: string };
    const reason = signal ? `a process that tried it was ended by ${signal}` : lastLine(stderr || message);
    return { info: null, reason };
  }
}
