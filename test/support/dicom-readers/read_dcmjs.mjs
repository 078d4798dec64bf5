// Segments of a SEG as dcmjs reads them on their series: SHA-256 of each mask, slices by position.
// ARGS: folder of dcmjs's node_modules, SEG, folder of the series.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [modules, seg, series] = process.argv.slice(2);
const dcmjs = createRequire(join(modules, 'reader.js'))('dcmjs');
const { DicomMessage, DicomMetaDictionary, BitArray } = dcmjs.data;
dcmjs.log.setLevel('error');

function read(path) {
  const bytes = readFileSync(path);
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  return DicomMetaDictionary.naturalizeDataset(DicomMessage.readFile(buffer).dict);
}

const listOf = (value) => (Array.isArray(value) ? value : [value]);
const images = readdirSync(series).map((name) => read(join(series, name)));
const place = ({ ImageOrientationPatient: o, ImagePositionPatient: p }) =>
  p[0] * (o[1] * o[5] - o[2] * o[4]) + p[1] * (o[2] * o[3] - o[0] * o[5]) + p[2] * (o[0] * o[4] - o[1] * o[3]);
images.sort((a, b) => place(a) - place(b));
const indexOf = new Map(images.map(({ SOPInstanceUID }, index) => [SOPInstanceUID, index]));

const object = read(seg);
const pixels = object.Rows * object.Columns;
const bits = BitArray.unpack(new Uint8Array(listOf(object.PixelData)[0]));
const masks = listOf(object.SegmentSequence).map(() => new Uint8Array(pixels * images.length));
for (const [frame, groups] of listOf(object.PerFrameFunctionalGroupsSequence).entries()) {
  const { ReferencedSegmentNumber: number } = listOf(groups.SegmentIdentificationSequence)[0];
  const source = listOf(listOf(groups.DerivationImageSequence)[0].SourceImageSequence)[0];
  const z = indexOf.get(source.ReferencedSOPInstanceUID);
  const slice = bits.slice(frame * pixels, (frame + 1) * pixels).map((value) => (value === 0 ? 0 : 1));
  masks[number - 1].set(slice, z * pixels);
}
const digests = masks.map((mask) => createHash('sha256').update(mask).digest('hex'));
process.stdout.write(JSON.stringify(digests));
