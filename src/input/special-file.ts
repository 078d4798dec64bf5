import { stat } from 'node:fs/promises';
import { InputFileError } from '../errors.js';

/**
 * Refuses pipes, sockets and devices, which nobody may ever write to: opening one would hold one of Node's few threads for
 * ever, and no signal ends it. What cannot be looked at is left to its opening, which says why.
 *
 * @throws InputFileError `UNREADABLE_FILE`
 */
export async function refuseSpecialFile(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (!found || found.isFile() || found.isDirectory()) return;
  throw new InputFileError('UNREADABLE_FILE', `${path} is not a regular file`, {
    file: path,
    remedy: 'Name a file: what comes through a pipe, write to one first, or pass its bytes',
  });
}
