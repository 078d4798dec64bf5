// The README's program: reads a series, segments the liver, prints its volume.
import { readSeries, segmentLiver } from 'hepatica';

const volume = await readSeries(process.env.HEPATICA_APP_INPUT);
const liver = await segmentLiver(volume, { device: 'auto' });
console.log(JSON.stringify({ volumeMl: liver.volumeMl, device: liver.device, slices: volume.size[2] }));
