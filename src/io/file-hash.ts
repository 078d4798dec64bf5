import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { unreadableFile } from '../errors.js';
import { refuseSpecialFile } from '../input/special-file.js';

/** Hex SHA-256 of a file; its errors are the system's. */
export async function hashOf(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash, signal ? { signal } : {});
  return hash.digest('hex');
}

/**
 * Hex SHA-256 of a file that a caller named.
 *
 * @throws {@link InputFileError} `FILE_NOT_FOUND`, `UNREADABLE_FILE`
 */
export async function hashOfInput(path: string, signal?: AbortSignal): Promise<string> {
  await refuseSpecialFile(path);
  return hashOf(path, signal).catch((cause) => {
    signal?.throwIfAborted();
    throw unreadableFile(path, cause);
  });
}
