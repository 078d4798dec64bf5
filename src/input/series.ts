import type { NativeBinding, NativeControl, NativeJob } from '../native/binding.js';
import { nextTurn } from '../native/call-arguments.js';
import type { NativeFile, NativeIntake } from '../native/files.js';
import { runJob } from '../native/job.js';
import { loadedNative, native } from '../native/load.js';
import { invalidArgument } from '../schema/check.js';
import type { ExcludedFile, RunOptions, Warning } from '../types.js';
import { abortable } from './abortable.js';
import { ByteLimit } from './byte-limit.js';
import { FileArgument, isFileInput } from './file.js';
import type { SeriesInput } from './types.js';
import { isZip, isZipFile, ZipArchive } from './zip.js';

export interface IntakeOptions extends RunOptions {
  readonly series?: string | undefined;
  readonly maxVoxels?: number | undefined;
  readonly maxFiles?: number | undefined;
  readonly maxBytes?: number | undefined;
}

/** What is decoded in one go, while the next files are asked for. */
const kBatchBytes = 2 ** 23;
const kBatchFiles = 64;

/** Of files that need not be opened to know that they are no archives. */
const kOtherNames = /\.(dcm|ima)$/i;

/** How many are named in a message. */
const kNamed = 10;

type Items = Iterable<unknown> | AsyncIterable<unknown>;

function itemsOf(source: unknown): Items {
  const isIterable =
    typeof source === 'object' && source !== null && (Symbol.iterator in source || Symbol.asyncIterator in source);
  if (isIterable) return source as Items;
  throw invalidArgument('source', 'a path, the bytes of a file, or an (async) iterable of them', source);
}

/** A series' files, taken in the tick of the call where they are all there. */
export class SeriesFiles {
  /** The files behind them, those that are known. */
  readonly origins: string[] = [];
  readonly #excluded: ExcludedFile[] = [];
  readonly #options: IntakeOptions;
  readonly #limit: ByteLimit;
  readonly #files: readonly FileArgument[] | undefined;
  readonly #items: Items | undefined;

  constructor(source: SeriesInput, options: IntakeOptions) {
    this.#options = options;
    this.#limit = new ByteLimit(options.maxBytes);
    if (isFileInput(source)) {
      this.#files = [this.#fileOf('source', source)];
    } else if (Array.isArray(source)) {
      this.#files = source.map((item, index) => this.#fileOf(`source[${index}]`, item));
    } else {
      this.#items = itemsOf(source);
    }
    this.#take(this.#files ?? []);
  }

  /** Runs a native call on the files, once they are all decoded. */
  get excluded(): readonly ExcludedFile[] {
    return this.#excluded;
  }

