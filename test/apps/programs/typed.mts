// Compiled under `nodenext` and `bundler`, then run.
import { HepaticaError, readSeries, type Segmentation, type SegmentOptions, segmentLiver } from 'hepatica';

const options: SegmentOptions = { device: 'auto', onProgress: ({ stage, fraction }) => void [stage, fraction] };

async function liverOf(path: string): Promise<Segmentation> {
  const volume = await readSeries(path);
  return segmentLiver(volume, options);
}

try {
  const liver = await liverOf(process.env.HEPATICA_APP_INPUT ?? '');
  const mask: Uint8Array = liver.mask;
  console.log(JSON.stringify({ volumeMl: liver.volumeMl, voxels: mask.length }));
} catch (error) {
  const code: string = error instanceof HepaticaError ? error.code : 'UNEXPECTED';
  console.error(code);
  process.exitCode = 1;
}
