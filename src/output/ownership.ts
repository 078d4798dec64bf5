import { createReadStream } from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { crc32, createGunzip } from 'node:zlib';
import { OutputError } from '../errors.js';
import { isMeshName, isOwnMesh } from '../mesh/mark.js';
import { refuseInputs } from './guard.js';

const kNiftiHeaderBytes = 348;
const kNiftiDataOffset = 352;
const kDescription = { begin: 148, end: 228 } as const;
const kChecksum = { begin: 228, end: 252 } as const;
/** As native/nifti/write.cpp writes it, the checksum too. */
const kNiftiMark = 'hepatica';
const kDicomPreambleBytes = 128;
const kMaxMetadataBytes = 64 * 1024 * 1024;

/** The first bytes of a file, unpacked where it is gzipped; fewer where it is shorter or damaged. */
async function firstBytes(path: string, count: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let have = 0;
  const source = createReadStream(path, { end: 64 * 1024 });
  const collect = async (stream: AsyncIterable<Buffer>) => {
    for await (const chunk of stream) {
      chunks.push(chunk);
      have += chunk.length;
      if (have >= count) return;
    }
  };
  const run = path.toLowerCase().endsWith('.gz')
    ? pipeline(source, createGunzip(), collect)
    : pipeline(source, collect);
  // The file is cut on purpose; what came before the end is what is looked at.
  await run.catch(() => undefined);
  return Buffer.concat(chunks).subarray(0, count);
}

/** CRC-32 of what lies behind a NIfTI file's header, going on from `sum`; undefined where the file is damaged. */
async function checksumOfVoxels(path: string, sum: number): Promise<number | undefined> {
  let at = 0;
  const add = async (stream: AsyncIterable<Buffer>) => {
    for await (const chunk of stream) {
      sum = crc32(chunk.subarray(Math.max(0, kNiftiDataOffset - at)), sum);
      at += chunk.length;
    }
  };
  const source = createReadStream(path);
  const isPacked = path.toLowerCase().endsWith('.gz');
  const read = isPacked ? pipeline(source, createGunzip(), add) : pipeline(source, add);
  return read.then(
    () => sum,
    () => undefined,
  );
}

/** Written by hepatica, and not changed since: an edited mask is its editor's. */
async function isOwnNifti(path: string): Promise<boolean> {
  const header = await firstBytes(path, kNiftiHeaderBytes);
  const text = ({ begin, end }: { begin: number; end: number }) => header.toString('latin1', begin, end).split('\0')[0];
  if (header.length < kNiftiHeaderBytes || text(kDescription) !== kNiftiMark) return false;
  const written = text(kChecksum);
  header.fill(0, kChecksum.begin, kChecksum.end);
  const found = await checksumOfVoxels(path, crc32(header));
  return found !== undefined && written === `crc32:${found.toString(16).padStart(8, '0')}`;
}

/** The metadata of a safetensors file, or undefined where it is none. */
export async function safetensorsMetadata(path: string): Promise<Readonly<Record<string, string>> | undefined> {
  const file = await open(path).catch(() => undefined);
  if (!file) return undefined;
  try {
    const length = Buffer.alloc(8);
    if ((await file.read(length, 0, 8, 0)).bytesRead < 8) return undefined;
    const bytes = length.readBigUInt64LE();
    if (bytes > kMaxMetadataBytes) return undefined;
    const text = Buffer.alloc(Number(bytes));
    if ((await file.read(text, 0, text.length, 8)).bytesRead < text.length) return undefined;
    const { __metadata__: metadata } = JSON.parse(text.toString('utf8')) as { __metadata__?: Record<string, string> };
    return metadata ?? {};
  } catch {
    return undefined;
  } finally {
    await file.close();
  }
}

/** Weights of hepatica's networks, and checkpoints of its trainings. */
async function isOwnSafetensors(path: string): Promise<boolean> {
  const { kind, architecture, format } = (await safetensorsMetadata(path)) ?? {};
  return (kind !== undefined && architecture !== undefined) || (format?.startsWith('hepatica-training-') ?? false);
}

export function outputExists(path: string, remedy: string, why = 'which hepatica did not write'): OutputError {
  const message = `Expected nothing that is to be kept where the output goes, received ${path}, ${why}`;
  return new OutputError('OUTPUT_EXISTS', message, { file: path, remedy });
}

/** As native/dicom/objects/derived_object.cpp marks what it writes: in the preamble, with a checksum of what follows. */
async function isOwnDicom(path: string): Promise<boolean> {
  const preamble = (await firstBytes(path, kDicomPreambleBytes)).toString('latin1');
  const written = /^hepatica crc32:([0-9a-f]{8})\0/.exec(preamble)?.[1];
  if (written === undefined) return false;
  let sum = 0;
  for await (const chunk of createReadStream(path, { start: kDicomPreambleBytes })) sum = crc32(chunk as Buffer, sum);
  return sum === Number.parseInt(written, 16);
}

/** Whether a file has the marks of one that hepatica wrote. */
async function isOwnFile(path: string): Promise<boolean> {
  if (isMeshName(path)) return isOwnMesh(path);
  if (path.endsWith('.safetensors')) return isOwnSafetensors(path);
  return (await isOwnDicom(path)) || isOwnNifti(path);
}

/**
 * What a writer of the library must not destroy: an input of what it writes, and, unless told to, a file that hepatica
 * did not write.
 *
 * @throws {@link OutputError} `OUTPUT_IS_INPUT`, `OUTPUT_EXISTS`
 */
export async function checkTargetFile(path: string, inputs: readonly string[], overwrite = false): Promise<void> {
  await refuseInputs([path], inputs);
  const present = await lstat(path).catch(() => undefined);
  // That a folder cannot be replaced by a file the writer itself says.
  if (!present || present.isDirectory() || overwrite || (present.isFile() && (await isOwnFile(path)))) return;
  throw outputExists(path, 'Move it away, write elsewhere, or replace it with the option overwrite: true.');
}
