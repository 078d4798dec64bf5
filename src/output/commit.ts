/**
 * A result becomes visible as a whole or not at all, whatever ends the process: all new files lie in a staging folder
 * and on the disk before the journal is written; from then on the change is decided, and whoever writes to the folder
 * next finishes it. While the journal is there the folder is no result (native/core/output_marks.h).
 */
import { existsSync } from 'node:fs';
import { link, mkdir, readFile, rename, rm, rmdir, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { InputFileError } from '../errors.js';
import { hashAt, kManifestName, type Manifest, manifestDocument, outputName, sha256Digits, sync } from './manifest.js';
import { outputExists } from './ownership.js';
import { realPlace } from './places.js';

export const kJournalName = '.hepatica-journal.json';
/** In `replaces`: whatever file is there, which the user let go of with --overwrite. */
export const kAnything = 'anything';

const journalSchema = z.object({
  format: z.literal('hepatica-journal'),
  version: z.literal(1),
  staging: z.string().regex(/^\.hepatica-[0-9a-z-]+$/),
  /** `replaces`: the hash of what is there before; null: nothing. */
  writes: z.array(
    z.object({
      name: outputName,
      sha256: sha256Digits,
      replaces: z.union([sha256Digits, z.literal(kAnything)]).nullable(),
    }),
  ),
  removes: z.array(z.object({ name: outputName, sha256: sha256Digits })),
  files: z.record(outputName, sha256Digits),
});

type Journal = z.output<typeof journalSchema>;

/** What a commit changes in a folder. */
export interface Change {
  /** Name of the staging folder in it. */
  readonly staging: string;
  readonly writes: Journal['writes'];
  readonly removes: Journal['removes'];
  /** The manifest afterwards. */
  readonly files: Manifest;
}

/** Gives a whole file its name unless that is taken; where the disk has no hard links, by renaming. */
async function publish(draft: string, target: string): Promise<void> {
  try {
    await link(draft, target);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(code) || existsSync(target)) throw error;
    await rename(draft, target);
  }
}

/** Writes the journal: from here on the change is decided. A journal that is there already is another command's. */
async function decide(folder: string, change: Change): Promise<Journal> {
  const journal: Journal = { format: 'hepatica-journal', version: 1, ...change, files: { ...change.files } };
  const draft = join(folder, change.staging, 'journal');
  await writeFile(draft, JSON.stringify(journal), { flush: true });
  await publish(draft, join(folder, kJournalName));
  await sync(folder);
  return journal;
}

/** After a kill: whether a file still has to be moved into place. What somebody put there meanwhile is left. */
async function isPending(folder: string, staging: string, write: Journal['writes'][number]): Promise<boolean> {
  const { name, sha256, replaces } = write;
  const target = join(folder, name);
  const [present, staged] = await Promise.all([hashAt(target), hashAt(join(folder, staging, name))]);
  if (staged !== sha256) {
    if (present === sha256) return false;
    throw brokenJournal(folder, `${name} is neither in place nor staged`);
  }
  if (present === undefined || present === replaces || present === sha256) return true;
  if (present !== null && replaces === kAnything) return true;
  const remedy = 'Move it away: the next command that writes to this folder finishes what was interrupted.';
  throw outputExists(target, remedy, 'which appeared while a result was being written');
}

async function place(folder: string, staging: string, name: string): Promise<void> {
  const target = join(folder, name);
  await mkdir(dirname(target), { recursive: true });
  await rename(join(folder, staging, name), target);
}

async function remove(folder: string, { name, sha256 }: Journal['removes'][number]): Promise<void> {
  const target = join(folder, name);
  if ((await hashAt(target)) === sha256) await unlink(target);
  // A folder goes with the last file in it, and only then.
  if (name.includes('/')) await rmdir(dirname(target)).catch(() => undefined);
}

async function finish(folder: string, journal: Journal, resumed: boolean): Promise<void> {
  const { staging: stage } = journal;
  for (const write of journal.writes) {
    if (!resumed || (await isPending(folder, stage, write))) await place(folder, stage, write.name);
  }
  for (const removal of journal.removes) await remove(folder, removal);
  for (const parent of new Set(journal.writes.map(({ name }) => dirname(name)))) await sync(join(folder, parent));
  const staging = join(folder, journal.staging);
  await mkdir(staging, { recursive: true });
  const manifest = join(staging, 'manifest');
  await writeFile(manifest, manifestDocument(journal.files), { flush: true });
  await rename(manifest, join(folder, kManifestName));
  await sync(folder);
  await unlink(join(folder, kJournalName));
  await sync(folder);
  await rm(staging, { recursive: true, force: true });
}

/** Makes a change whose new files are staged and on the disk. */
export async function commitChange(folder: string, change: Change): Promise<void> {
  await finish(folder, await decide(folder, change), false);
}

function brokenJournal(folder: string, why: string, cause?: unknown): InputFileError {
  const file = join(folder, kJournalName);
  return new InputFileError(
    'INCOMPLETE_RESULT',
    `${folder} holds a result that was interrupted while written: ${why}`,
    {
      file,
      remedy: `Delete ${file} and write the result again, or write to another folder.`,
      cause,
    },
  );
}

/** Names that an interrupted change of `folder` writes or removes; undefined where there is none. */
export async function pendingChange(folder: string): Promise<Change | undefined> {
  let text: string;
  try {
    text = await readFile(join(folder, kJournalName), 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw brokenJournal(folder, (error as Error).message, error);
  }
  try {
    return journalSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw brokenJournal(folder, 'its journal cannot be read', cause);
  }
}

/**
 * Refuses a document that belongs to an interrupted result, as native/core/output_marks.h does voxels and weights.
 *
 * @throws {@link InputFileError} `INCOMPLETE_RESULT`
 */
export async function refuseIncomplete(file: string): Promise<void> {
  const place = await realPlace(file);
  for (const folder of [dirname(place), dirname(dirname(place))]) {
    const change = await pendingChange(folder);
    const name = place.slice(folder.length + 1);
    if (!change || ![...change.writes, ...change.removes].some((one) => one.name === name)) continue;
    const message = `${file} belongs to a result that was interrupted while it was written to ${folder}`;
    const remedy = 'Write the result to that folder again: what was interrupted is finished first.';
    throw new InputFileError('INCOMPLETE_RESULT', message, { file, remedy });
  }
}

/** Finishes a change that a kill interrupted after it was decided. */
export async function resumeChange(folder: string, change: Change): Promise<void> {
  await finish(folder, journalSchema.parse({ format: 'hepatica-journal', version: 1, ...change }), true);
}
