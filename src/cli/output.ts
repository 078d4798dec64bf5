import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { OutputError } from '../errors.js';

/**
 * A folder that receives either all files of a result or none: they are written to a hidden folder inside it and
 * renamed into place by `commit`.
 */
export class OutputFolder {
  readonly #names = new Set<string>();

  /** Names that earlier results may have left and that this one replaces, or removes where it has no such part. */
  replaces(...names: string[]): void {
    for (const name of names) this.#names.add(name);
  }

  private constructor(
    readonly path: string,
    readonly staging: string,
    /** The first of the folders that had to be made, the staging folder itself where `path` was there. */
    readonly made: string,
  ) {}

  /** @throws OutputError `OUTPUT_UNWRITABLE` */
  static async open(path: string): Promise<OutputFolder> {
    const staging = resolve(path, `.hepatica-${randomBytes(6).toString('hex')}`);
    try {
      const made = await mkdir(staging, { recursive: true });
      return new OutputFolder(path, staging, made ?? staging);
    } catch (cause) {
      throw unwritable(path, cause);
    }
  }

  /** Where to write a file of the result; `name` may hold one folder (`overlay/012.png`), replaced as a whole. */
  async place(name: string): Promise<string> {
    this.#names.add(name.split('/')[0] as string);
    const target = join(this.staging, name);
    try {
      await mkdir(dirname(target), { recursive: true });
    } catch (cause) {
      throw unwritable(this.path, cause);
    }
    return target;
  }

  async write(name: string, content: string | Uint8Array): Promise<void> {
    const target = await this.place(name);
    try {
      await writeFile(target, content);
    } catch (cause) {
      throw unwritable(this.path, cause);
    }
  }

  async writeJson(name: string, value: unknown): Promise<void> {
    await this.write(name, `${JSON.stringify(value, null, 2)}\n`);
  }

  /** Moves everything into place; earlier results of the same names are replaced. */
  async commit(): Promise<void> {
    try {
      for (const name of this.#names) {
        const target = join(this.path, name);
        await rm(target, { recursive: true, force: true });
        const staged = join(this.staging, name);
        if (existsSync(staged)) await rename(staged, target);
      }
    } catch (cause) {
      throw unwritable(this.path, cause);
    }
    await rm(this.staging, { recursive: true, force: true });
  }

  /** Removes what was written and not committed, and the folders that were made for it where nothing else is in them. */
  async discard(): Promise<void> {
    await rm(this.staging, { recursive: true, force: true });
    for (let folder = this.staging; folder !== resolve(this.made); folder = dirname(folder)) {
      const isEmpty = await rmdir(dirname(folder)).then(
        () => true,
        () => false,
      );
      if (!isEmpty) return;
    }
  }
}

/** Opens the folder, lets `fill` write to it, and commits; discards it on any error. */
export async function writeOutputFolder<T>(path: string, fill: (folder: OutputFolder) => Promise<T>): Promise<T> {
  const folder = await OutputFolder.open(path);
  try {
    const filled = await fill(folder);
    await folder.commit();
    return filled;
  } catch (error) {
    await folder.discard();
    throw error;
  }
}

function unwritable(path: string, cause: unknown): OutputError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new OutputError('OUTPUT_UNWRITABLE', `Cannot write to ${path}: ${reason}`, {
    file: path,
    remedy: 'Choose a folder that you may write to, on a disk with space.',
    cause,
  });
}
