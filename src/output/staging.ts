import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** Process numbers of another machine, or container, say nothing here. */
function numbersTag(): string {
  let space = '';
  try {
    space = readlinkSync('/proc/self/ns/pid');
  } catch {
    // Without /proc the machine's name has to do.
  }
  return createHash('sha256').update(`${hostname()} ${space}`).digest('hex').slice(0, 8);
}

const kPattern = /^\.hepatica-([0-9a-f]{8})-(\d+)-(\d+)-[0-9a-f]{12}$/;

/** When a process began, in the system's ticks: its number alone may be another process's by now. */
function startOf(pid: number): string | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return fields.slice(fields.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

/** A hidden name for what is being written by this process. */
export function stagingName(): string {
  return `.hepatica-${numbersTag()}-${process.pid}-${startOf(process.pid) ?? 0}-${randomBytes(6).toString('hex')}`;
}

/** Whether the process that made a staging folder may still write to it; of other machines', for so long after its last file. */
export async function isInUse(folder: string, name: string, foreignMs: number): Promise<boolean> {
  const [, tag, pid, start] = kPattern.exec(name) ?? [];
  if (tag === numbersTag()) return startOf(Number(pid)) === start;
  const found = await stat(join(folder, name)).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs < foreignMs;
}

const kWeekMs = 7 * 24 * 3600 * 1000;

/** Removes what killed commands staged in `folder` and never committed. */
export async function removeStale(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    if (kPattern.test(name) && !(await isInUse(folder, name, kWeekMs))) {
      await rm(join(folder, name), { recursive: true, force: true });
    }
  }
}
