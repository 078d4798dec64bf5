import { rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { InvalidArgumentError, OutputError } from '../errors.js';
import { checkTargetFile } from '../output/ownership.js';
import { sourcesOf } from '../output/sources.js';
import { stagingName } from '../output/staging.js';
import { checkOptions, checkPath, invalidArgument } from '../schema/check.js';
import { packMeshOptions, writeMeshOptions } from '../schema/files.js';
import { segmentedMaskArgument } from '../segment/segmentation.js';
import type {
  LesionClassification,
  MaskInput,
  MeshBytes,
  MeshFacts,
  PackMeshOptions,
  Segmentation,
  Warning,
  WriteMeshOptions,
  WrittenMesh,
} from '../types.js';
import { isMeshName, isPlyName, kUnmarked, markMesh } from './mark.js';
import { surfaceOf, volumeMm3 } from './surface.js';
import { plyBytes, stlBytes } from './vtk.js';

/** Under a temporary name in the same folder, then renamed. */
async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const draft = join(dirname(path), stagingName());
  try {
    await writeFile(draft, bytes, { flush: true });
    await rename(draft, path);
  } catch (cause) {
    await rm(draft, { force: true }).catch(() => undefined);
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new OutputError('OUTPUT_UNWRITABLE', `Cannot write ${path}: ${reason}`, {
      file: path,
      remedy: 'Choose a folder that you may write to, on a disk with space.',
      cause,
    });
  }
}

function empty(value: number | undefined): InvalidArgumentError {
  const wanted = value === undefined ? 'voxels that are not 0' : `voxels of ${value}`;
  return new InvalidArgumentError('INVALID_ARGUMENT', `Expected mask to have ${wanted}, received one without`, {
    field: value === undefined ? 'mask' : 'value',
    remedy: 'Nothing has no surface: ask whether anything was found before.',
  });
}

const kCut: Warning = {
  code: 'CUT_SURFACE',
  message: 'The mask reaches the border of its grid: the surface is closed there, and what lies beyond is missing',
};

interface MadeMesh {
  readonly bytes: Uint8Array;
  readonly facts: MeshFacts;
}

async function makeMesh(mask: Meshed, isPly: boolean, { value, signal }: PackMeshOptions): Promise<MadeMesh> {
  const { size, spacing, origin, direction } = mask;
  const data = 'mask' in mask ? mask.mask : mask.data;
  const belongs = (voxel: number) => value === undefined || voxel === value;
  const nap = async () => {
    await nextTurn();
    signal?.throwIfAborted();
  };
  const surface = await surfaceOf({ size, spacing, origin, direction, data }, belongs, nap);
  if (!surface) throw empty(value);
  await nap();
  const file = isPly ? plyBytes(surface, kUnmarked) : await stlBytes(surface, nap);
  const facts = {
    triangles: surface.triangles.length / 3,
    volumeMl: volumeMm3(surface) / 1000,
    warnings: surface.isCut ? [kCut] : [],
  };
  return { bytes: markMesh(file, isPly), facts };
}

type Meshed = MaskInput | Segmentation | LesionClassification;

/**
 * Writes the surface of a mask, a liver or a lesion, for printing and planning: STL or PLY by the name's ending, binary,
 * mm, LPS (DICOM's patient coordinates; the header says so). The surface, by marching cubes, is closed, also where the
 * mask reaches the border of the scan, and encloses the volume of its voxels within two percent from twenty voxels on.
 * It is not smoothed: the steps of thick slices are seen.
 *
 * The scan or mask that it comes from is never replaced, and a file that hepatica did not write only with `overwrite`.
 *
 * @param path - null: no file is written, and its bytes are in `data`
 * @param mask - of a result, its mask; of lesions, choose one by `value`
 * @throws {@link InvalidArgumentError} `INVALID_ARGUMENT` where the mask has no such voxel, `DISPOSED`;
 *   {@link OutputError} `OUTPUT_UNWRITABLE`, `OUTPUT_IS_INPUT`, `OUTPUT_EXISTS`
 */
export async function writeMesh(path: string, mask: Meshed, options?: WriteMeshOptions): Promise<WrittenMesh>;
/** The same in memory. */
export async function writeMesh(path: null, mask: Meshed, options?: PackMeshOptions): Promise<MeshBytes>;
export async function writeMesh(
  path: string | null,
  mask: Meshed,
  options: WriteMeshOptions & PackMeshOptions = {},
): Promise<WrittenMesh | MeshBytes> {
  if (path === null) {
    const { format, ...checked } = checkOptions(packMeshOptions, options);
    segmentedMaskArgument('mask', mask);
    checked.signal?.throwIfAborted();
    const { bytes, facts } = await makeMesh(mask, format === 'ply', checked as PackMeshOptions);
    return { data: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), ...facts };
  }
  checkPath('path', path);
  if (!isMeshName(path)) throw invalidArgument('path', 'a name that ends in .stl or .ply', path);
  const { overwrite, ...checked } = checkOptions(writeMeshOptions, options);
  segmentedMaskArgument('mask', mask);
  checked.signal?.throwIfAborted();
  await checkTargetFile(path, sourcesOf(mask), overwrite);
  const { bytes, facts } = await makeMesh(mask, isPlyName(path), checked as PackMeshOptions);
  await writeWhole(path, bytes);
  return { file: path, ...facts };
}
