import { lstat, mkdir, readdir, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { HepaticaError, OutputError } from '../errors.js';
import { hashOf } from '../io/file-hash.js';
import { type Change, commitChange, kAnything, kJournalName, pendingChange, resumeChange } from '../output/commit.js';
import { refuseFolderInInputs, refuseInputs } from '../output/guard.js';
import { hashAt, kManifestName, type Manifest, readManifest, sync } from '../output/manifest.js';
import { outputExists } from '../output/ownership.js';
import { isInUse, removeStale, stagingName } from '../output/staging.js';
import { checkWritable, unwritable } from '../output/writable.js';

/** What a command is going to do to its output folder. */
export interface OutputPlan {
  /** Files that it writes, or folders of files, which end in `/`. */
  readonly writes: readonly string[];
  /** What earlier results of it may have left and this one may have no such part of: removed if hepatica wrote it. */
  readonly removes?: readonly string[];
  /**
   * Another command's result of the same names, known by its file `mark`: this one would leave the rest of it standing
   * beside what it was not made with. Refused; with `overwrite` the rest goes as well.
   */
  readonly other?: { readonly command: string; readonly mark: string; readonly names: readonly string[] };
  /** All that it reads: files and folders. */
  readonly inputs: readonly (string | undefined)[];
  /** Replace files that hepatica did not write; never inputs. */
  readonly overwrite?: boolean | undefined;
  /** What to do about a file that stands in the way, where the command has no --overwrite. */
  readonly remedy?: string;
}

const kOverwriteRemedy = 'Move it away, choose another folder, or replace it with --overwrite.';
const kForeignRemedy = 'Move it away, or choose another folder.';
/** A commit takes far less; a machine that is not heard of after it is taken for dead. */
const kCommitMs = 60_000;

/** In this folder each file is taken for a slice; in others hepatica's pictures may lie beside other things. */
const isSeries = (folder: string) => folder === 'dicom/';

/**
 * A folder that receives either all files of a result or none: they are written to a hidden folder inside it, brought to
 * the disk, and moved into place by one rename each. Only what hepatica wrote before, by the manifest that it leaves, is
 * replaced or removed.
 */
export class OutputFolder {
  readonly #plan: OutputPlan & { readonly inputs: readonly string[] };
  #staging = '';
  /** The first of the folders that had to be made, the staging folder itself where the folder was there. */
  #made = '';
  readonly #written = new Set<string>();

  private constructor(
    readonly path: string,
    plan: OutputPlan,
  ) {
    this.#plan = { ...plan, inputs: plan.inputs.filter((input) => input !== undefined) };
  }

  /**
   * Checks, before anything is computed, that the plan can be written and destroys nothing of the user's, and finishes
   * what a kill left.
   *
   * @throws OutputError `OUTPUT_IS_INPUT`, `OUTPUT_EXISTS`, `OUTPUT_UNWRITABLE`; InputFileError `INCOMPLETE_RESULT`
   */
  static async plan(path: string, plan: OutputPlan): Promise<OutputFolder> {
    const folder = new OutputFolder(path, plan);
    await refuseFolderInInputs(path, folder.#plan.inputs);
    await folder.#refuseInputs([...plan.writes, ...(plan.removes ?? [])]);
    await checkWritable(path);
    await folder.#recover();
    await folder.#byManifest((manifest) => folder.#check(manifest));
    return folder;
  }

  async #check(manifest: Manifest): Promise<void> {
    const { writes } = this.#plan;
    await this.#checkOther(manifest);
    for (const name of writes) {
      if (name.endsWith('/')) await this.#checkFolder(name, manifest);
      else await this.#checkFile(name, manifest);
    }
    for (const name of this.#earlier(manifest)) await this.#checkFile(name, manifest);
  }

  /** Looks at the folder by its manifest. What another command put there meanwhile is no file of the user's. */
  async #byManifest<T>(look: (manifest: Manifest) => Promise<T>): Promise<T> {
    const manifest = await readManifest(this.path);
    try {
      return await look(manifest);
    } catch (cause) {
      const after = await readManifest(this.path);
      const pending = await pendingChange(this.path).catch(() => undefined);
      if (pending || !isDeepStrictEqual(after, manifest)) throw busy(this.path, cause);
      throw cause instanceof HepaticaError ? cause : unwritable(this.path, cause);
    }
  }

  async #checkOther(manifest: Manifest): Promise<void> {
    const { other, overwrite } = this.#plan;
    if (!other || manifest[other.mark] === undefined) return;
    const names = other.names.filter((name) => name.endsWith('/') || manifest[name] !== undefined);
    await this.#refuseInputs(names);
    const target = join(this.path, other.mark);
    if (overwrite || (await hashAt(target)) === undefined) return;
    throw outputExists(
      target,
      'Choose another folder, or replace all of it with --overwrite.',
      `a part of what hepatica ${other.command} wrote`,
    );
  }

  /** Of what the manifest names, the parts of earlier results that this one replaces or that must not outlast it. */
  #earlier(manifest: Manifest): string[] {
    const { writes, removes = [], other } = this.#plan;
    const others = other && manifest[other.mark] !== undefined ? other.names : [];
    const planned = [...writes, ...removes, ...others];
    return Object.keys(manifest).filter((name) =>
      planned.some((plan) => (plan.endsWith('/') ? name.startsWith(plan) : name === plan)),
    );
  }

  #refuseInputs(names: readonly string[]): Promise<void> {
    const targets = [kManifestName, kJournalName, ...names].map((name) => join(this.path, name));
    return refuseInputs(targets, this.#plan.inputs);
  }

  async #recover(): Promise<void> {
    const change = await pendingChange(this.path);
    if (change) {
      await this.#refuseInputs([...change.writes, ...change.removes].map(({ name }) => name));
      if (await isInUse(this.path, change.staging, kCommitMs)) throw busy(this.path);
    }
    try {
      if (change) await resumeChange(this.path, change);
      await removeStale(this.path);
    } catch (cause) {
      throw cause instanceof HepaticaError ? cause : unfinished(this.path, cause);
    }
  }

  /** The hash of what would be replaced, or `kAnything` with --overwrite; null where nothing is. */
  async #checkFile(name: string, manifest: Manifest): Promise<string | null> {
    const target = join(this.path, name);
    const present = await lstat(target).catch(() => undefined);
    if (!present) return null;
    if (present.isDirectory()) throw outputExists(target, kForeignRemedy, 'which is a folder');
    if (present.isFile() && manifest[name] !== undefined && (await hashOf(target)) === manifest[name]) {
      return manifest[name];
    }
    if (this.#plan.overwrite) return kAnything;
    const changed = manifest[name] === undefined ? undefined : 'which was changed since hepatica wrote it';
    throw outputExists(target, this.#plan.remedy ?? kOverwriteRemedy, changed);
  }

  async #checkFolder(folder: string, manifest: Manifest): Promise<void> {
    const path = join(this.path, folder.slice(0, -1));
    const present = await lstat(path).catch(() => undefined);
    if (!present) return;
    if (!present.isDirectory()) throw outputExists(path, kForeignRemedy, 'which is no folder');
    await checkWritable(path);
    for (const entry of await readdir(path)) {
      const name = `${folder}${entry}`;
      if (isSeries(folder)) {
        if (manifest[name] === undefined || (await hashAt(join(this.path, name))) !== manifest[name]) {
          throw outputExists(
            join(path, entry),
            kForeignRemedy,
            'which hepatica did not write, or which was changed since',
          );
        }
      } else if (/\.(png|stl|ply)$/i.test(entry)) await this.#checkFile(name, manifest);
    }
  }

  /**
   * Lets `fill` write to the folder, and commits; discards what it wrote on any error, and where `signal` is aborted
   * before the commit is decided.
   */
  async write<T>(fill: (folder: this) => Promise<T>, signal?: AbortSignal): Promise<T> {
    await this.#open();
    try {
      signal?.throwIfAborted();
      const filled = await fill(this);
      await this.#commit(signal);
      return filled;
    } catch (error) {
      await this.#discard();
      throw error;
    }
  }

  async #open(): Promise<void> {
    this.#staging = resolve(this.path, stagingName());
    try {
      this.#made = (await mkdir(this.#staging, { recursive: true })) ?? this.#staging;
    } catch (cause) {
      throw unwritable(this.path, cause);
    }
  }

  /** Where `fill` writes a file of the result (`overlay/012.png`: in a folder), or a folder of files (`dicom/`). */
  async place(name: string): Promise<string> {
    const target = resolve(this.#staging, name);
    try {
      await mkdir(dirname(target), { recursive: true });
    } catch (cause) {
      throw unwritable(this.path, cause);
    }
    const [first, ...rest] = name.split('/');
    this.#written.add(rest.length > 0 ? `${first}/` : name);
    return target;
  }

  async writeFile(name: string, content: string | Uint8Array): Promise<void> {
    const target = await this.place(name);
    try {
      await writeFile(target, content);
    } catch (cause) {
      throw unwritable(this.path, cause);
    }
  }

  async writeJson(name: string, value: unknown): Promise<void> {
    await this.writeFile(name, `${JSON.stringify(value, null, 2)}\n`);
  }

  /** What was written, for a person: `liver.nii.gz, report.json, overlay/`. */
  get summary(): string {
    return `written to ${this.path}: ${[...this.#written].join(', ')}`;
  }

  /** The staged files by name, each on the disk, with its hash. */
  async #staged(signal: AbortSignal | undefined): Promise<Map<string, string>> {
    const files = new Map<string, string>();
    for (const entry of await readdir(this.#staging, { withFileTypes: true })) {
      const below = entry.isDirectory() ? await readdir(join(this.#staging, entry.name)) : [];
      const names = entry.isDirectory() ? below.map((name) => `${entry.name}/${name}`) : [entry.name];
      for (const name of names) {
        signal?.throwIfAborted();
        await sync(join(this.#staging, name));
        files.set(name, await hashOf(join(this.#staging, name)));
      }
      if (entry.isDirectory()) await sync(join(this.#staging, entry.name));
    }
    await sync(this.#staging);
    return files;
  }

  async #change(staged: ReadonlyMap<string, string>, manifest: Manifest): Promise<Change> {
    await this.#checkOther(manifest);
    for (const name of this.#plan.writes) if (name.endsWith('/')) await this.#checkFolder(name, manifest);
    const writes: Change['writes'] = [];
    for (const [name, sha256] of staged) {
      writes.push({ name, sha256, replaces: await this.#checkFile(name, manifest) });
    }
    const obsolete = this.#earlier(manifest).filter((name) => !staged.has(name));
    const removes: Change['removes'] = [];
    for (const name of obsolete) {
      const replaced = await this.#checkFile(name, manifest);
      const sha256 = replaced === kAnything ? await hashAt(join(this.path, name)) : replaced;
      if (sha256) removes.push({ name, sha256 });
    }
    const kept = Object.entries(manifest).filter(([name]) => !obsolete.includes(name));
    const files = Object.fromEntries([...kept, ...staged]);
    return { staging: this.#staging.slice(resolve(this.path).length + 1), writes, removes, files };
  }

  async #commit(signal: AbortSignal | undefined): Promise<void> {
    try {
      const staged = await this.#staged(signal);
      await this.#refuseInputs([...staged.keys()]);
      const change = await this.#byManifest((manifest) => this.#change(staged, manifest));
      signal?.throwIfAborted();
      await commitChange(this.path, change);
    } catch (cause) {
      if (cause instanceof HepaticaError) throw cause;
      // Of two journals the first is the folder's.
      const { code, syscall } = cause as NodeJS.ErrnoException;
      throw code === 'EEXIST' && syscall === 'link' ? busy(this.path, cause) : unwritable(this.path, cause);
    }
  }

  /** Removes what was written and not committed, and the folders that were made for it where nothing else is in them. */
  async #discard(): Promise<void> {
    // Once the change is decided its files are the result: the next command finishes it.
    const decided = await pendingChange(this.path).catch(() => undefined);
    if (decided && this.#staging.endsWith(decided.staging)) return;
    // What cannot be removed either is no news beside the error; the next command removes it.
    await rm(this.#staging, { recursive: true, force: true }).catch(() => undefined);
    for (let folder = this.#staging; folder !== resolve(this.#made); folder = dirname(folder)) {
      const isEmpty = await rmdir(dirname(folder)).then(
        () => true,
        () => false,
      );
      if (!isEmpty) return;
    }
  }
}

function busy(path: string, cause?: unknown): OutputError {
  return new OutputError('OUTPUT_UNWRITABLE', `Cannot write to ${path}: another command is writing a result to it`, {
    file: path,
    remedy: 'Run this again when the other one has ended, or choose another folder.',
    cause,
  });
}

function unfinished(path: string, cause: unknown): OutputError {
  const { message } = cause as Error;
  return new OutputError('OUTPUT_UNWRITABLE', `Cannot finish the interrupted result in ${path}: ${message}`, {
    file: path,
    remedy:
      'Make the folder writable, on a disk with space: the next command that writes to it goes on. Or choose another.',
    cause,
  });
}
