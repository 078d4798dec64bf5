// Series with livers and lesions of a known answer, each of another patient, and networks that find them at once.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { identityOf } from '../../../packages/worker/src/job.js';
import {
  classifyLesions,
  loadModel,
  readSeries,
  segmentLiver,
  type WrittenSeries,
  writeReport,
  writeSegmentation,
  writeSeries,
} from '../../../src/index.js';
import { writeLesionModel } from '../lesion-model.js';
import { writeThresholdModel } from '../models.js';
import { forEachVoxel, makePhantom } from '../volumes.js';

export interface PhantomSeries extends WrittenSeries {
  readonly folder: string;
}

/** Of a seed, which is where the lesion lies. */
export function writePhantomSeries(
  folder: string,
  seed: number,
  size: readonly [number, number, number],
): Promise<PhantomSeries> {
  const volume = makePhantom({
    size,
    organRadius: size[2] * 0.9,
    organCentre: [size[0] * 0.4, size[1] / 2, size[2] / 2],
  });
  const angle = seed * 2.4;
  const [x0, y0] = [size[0] * 0.4 + 8 * Math.cos(angle), size[1] / 2 + 8 * Math.sin(angle)];
  forEachVoxel(size, (index, x, y, z) => {
    if (Math.hypot(x - x0, y - y0, z - size[2] / 2) <= 4 + (seed % 3)) volume.data[index] = 395;
  });
  const attributes = { patientId: `P${seed}`, patientName: `Phantom^${seed}`, studyDate: '20260102' };
  return writeSeries(folder, volume, attributes).then((written) => ({ ...written, folder }));
}

export interface NetworkFiles {
  readonly model: string;
  readonly lesionModel: string;
}

export function writeNetworks(folder: string): NetworkFiles {
  return {
    model: writeThresholdModel(join(folder, 'liver.safetensors')),
    lesionModel: writeLesionModel(join(folder, 'lesions.safetensors')),
  };
}

/** SEG and SR as one process makes them that reads the folder. */
export async function expectedObjects(series: readonly PhantomSeries[], files: NetworkFiles): Promise<Buffer[][]> {
  const [model, lesionModel] = [await loadModel(files.model), await loadModel(files.lesionModel)];
  const all: Buffer[][] = [];
  for (const { folder } of series) {
    const liver = await segmentLiver(await readSeries(folder), { model });
    const found = await classifyLesions(liver, { model: lesionModel });
    const options = { identity: identityOf({ options: {} }) };
    all.push([(await writeSegmentation(null, found, options)).data, (await writeReport(null, found, options)).data]);
  }
  return all;
}

export function filesOf(series: PhantomSeries): Buffer[] {
  return series.files.map((file) => readFileSync(file));
}
