import { randomUUID } from 'node:crypto';
import { runJobOn } from '../native/job.js';
import { refuseInputs } from '../output/guard.js';
import { sourcesOf } from '../output/sources.js';
import { checkOptions, checkPath } from '../schema/check.js';
import { seriesAttributes, writeSeriesOptions } from '../schema/files.js';
import type { SeriesAttributes, VolumeInput, WriteSeriesOptions, WrittenSeries } from '../types.js';
import { NativeVolume, volumeArgument } from '../volume/volume.js';

/** A random UUID as a UID (PS3.5 annex B.2). */
function randomUid(): string {
  return `2.25.${BigInt(`0x${randomUUID().replaceAll('-', '')}`)}`;
}

/** What was done to the voxels since they were scanned; empty where they are as the scanner stored them. */
function derivationOf(volume: VolumeInput): string {
  if (!(volume instanceof NativeVolume)) return 'Voxels given by a program; how they were made is not known';
  const { report } = volume;
  if (!report) return 'Voxels without the DICOM objects that they came from';
  const done: string[] = [];
  if (report.interpolated.length > 0) done.push(`Slices interpolated: ${report.interpolated.length}`);
  if (report.repairs.length > 0) done.push(`Mended when read: ${report.repairs.map(({ code }) => code).join(', ')}`);
  if (NativeVolume.wasHandedOut(volume)) done.push('Voxels were given to a program, which may have changed them');
  return done.join('. ').slice(0, 1024);
}

/**
 * Writes a volume as a CT series in DICOM (CT Image Storage, Explicit VR Little Endian), one file a slice: into a hidden
 * folder beside `folder`, which is renamed once the series is whole. HU are rounded to integers. The objects are
 * `ORIGINAL\PRIMARY` only for a volume from `readSeries` that nothing was done to; any other is `DERIVED\SECONDARY`
 * with a DerivationDescription.
 *
 * UIDs that are not given are version-5 UUIDs over voxels, geometry and attributes: the same input gives the same files
 * to the byte, and series that differ in anything share no UID.
 *
 * @param folder - made where it is absent; one that is not empty is refused
 * @param attributes - what is known of patient and study; what is not given is written as an empty element
 * @returns the files, in the order of z, their UIDs, and warnings (`CLAMPED_HU` with the number of voxels below −1024 HU)
 * @throws {@link OutputError} `OUTPUT_EXISTS`, `OUTPUT_IS_INPUT`, `OUTPUT_UNWRITABLE`
 */
export async function writeSeries(
  folder: string,
  volume: VolumeInput,
  attributes: SeriesAttributes = {},
  options: WriteSeriesOptions = {},
): Promise<WrittenSeries> {
  checkPath('folder', folder);
  const given = checkOptions(seriesAttributes, attributes);
  const { uids } = checkOptions(writeSeriesOptions, options);
  const voxels = volumeArgument(volume);
  const random = uids === 'random';
  const all = {
    ...(random && {
      studyInstanceUid: randomUid(),
      seriesInstanceUid: randomUid(),
      frameOfReferenceUid: randomUid(),
    }),
    derivation: derivationOf(volume),
    ...given,
  };
  const texts: Record<string, string> = {};
  for (const [name, text] of Object.entries(all)) if (text !== undefined) texts[name] = text;
  const lossy = volume instanceof NativeVolume && volume.report?.lossy === true;
  return runJobOn(
    [voxels],
    options,
    (native, control, handle) => native.writeCtSeries(folder, handle, texts, { lossy }, control),
    () => refuseInputs([folder], sourcesOf(volume)),
  );
}
