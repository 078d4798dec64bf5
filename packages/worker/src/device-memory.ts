/** What a GPU has of memory and how much is in use, by all processes, where NVIDIA's own program is there to say so. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export interface DeviceMemory {
  readonly device: string;
  readonly usedBytes: number;
  readonly totalBytes: number;
}

const kQuery = ['--query-gpu=index,memory.used,memory.total', '--format=csv,noheader,nounits'];
const kTimeoutMs = 3000;
const kMebibyte = 2 ** 20;

export function parseDeviceMemory(text: string): DeviceMemory[] {
  return text.split('\n').flatMap((line) => {
    const [index, used, total] = line.split(',').map((part) => Number.parseInt(part, 10));
    if (![index, used, total].every(Number.isInteger)) return [];
    const [usedBytes, totalBytes] = [(used as number) * kMebibyte, (total as number) * kMebibyte];
    return [{ device: `cuda:${index}`, usedBytes, totalBytes }];
  });
}

/** Empty where the program is missing or does not answer. */
export async function readDeviceMemory(program = 'nvidia-smi'): Promise<DeviceMemory[]> {
  try {
    const { stdout } = await promisify(execFile)(program, kQuery, { timeout: kTimeoutMs });
    return parseDeviceMemory(stdout);
  } catch {
    return [];
  }
}
