// Zip archives, and what a hostile one says of its entries.
import { crc32, deflateRawSync } from 'node:zlib';

export interface ZipEntry {
  readonly name: string;
  readonly data: Uint8Array;
  /** Of the general purpose bit flag; 1: encrypted. */
  readonly flags?: number;
  /** 0: stored, 8 (default): deflated; others are said alone. */
  readonly method?: number;
  /** Of stat's st_mode. */
  readonly unixMode?: number;
  /** What the archive says instead of what is true. */
  readonly says?: { readonly crc?: number; readonly size?: number };
  /** The index of an entry whose data it claims to be its own. */
  readonly sharesDataOf?: number;
}

const kLocalHeader = 0x04034b50;
const kCentralHeader = 0x02014b50;
const kEnd = 0x06054b50;
const kUnix = 3 << 8;

/** Fields of 2 and 4 bytes, little endian. */
function fields(...values: readonly (readonly [number, 2 | 4])[]): Buffer {
  const bytes = Buffer.alloc(values.reduce((sum, [, size]) => sum + size, 0));
  let at = 0;
  for (const [value, size] of values) at = bytes.writeUIntLE(value, at, size);
  return bytes;
}

export function makeZip(entries: readonly ZipEntry[]): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  const offsets: number[] = [];
  let offset = 0;
  for (const entry of entries) {
    const { name, data, flags = 0, method = 8, unixMode = 0o100644, says = {} } = entry;
    const packed = method === 8 ? deflateRawSync(data) : Buffer.from(data);
    const named = Buffer.from(name);
    const common = fields(
      [20, 2],
      [flags, 2],
      [method, 2],
      [0, 4],
      [says.crc ?? crc32(data), 4],
      [packed.length, 4],
      [says.size ?? data.length, 4],
      [named.length, 2],
      [0, 2],
    );
    const local = Buffer.concat([fields([kLocalHeader, 4]), common, named, packed]);
    offsets.push(entry.sharesDataOf === undefined ? offset : (offsets[entry.sharesDataOf] as number));
    const rest = fields([0, 2], [0, 2], [0, 2], [unixMode * 2 ** 16, 4], [offsets.at(-1) as number, 4]);
    central.push(Buffer.concat([fields([kCentralHeader, 4], [kUnix + 20, 2]), common, rest, named]));
    if (entry.sharesDataOf !== undefined) continue;
    locals.push(local);
    offset += local.length;
  }
  const size = central.reduce((sum, { length }) => sum + length, 0);
  const count = entries.length;
  const end = fields([kEnd, 4], [0, 2], [0, 2], [count, 2], [count, 2], [size, 4], [offset, 4], [0, 2]);
  return Buffer.concat([...locals, ...central, end]);
}
