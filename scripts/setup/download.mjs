// A file from the network, hashed while it comes.
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { SetupError } from './process.mjs';

/** Writes what `url` answers to `path`; returns its SHA-256. */
export async function download(url, path) {
  const response = await fetch(url);
  if (!response.ok) throw new SetupError(`${url} answered ${response.status}`);
  const hash = createHash('sha256');
  await pipeline(
    response.body,
    async function* (chunks) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        yield chunk;
      }
    },
    createWriteStream(path),
  );
  return hash.digest('hex');
}
