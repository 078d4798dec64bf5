import { lstat, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { hashOf } from '../io/file-hash.js';

/** Hidden, and left out where a folder is read as DICOM (native/core/output_marks.h). */
export const kManifestName = '.hepatica-manifest.json';

/** A file of an output folder, or one of a folder in it: what else a manifest names is nobody's. */
export const outputName = z.string().regex(/^(?!\.)[^/\0]+(\/(?!\.)[^/\0]+)?$/);
export const sha256Digits = z.string().regex(/^[0-9a-f]{64}$/);

const manifestSchema = z.object({
  format: z.literal('hepatica-manifest'),
  version: z.literal(1),
  files: z.record(outputName, sha256Digits),
});

/** Hex SHA-256 by name of what hepatica wrote into a folder. */
export type Manifest = Readonly<Record<string, string>>;

export function manifestDocument(files: Manifest): string {
  return `${JSON.stringify({ format: 'hepatica-manifest', version: 1, files }, null, 2)}\n`;
}

/** What hepatica wrote into `folder`; nothing where the manifest is absent or no such document. */
export async function readManifest(folder: string): Promise<Manifest> {
  try {
    return manifestSchema.parse(JSON.parse(await readFile(join(folder, kManifestName), 'utf8'))).files;
  } catch {
    return {};
  }
}

/** The hash of a file, or `undefined` where nothing is there; of a link or a folder `null`: nobody's hash. */
export async function hashAt(path: string): Promise<string | null | undefined> {
  const found = await lstat(path).catch(() => undefined);
  if (!found) return undefined;
  return found.isFile() ? hashOf(path) : null;
}

/** Brings a file, or the names in a folder, to the disk. */
export async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync().catch((error: NodeJS.ErrnoException) => {
      // Some network disks cannot sync a folder.
      if (error.code !== 'EINVAL') throw error;
    });
  } finally {
    await handle.close();
  }
}
