import { access, constants, lstat, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { OutputError } from '../errors.js';

export function unwritable(path: string, cause: unknown): OutputError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new OutputError('OUTPUT_UNWRITABLE', `Cannot write to ${path}: ${reason}`, {
    file: path,
    remedy: 'Choose a folder that you may write to, on a disk with space.',
    cause,
  });
}

/** The deepest of a folder and those above it that is there; a link to nothing is there, too. */
async function nearestPresent(folder: string): Promise<string> {
  const isThere = await lstat(folder).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      // ENOTDIR: below a file, which is what is looked at then.
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return false;
      throw error;
    },
  );
  return isThere ? folder : nearestPresent(dirname(folder));
}

/**
 * Refuses a folder that cannot be written to, or not be made, before hours are computed for it. Only writing tells
 * whether the disk has space.
 *
 * @throws {@link OutputError} `OUTPUT_UNWRITABLE`
 */
export async function checkWritable(folder: string): Promise<void> {
  try {
    const present = await nearestPresent(resolve(folder));
    if (!(await stat(present)).isDirectory()) throw new Error(`${present} is no folder`);
    await access(present, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw unwritable(folder, cause);
  }
}
