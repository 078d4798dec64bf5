import { describeOctant, kLesionTypes } from '../lesions/lesion-types.js';
import { manifest } from '../loading/packages.js';
import { describeNetworks } from '../models/networks.js';
import type { NativeFindings } from '../native/findings.js';
import { runJobOn } from '../native/job.js';
import { checkTargetFile } from '../output/ownership.js';
import { sourcesOf } from '../output/sources.js';
import { type RgbPictures, rgbPictures } from '../render/rgb-pictures.js';
import { checkOptions, checkPath, invalidArgument } from '../schema/check.js';
import { writeDicomOptions } from '../schema/files.js';
import { describeContrast } from '../segment/contrast.js';
import { segmentedMaskArgument } from '../segment/segmentation.js';
import type {
  DicomFindings,
  DicomObject,
  Lesion,
  LesionClassification,
  MakeDicomOptions,
  ModelIdentity,
  Segmentation,
  SourceIdentity,
  Warning,
  WriteDicomOptions,
  WrittenDicomObject,
} from '../types.js';
import { sourceOf } from './dicom-source.js';

type DicomObjectKind = 'seg' | 'sr' | 'rtstruct' | 'sc';

function lesionOf(lesion: Lesion): NativeFindings['lesions'][number] {
  const { id, detectionProbability, volumeMl, diameterMm, perpendicularMm, diameterSlice, meanHu, sdHu } = lesion;
  const { recistMeasurable, surfaceDistanceMm, octant } = lesion;
  const type = lesion.indeterminate ? '' : lesion.type;
  return {
    ...{ id, type, detectionProbability, volumeMl, diameterMm, perpendicularMm, diameterSlice, meanHu, sdHu },
    ...{ recistMeasurable, surfaceDistanceMm, place: octant ? describeOctant(octant) : '' },
    probabilities: kLesionTypes.map((name) => lesion.probabilities[name]),
    boxes: lesion.slices.flatMap(({ slice, box }) => [slice, ...box.min, ...box.max]),
  };
}

function networkOf(task: string, model: ModelIdentity | undefined): NativeFindings['networks'] {
  return model ? [{ task, kind: describeNetworks(model), version: model.version, sha256: model.sha256 }] : [];
}

/** The date and the time of day in UTC, as DICOM writes them. */
function dicomDate(date: Date | undefined): { readonly date: string; readonly time: string } {
  const [day = '', time = ''] = date?.toISOString().split('T') ?? [];
  return { date: day.replaceAll('-', ''), time: time.slice(0, 8).replaceAll(':', '') };
}

function nativeFindings(findings: DicomFindings, options: MakeDicomOptions): Omit<NativeFindings, 'pictures'> {
  const classified = 'lesions' in findings ? findings : undefined;
  const structure = (classified?.liver ?? findings) as Segmentation;
  return {
    source: sourceOf(findings),
    structure: structure.structure ?? 'liver',
    lesions: classified?.lesions.map(lesionOf) ?? [],
    networks: [
      ...networkOf(structure.structure ?? 'liver', structure.model),
      ...(classified ? networkOf('lesions', classified.model) : []),
    ],
    doubts: ('plausibilityReasons' in findings ? findings.plausibilityReasons : []).map(({ message }) => message),
    contrast: 'contrast' in findings && findings.contrast ? describeContrast(findings.contrast) : '',
    softwareVersion: manifest.version,
    ...dicomDate(options.date),
    deidentify: options.deidentify ?? false,
    identity: options.identity ?? '',
  };
}

function checkFindings(findings: unknown): asserts findings is DicomFindings {
  if (typeof findings === 'object' && findings !== null && ('mask' in findings || 'data' in findings)) return;
  throw invalidArgument('findings', 'a result, or a mask with its source', findings);
}

/** An object names its images by their UIDs: where several slices share one, readers cannot tell which is meant. */
function warningsOfSource({ instances }: SourceIdentity): Warning[] {
  const named = new Set(instances.map(({ sopInstanceUid, frame }) => `${sopInstanceUid}/${frame}`));
  if (named.size === instances.length) return [];
  const message =
    `The ${instances.length} images that the object refers to share ${named.size} SOPInstanceUIDs: ` +
    'other programs may show it on the wrong ones';
  return [{ code: 'SHARED_SOP_INSTANCE_UID', message }];
}

/** Makes an object, in a file or in memory. */
async function makeDicomObject(
  kind: DicomObjectKind,
  path: string | null,
  findings: DicomFindings,
  options: WriteDicomOptions,
): Promise<WrittenDicomObject | DicomObject> {
  if (path !== null) checkPath('path', path);
  const { overwrite } = checkOptions(writeDicomOptions, options);
  checkFindings(findings);
  if (kind === 'sc' && !('volume' in findings)) throw invalidArgument('findings', 'a result with its volume', findings);
  const content = nativeFindings(findings, options);
  const { lesions, liver } = findings as Partial<LesionClassification>;
  const structure = segmentedMaskArgument('findings', lesions ? liver : findings);
  const lesionMask = lesions ? segmentedMaskArgument('findings', findings) : null;
  let pictures: RgbPictures | null = null;
  const { data, ...identity } = await runJobOn(
    [structure, lesionMask],
    options,
    (native, control, structureHandle, lesionHandle) =>
      native.makeDicomObject(kind, path ?? '', { ...content, pictures }, structureHandle, lesionHandle, control),
    async () => {
      if (path !== null) await checkTargetFile(path, sourcesOf(findings), overwrite);
      if (kind === 'sc') pictures = await rgbPictures(findings as Segmentation, options.signal);
    },
  );
  const warnings = warningsOfSource(content.source);
  if (path !== null) return { file: path, ...identity, warnings };
  return {
    data: Buffer.from((data as Uint8Array).buffer, data?.byteOffset, data?.byteLength),
    ...identity,
    warnings,
  };
}

