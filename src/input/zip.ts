import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { type Entry, fromBufferPromise, openPromise, type ZipFile } from 'yauzl';
import { InputFileError, unreadableFile } from '../errors.js';
import type { ExcludedFile } from '../types.js';
import type { ByteLimit } from './byte-limit.js';
import { FileArgument } from './file.js';

/** Of a local header, or of the end of an archive without entries. */
const kSignatures = [Buffer.from('PK\x03\x04', 'latin1'), Buffer.from('PK\x05\x06', 'latin1')];
export const kSignatureBytes = 4;

/** No CT packs better; what does is made to fill the memory. Small files of air may. */
const kBestRatio = 200;
const kRatioCountsFrom = 2 ** 26;

const kFileTypeMask = 0o170000;
const kRegularFile = 0o100000;
const kLink = 0o120000;

const kOptions = { lazyEntries: true, autoClose: false, validateEntrySizes: true };

export function isZip(head: Uint8Array): boolean {
  return kSignatures.some((signature) => Buffer.compare(signature, head.subarray(0, kSignatureBytes)) === 0);
}

/** Told by its content. What cannot be read is no archive: reading says why. */
export async function isZipFile(path: string): Promise<boolean> {
  // Of a pipe that nobody writes to, the opening would not return.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch(() => undefined);
  if (!file) return false;
  try {
    if (!(await file.stat()).isFile()) return false;
    const { bytesRead, buffer } = await file.read(Buffer.alloc(kSignatureBytes), 0, kSignatureBytes, 0);
    return isZip(buffer.subarray(0, bytesRead));
  } catch {
    return false;
  } finally {
    await file.close();
  }
}

function unsafe(name: string, why: string): InputFileError {
  return new InputFileError('UNSAFE_ARCHIVE', `${name}: ${why}`, {
    file: name,
    remedy: 'Unpack it where it can do no harm, and give the files.',
  });
}

/** What the library of archives says is wrong with one: names that lead out of it, or damage. */
function archiveError(name: string, cause: unknown): unknown {
  if (!(cause instanceof Error) || cause instanceof InputFileError) return cause;
  if ('syscall' in cause) return unreadableFile(name, cause);
  if (/absolute path|relative path|invalid characters/.test(cause.message)) return unsafe(name, cause.message);
  return new InputFileError('CORRUPT_FILE', `${name} cannot be unpacked: ${cause.message}`, {
    file: name,
    remedy: 'Fetch or export the archive again.',
    cause,
  });
}

/** Why an entry is left out; undefined where it is a file. */
function reasonToSkip(entry: Entry): string | undefined {
  // The upper half holds what Unix says of a file, where Unix wrote the archive.
  const type = (entry.externalFileAttributes >>> 16) & kFileTypeMask;
  if (type === kLink) return 'it is a link';
  if (type !== 0 && type !== kRegularFile) return 'it is no regular file';
  if (!entry.canDecodeFileData()) return `it is packed by method ${entry.compressionMethod}, which is not supported`;
  return undefined;
}

/** The bytes of an entry, against its checksum, which the library leaves to its caller. */
async function* checked(file: string, zip: ZipFile, entry: Entry): AsyncGenerator<Buffer, void, undefined> {
  let sum = 0;
  try {
    for await (const chunk of await zip.openReadStreamPromise(entry)) {
      sum = crc32(chunk as Buffer, sum);
      yield chunk as Buffer;
    }
    if (sum !== entry.crc32) throw new Error('its checksum is another one');
  } catch (error) {
    throw archiveError(file, error);
  }
}

/** The files in an archive, one after the other: nothing is written to a disk. */
export class ZipArchive {
  readonly excluded: ExcludedFile[] = [];
  readonly #name: string;
  readonly #zip: ZipFile;
  readonly #limit: ByteLimit;
  #packed = 0;

  private constructor(name: string, zip: ZipFile, limit: ByteLimit) {
    this.#name = name;
    this.#zip = zip;
    this.#limit = limit;
  }

  /** @throws InputFileError `CORRUPT_FILE`, `UNREADABLE_FILE` */
  static async open(name: string, source: string | Buffer, limit: ByteLimit): Promise<ZipArchive> {
    try {
      const zip = await (typeof source === 'string'
        ? openPromise(source, kOptions)
        : fromBufferPromise(source, kOptions));
      return new ZipArchive(name, zip, limit);
    } catch (error) {
      throw archiveError(name, error);
    }
  }

  /** @throws InputFileError `UNSAFE_ARCHIVE`, `ENCRYPTED_ARCHIVE`, `CORRUPT_FILE`, `INPUT_TOO_LARGE` */
  async *files(): AsyncGenerator<FileArgument, void, undefined> {
    try {
      for await (const entry of this.#zip.eachEntry()) {
        if (entry.fileName.endsWith('/')) continue;
        const file = `${this.#name}/${entry.fileName}`;
        this.#check(file, entry);
        const reason = reasonToSkip(entry);
        if (reason) this.exclude(file, reason);
        else yield this.#fileOf(file, entry);
      }
    } catch (error) {
      throw archiveError(this.#name, error);
    } finally {
      this.#zip.close();
    }
  }

  exclude(file: string, reason: string): void {
    this.excluded.push({ file, code: 'ARCHIVE_ENTRY', reason });
  }

  #check(file: string, entry: Entry): void {
    if (entry.isEncrypted()) {
      throw new InputFileError('ENCRYPTED_ARCHIVE', `${file} is encrypted`, {
        file,
        remedy: 'Unpack the archive with its password, and give the files.',
      });
    }
    this.#packed += entry.compressedSize;
    if (this.#packed > this.#zip.fileSize) throw unsafe(file, 'the entries up to this one overlap each other');
    const { compressedSize, uncompressedSize } = entry;
    if (uncompressedSize > kRatioCountsFrom && uncompressedSize > kBestRatio * compressedSize) {
      throw unsafe(file, `${compressedSize} bytes unpack to ${uncompressedSize}, which no scan does`);
    }
  }

  #fileOf(file: string, entry: Entry): FileArgument {
    const bytes = Readable.from(checked(file, this.#zip, entry), { objectMode: false });
    return new FileArgument(file, bytes, this.#limit);
  }
}
