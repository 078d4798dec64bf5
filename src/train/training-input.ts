/** The files that a training reads: whether they are there, and what is in them. */
import { createHash, createHmac, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, constants, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { unreadableFile } from '../errors.js';
import { refuseSpecialFile } from '../input/special-file.js';

/** What is said of a case, and its paths. */
export interface HashedEntry {
  readonly text: string;
  readonly paths: readonly string[];
}

/** Before hours of data are read: the last of them may be missing. */
export async function requireReadable(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await access(path, constants.R_OK).catch((cause) => {
      throw unreadableFile(path, cause);
    });
    await refuseSpecialFile(path);
  }
}

/** The files that are read of an image or a label; links to folders inside it are not followed, as in reading. */
async function filesBelow(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const names = (await readdir(path, { recursive: true })).sort();
  const files = names.map(async (name) => ((await stat(join(path, name))).isFile() ? [join(path, name)] : []));
  return (await Promise.all(files)).flat();
}

async function hashOfAll(
  entries: readonly HashedEntry[],
  signal?: AbortSignal,
): Promise<{ readonly hash: Hash; readonly entryHashes: readonly string[] }> {
  const hash = createHash('sha256');
  const entryHashes: string[] = [];
  try {
    for (const { text: said, paths } of entries) {
      const own = createHash('sha256');
      const update = (data: string | Buffer) => {
        hash.update(data);
        own.update(data);
      };
      update(said);
      for (const file of (await Promise.all(paths.map(filesBelow))).flat()) {
        for await (const chunk of createReadStream(file, { signal })) update(chunk as Buffer);
      }
      entryHashes.push(own.digest('hex'));
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw unreadableFile((error as NodeJS.ErrnoException).path ?? '', error);
  }
  return { hash, entryHashes };
}

export interface HashedDataset {
  /** Hex SHA-256 over the texts and the bytes of the files, in order. */
  readonly sha256: string;
  /** Of all of the same, so that only who has the data can make it; `sha256`, which is published, does not tell it. */
  readonly salt: Buffer;
  /** Hex SHA-256 of each entry. */
  readonly entries: readonly string[];
}

export async function hashDataset(entries: readonly HashedEntry[], signal?: AbortSignal): Promise<HashedDataset> {
  const { hash, entryHashes } = await hashOfAll(entries, signal);
  const salt = hash.copy().update('the patients of this dataset').digest();
  return { sha256: hash.digest('hex'), salt, entries: entryHashes };
}

/** What weights call patients: 16 hex digits of an HMAC-SHA-256, the same in every training on the same data. */
export function patientHashes(patients: Iterable<string>, salt: Buffer): Record<string, string> {
  const entries = [...new Set(patients)].map((patient) => {
    const hash = createHmac('sha256', salt).update(patient).digest('hex').slice(0, 16);
    return [patient, hash] as const;
  });
  return Object.fromEntries(entries);
}
