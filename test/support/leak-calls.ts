// Calls of every kind, and with every end, for the search for leaks.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  evaluateSegmentation,
  HepaticaError,
  loadModel,
  type Model,
  type Progress,
  preprocess,
  readMask,
  readVolume,
  segmentStructure,
  tracePerimeters,
  writeMask,
  writeVolume,
} from '../../src/index.js';
import { writeThresholdModel } from './models.js';
import { rejection } from './rejections.js';
import { kOrganHu, makePhantom } from './volumes.js';

/** 2.5 MiB a volume, 1.25 MiB a mask: one kind of call that keeps its own each time stands out of the noise. */
const kSize = [128, 128, 80] as const;
/** mm; the networks compute pixels of 1 mm, few of them here. */
const kSpacing = [0.25, 0.25, 2] as const;

export type Call = () => Promise<unknown>;

interface Files {
  /** Quick to compute with. */
  readonly quick: string;
  /** 1.6 MiB of weights, slow to compute with. */
  readonly slow: string;
  readonly broken: string;
  readonly volume: string;
  readonly mask: string;
  readonly written: string;
}

const volume = makePhantom({ size: kSize, spacing: kSpacing, organRadius: 24 });
const { data: voxels, ...geometry } = volume;
const mask = { ...geometry, data: Uint8Array.from(voxels, (hu) => Number(hu === kOrganHu)) };
const elsewhere = { ...mask, origin: [0, 0, 500] } as const;
const tooShort = { ...mask, data: mask.data.subarray(1) };

async function writeFiles(folder: string): Promise<Files> {
  mkdirSync(folder, { recursive: true });
  const files = {
    quick: writeThresholdModel(join(folder, 'quick.safetensors')),
    slow: writeThresholdModel(join(folder, 'slow.safetensors'), 5),
    broken: join(folder, 'broken.nii.gz'),
    volume: join(folder, 'volume.nii.gz'),
    mask: join(folder, 'mask.nii.gz'),
    written: join(folder, 'written.nii.gz'),
  };
  writeFileSync(files.broken, 'no scan at all');
  await writeVolume(files.volume, volume, { overwrite: true });
  await writeMask(files.mask, mask, { overwrite: true });
  return files;
}

/** Waits for the end of a call that is aborted in the first turn of the event loop after it began. */
async function abortInFlight(start: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
  const controller = new AbortController();
  const call = start(controller.signal);
  setImmediate(() => controller.abort('no more'));
  const reason = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (controller.signal.aborted && reason !== 'no more') throw reason ?? new Error('an aborted call resolved');
}

async function readsItsVoxels(file: string): Promise<void> {
  const { data } = await readVolume(file);
  if (data.length !== voxels.length) throw new Error(`${data.length} voxels`);
}

async function fails(call: Promise<unknown>, code: string): Promise<void> {
  await rejection(call, HepaticaError, code);
}

function throwOnProgress(_: Progress): never {
  throw new RangeError('on purpose');
}

async function rejects(call: Promise<unknown>): Promise<void> {
  const failed = await call.then(
    () => false,
    () => true,
  );
  if (!failed) throw new Error('a call resolved that should have rejected');
}

function succeeding({ quick, slow, volume: scan, mask: label, written }: Files, model: Model): readonly Call[] {
  return [
    async () => (await preprocess(volume)).dispose(),
    async () => (await preprocess(volume, { equalization: 'clahe' })).data.length,
    async () => evaluateSegmentation(mask, mask),
    async () => tracePerimeters(mask),
    async () => writeMask(written, mask, { overwrite: true }),
    async () => (await readMask(label)).dispose(),
    async () => (await readMask(label)).data.length,
    async () => (await readVolume(scan)).dispose(),
    async () => readsItsVoxels(scan),
    async () => (await segmentStructure(volume, { model })).dispose(),
    async () => (await segmentStructure(await readVolume(scan), { model })).mask.length,
    async () => (await loadModel(slow)).dispose(),
    async () => loadModel(slow),
    async () => (await loadModel(quick)).dispose(),
  ];
}

function failing(files: Files, slowModel: Model, disposed: Model): readonly Call[] {
  const aborted = AbortSignal.abort('never begun');
  return [
    async () => rejects(segmentStructure(volume, { model: slowModel, signal: aborted })),
    async () => rejects(readVolume(files.volume, { signal: aborted })),
    async () => abortInFlight((signal) => preprocess(volume, { signal })),
    async () => abortInFlight((signal) => readVolume(files.volume, { signal })),
    async () => abortInFlight((signal) => segmentStructure(volume, { model: slowModel, signal, onProgress: () => {} })),
    async () => rejects(preprocess(volume, { onProgress: throwOnProgress })),
    async () => fails(readMask(files.broken), 'NOT_NIFTI'),
    async () => fails(loadModel(files.volume), 'NOT_SAFETENSORS'),
    async () => fails(evaluateSegmentation(mask, elsewhere), 'GEOMETRY_MISMATCH'),
    async () => fails(tracePerimeters(tooShort), 'INVALID_ARGUMENT'),
    async () => fails(segmentStructure(volume, { model: disposed }), 'DISPOSED'),
  ];
}

/** One call of each kind; what they read and write lies in `folder`. */
export async function makeCalls(folder: string): Promise<readonly Call[]> {
  const files = await writeFiles(folder);
  const disposed = await loadModel(files.quick);
  disposed.dispose();
  return [...succeeding(files, await loadModel(files.quick)), ...failing(files, await loadModel(files.slow), disposed)];
}