  get warnings(): Warning[] {
    if (this.#excluded.length === 0) return [];
    const named = this.#excluded.slice(0, kNamed).map(({ file, reason }) => `${file} (${reason})`);
    const more = this.#excluded.length > kNamed ? ` and ${this.#excluded.length - kNamed} more` : '';
    const message = `${this.#excluded.length} entries of archives were left out: ${named.join(', ')}${more}`;
    return [{ code: 'SKIPPED_ENTRIES', message }];
  }

  async run<Result>(
    start: (binding: NativeBinding, intake: NativeIntake, control: NativeControl) => NativeJob<Result>,
  ): Promise<Result> {
    const { signal, series = '', maxFiles = null, maxVoxels = null } = this.#options;
    try {
      signal?.throwIfAborted();
      const { binding } = loadedNative() ?? (await native());
      const intake = binding.openIntake({ series, maxFiles, maxVoxels });
      try {
        const filling = new Filling(binding, intake, this.#options, this.#limit);
        this.#excluded.push(...(await filling.fill(this.#each())));
        return await runJob(this.#options, (_, control) => start(binding, intake, control));
      } finally {
        binding.closeIntake(intake);
      }
    } finally {
      for (const file of this.#files ?? []) file.release();
    }
  }

  #fileOf(name: string, item: unknown): FileArgument {
    const file = new FileArgument(name, item, this.#limit);
    if (file.origin) this.origins.push(file.origin);
    return file;
  }

  #take(files: readonly FileArgument[]): void {
    const all = files.reduce((sum, { byteLength }) => sum + byteLength, 0);
    let before = 0;
    for (const file of files) {
      file.take({ before, all });
      before += file.byteLength;
    }
  }

  async *#each(): AsyncGenerator<FileArgument, void, undefined> {
    if (this.#files) return yield* this.#files;
    let index = 0;
    for await (const item of abortable(this.#items as Items, this.#options.signal)) {
      const file = this.#fileOf(`source[${index++}]`, item);
      file.take();
      yield file;
    }
  }
}

/** Gives files to an intake, in batches: while one is decoded the next is gathered. */
class Filling {
  readonly #native: NativeBinding;
  readonly #intake: NativeIntake;
  readonly #options: RunOptions;
  readonly #limit: ByteLimit;
  readonly #excluded: ExcludedFile[] = [];
  #batch: { readonly file: FileArgument; readonly loaded: NativeFile }[] = [];
  #bytes = 0;
  #decoding: Promise<void> = Promise.resolve();

  constructor(binding: NativeBinding, intake: NativeIntake, { signal, threads }: RunOptions, limit: ByteLimit) {
    this.#limit = limit;
    this.#native = binding;
    this.#intake = intake;
    this.#options = { ...(signal && { signal }), ...(threads !== undefined && { threads }) };
  }

  /** @returns what is in archives and was left out */
  async fill(files: AsyncIterable<FileArgument>): Promise<readonly ExcludedFile[]> {
    try {
      for await (const file of files) {
        const loaded = await this.#load(file);
        const archive = await this.#archiveOf(file, loaded);
        await (archive ? this.#unpack(archive) : this.#add(file, loaded));
        if (archive) file.release();
      }
      await this.#decode();
      await this.#decoding;
      return this.#excluded;
    } finally {
      for (const { file } of this.#batch) file.release();
      await this.#decoding.catch(() => {}); // The intake is in use until then.
    }
  }

  #load(file: FileArgument): Promise<NativeFile> {
    return file.load(this.#native, this.#options.signal);
  }

  async #archiveOf(file: FileArgument, loaded: NativeFile): Promise<ZipArchive | undefined> {
    if (typeof loaded === 'string') {
      const isArchive = !kOtherNames.test(loaded) && (await isZipFile(loaded));
      return isArchive ? ZipArchive.open(loaded, loaded, this.#limit) : undefined;
    }
    if (!isZip(file.head)) return undefined;
    const { buffer, byteOffset, byteLength } = loaded.bytes.data();
    return ZipArchive.open(file.name, Buffer.from(buffer, byteOffset, byteLength), this.#limit);
  }

  async #unpack(archive: ZipArchive): Promise<void> {
    for await (const file of archive.files()) {
      const loaded = await this.#load(file);
      if (!isZip(file.head)) {
        await this.#add(file, loaded);
        continue;
      }
      archive.exclude(file.name, 'it is an archive in an archive');
      file.release();
    }
    this.#excluded.push(...archive.excluded);
  }

  async #add(file: FileArgument, loaded: NativeFile): Promise<void> {
    this.#batch.push({ file, loaded });
    this.#bytes += file.byteLength;
    if (this.#bytes >= kBatchBytes || this.#batch.length >= kBatchFiles) await this.#decode();
  }

  async #decode(): Promise<void> {
    await this.#decoding;
    const batch = this.#batch;
    const files = batch.map(({ loaded }) => loaded);
    this.#batch = [];
    this.#bytes = 0;
    if (files.length === 0) return;
    await nextTurn(); // Of paths alone, nothing else would give one.
    this.#decoding = runJob(this.#options, (binding, control) =>
      binding.fillIntake(this.#intake, files, control),
    ).finally(() => {
      for (const { file } of batch) file.release();
    });
    this.#decoding.catch(() => {}); // Thrown by the next call that waits for it.
  }
}