/**
 * Writes a DICOM Segmentation (SEG, BINARY) on the grid of the source series: one segment for each lesion and one for the
 * rest of the structure, coded in SNOMED CT, with the tracking identifiers of `writeReport`. No voxel is in two
 * segments, and slices without a segment are left out. The object is of the patient and the study that the volume came
 * from, and refers to its images; in it stands that it is for research use only.
 *
 * @param path - null: no file is written, and the object is in `data`
 * @param findings - a result of `segmentLiver`, `segmentStructure` or `classifyLesions`, or a mask with its `source`
 * @throws {@link InvalidArgumentError} `NO_DICOM_SOURCE` where the volume did not come from DICOM, or its series lacks UIDs
 *   to refer to, `GEOMETRY_MISMATCH` where the mask does not lie on its grid; {@link OutputError} `OUTPUT_EXISTS`, `OUTPUT_IS_INPUT`,
 *   `OUTPUT_UNWRITABLE`
 */
export function writeSegmentation(
  path: string,
  findings: DicomFindings,
  options?: WriteDicomOptions,
): Promise<WrittenDicomObject>;
/** The same Segmentation in memory, for STOW-RS. */
export function writeSegmentation(
  path: null,
  findings: DicomFindings,
  options?: MakeDicomOptions,
): Promise<DicomObject>;
export async function writeSegmentation(
  path: string | null,
  findings: DicomFindings,
  options: WriteDicomOptions = {},
): Promise<WrittenDicomObject | DicomObject> {
  return makeDicomObject('seg', path, findings, options);
}

/**
 * Writes a DICOM Structured Report (Comprehensive 3D SR, TID 1500): for the structure and each lesion what was measured
 * (TID 1411), with the segment of `writeSegmentation` that it was measured in, and the lesions' boxes in the images
 * (TID 1410). It is preliminary and unverified, and says which networks made it and what was doubtful.
 *
 * @param path - null: no file is written, and the object is in `data`
 * @throws as `writeSegmentation`
 */
export function writeReport(
  path: string,
  findings: DicomFindings,
  options?: WriteDicomOptions,
): Promise<WrittenDicomObject>;
/** The same Structured Report in memory, for STOW-RS. */
export function writeReport(path: null, findings: DicomFindings, options?: MakeDicomOptions): Promise<DicomObject>;
export async function writeReport(
  path: string | null,
  findings: DicomFindings,
  options: WriteDicomOptions = {},
): Promise<WrittenDicomObject | DicomObject> {
  return makeDicomObject('sr', path, findings, options);
}

/**
 * Writes a DICOM RT Structure Set: closed planar contours of the structure and each lesion on the slices of the source
 * series; a hole is joined to its outline by a channel of no width (keyhole).
 *
 * @param path - null: no file is written, and the object is in `data`
 * @throws as `writeSegmentation`
 */
export function writeStructureSet(
  path: string,
  findings: DicomFindings,
  options?: WriteDicomOptions,
): Promise<WrittenDicomObject>;
/** The same RT Structure Set in memory, for STOW-RS. */
export function writeStructureSet(
  path: null,
  findings: DicomFindings,
  options?: MakeDicomOptions,
): Promise<DicomObject>;
export async function writeStructureSet(
  path: string | null,
  findings: DicomFindings,
  options: WriteDicomOptions = {},
): Promise<WrittenDicomObject | DicomObject> {
  return makeDicomObject('rtstruct', path, findings, options);
}

/**
 * Writes the pictures of `renderOverlay` as DICOM Secondary Capture (multi-frame, true colour), for viewers without
 * segmentations: the slices with the structure, in the order of the source, perimeters, boxes and the notice that it is
 * for research use only burned in, and flagged so.
 *
 * @param path - null: no file is written, and the object is in `data`
 * @throws as `writeSegmentation`; {@link NativeLoadError} `CANVAS_NOT_FOUND`
 */
export function writeSecondaryCapture(
  path: string,
  findings: Segmentation | LesionClassification,
  options?: WriteDicomOptions,
): Promise<WrittenDicomObject>;
/** The same Secondary Capture in memory, for STOW-RS. */
export function writeSecondaryCapture(
  path: null,
  findings: Segmentation | LesionClassification,
  options?: MakeDicomOptions,
): Promise<DicomObject>;
export async function writeSecondaryCapture(
  path: string | null,
  findings: Segmentation | LesionClassification,
  options: WriteDicomOptions = {},
): Promise<WrittenDicomObject | DicomObject> {
  return makeDicomObject('sc', path, findings, options);
}
