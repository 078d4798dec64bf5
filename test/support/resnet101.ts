// ResNet101 as torchvision publishes it: an archive of torch.save (a zip of a pickle and one record a storage). All of its
// tensors are views of one storage, whose values a formula gives, so that the file is small.
import { writeFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';

const kBlocks = [3, 4, 23, 3];
/** Elements of the largest tensor, layer4's 3×3 kernels. */
const kElements = 512 * 512 * 9;

/** Shapes by name, in torchvision's order; `counters`: with those of batch norm. */
export function resnet101Shapes({ classes = 1000, counters = true } = {}): [string, readonly number[]][] {
  const shapes: [string, readonly number[]][] = [];
  const norm = (name: string, channels: number) => {
    for (const part of ['weight', 'bias', 'running_mean', 'running_var']) shapes.push([`${name}.${part}`, [channels]]);
    if (counters) shapes.push([`${name}.num_batches_tracked`, []]);
  };
  const conv = (name: string, to: number, from: number, kernel: number) =>
    shapes.push([`${name}.weight`, [to, from, kernel, kernel]]);
  conv('conv1', 64, 3, 7);
  norm('bn1', 64);
  let inputs = 64;
  for (const [stage, blocks] of kBlocks.entries()) {
    const width = 64 * 2 ** stage;
    for (let block = 0; block < blocks; block++) {
      const name = `layer${stage + 1}.${block}`;
      conv(`${name}.conv1`, width, inputs, 1);
      norm(`${name}.bn1`, width);
      conv(`${name}.conv2`, width, width, 3);
      norm(`${name}.bn2`, width);
      conv(`${name}.conv3`, 4 * width, width, 1);
      norm(`${name}.bn3`, 4 * width);
      if (block === 0) {
        conv(`${name}.downsample.0`, 4 * width, inputs, 1);
        norm(`${name}.downsample.1`, 4 * width);
      }
      inputs = 4 * width;
    }
  }
  shapes.push(['fc.weight', [classes, 2048]], ['fc.bias', [classes]]);
  return shapes;
}

/** From 0.01 to 0.03: positive, since variances are among them. */
function storage(): Buffer {
  const values = Float32Array.from({ length: kElements }, (_, i) => 0.01 + 0.02 * (((i * 7919) % 1009) / 1009));
  return Buffer.from(values.buffer);
}

const bytes = (...values: number[]) => Buffer.from(values);

function text(value: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(Buffer.byteLength(value));
  return Buffer.concat([Buffer.from('X'), length, Buffer.from(value)]);
}

function integer(value: number): Buffer {
  const four = Buffer.alloc(5);
  four.write('J');
  four.writeInt32LE(value, 1);
  return four;
}

const tuple = (...items: Buffer[]) => Buffer.concat([Buffer.from('('), ...items, Buffer.from('t')]);
const global = (module: string, name: string) => Buffer.from(`c${module}\n${name}\n`);
const emptyDictionary = Buffer.concat([global('collections', 'OrderedDict'), Buffer.from(')R')]);

/** Pickle protocol 2, as torch.save writes it. */
function tensor(shape: readonly number[]): Buffer {
  const [type, elements] = shape.length === 0 ? ['LongStorage', 1] : ['FloatStorage', kElements];
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  const id = tuple(text('storage'), global('torch', type), text(type), text('cpu'), integer(elements));
  const sizes = tuple(...shape.map(integer));
  const steps = tuple(...strides.map(integer));
  const parts = tuple(Buffer.concat([id, Buffer.from('Q')]), integer(0), sizes, steps, bytes(0x89), emptyDictionary);
  return Buffer.concat([global('torch._utils', '_rebuild_tensor_v2'), parts, Buffer.from('R')]);
}

function pickle(shapes: readonly [string, readonly number[]][]): Buffer {
  const items = shapes.map(([name, shape]) => Buffer.concat([text(name), tensor(shape)]));
  return Buffer.concat([bytes(0x80, 2), emptyDictionary, Buffer.from('('), ...items, Buffer.from('u.')]);
}

/** A zip whose records are stored as they are. */
function archive(records: readonly (readonly [string, Buffer])[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of records) {
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt32LE(crc32(content), 10);
    fields.writeUInt32LE(content.length, 14);
    fields.writeUInt32LE(content.length, 18);
    fields.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), fields, Buffer.from(name), content]);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02'), bytes(20, 0), fields, place, Buffer.from(name)]));
    parts.push(local);
    offset += local.length;
  }
  const listing = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06');
  end.writeUInt16LE(records.length, 8);
  end.writeUInt16LE(records.length, 10);
  end.writeUInt32LE(listing.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, listing, end]);
}

/** Writes tensors of these names and shapes to `path`, as torch.save does, and returns it. */
export function writeTorchArchive(path: string, shapes: readonly [string, readonly number[]][]): string {
  writeFileSync(
    path,
    archive([
      ['resnet/data.pkl', pickle(shapes)],
      ['resnet/data/FloatStorage', storage()],
      ['resnet/data/LongStorage', Buffer.alloc(8)],
      ['resnet/version', Buffer.from('3\n')],
    ]),
  );
  return path;
}
