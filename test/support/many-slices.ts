// The liver of a scan of 512×512×500 voxels, in a process of its own: what the memory's peak was. Prints JSON.
import { readSeries, segmentLiver, type Vector3 } from '../../src/index.js';

const [folder = '', precision] = process.argv.slice(2);
const scan = await readSeries(folder);
const size: Vector3 = [512, 512, 500];
const data = new Int16Array(size[0] * size[1] * size[2]);
const from = size.map((count, axis) =>
  Array.from({ length: count }, (_, i) => Math.floor((i * (scan.size[axis] as number)) / count)),
) as [number[], number[], number[]];
let index = 0;
for (const z of from[2]) {
  for (const y of from[1]) {
    const row = (z * scan.size[1] + y) * scan.size[0];
    for (const x of from[0]) data[index++] = scan.data[row + x] as number;
  }
}
const input = data.byteLength;
const spacing = scan.spacing.map((mm, axis) => (mm * (scan.size[axis] as number)) / (size[axis] as number));
const { origin, direction } = scan;
const volume = { data, size, spacing: spacing as unknown as Vector3, origin, direction, transfer: true };
scan.dispose();
const liver = await segmentLiver(volume, { precision: precision as 'bf16' | 'fp32' });
const { maxRSS } = process.resourceUsage();
console.log(JSON.stringify({ peak: maxRSS * 1024, input, volumeMl: liver.volumeMl }));
