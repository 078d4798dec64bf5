import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { InputFileError, unreadableFile } from '../errors.js';
import { refuseSpecialFile } from '../input/special-file.js';
import { refuseIncomplete } from '../output/commit.js';

/** A closed outline in one slice, as the native side takes it. */
export interface LabelPolygon {
  /** z index; −1 where only the UID is known. */
  readonly slice: number;
  readonly sopInstanceUid: string;
  readonly hole: boolean;
  /** What it outlines, as the file names it ("HCC"); empty where it says nothing. */
  readonly name: string;
  /** x, y in pixels, pixel centres at integers, flattened: [x0, y0, x1, y1, …]. */
  readonly points: readonly number[];
}

/** Files from outside: beyond these a label file is refused before it fills the memory. */
const kMaxFileBytes = 256 * 1024 * 1024;
const kMaxCoordinate = 1e5;

const coordinate = z.number().min(-kMaxCoordinate).max(kMaxCoordinate);
const flatPoints = z
  .array(coordinate)
  .min(6)
  .refine((points) => points.length % 2 === 0);

const objectName = z.string().max(64);

/** The project's own format, as `hepatica segment` writes it. */
const perimetersDocument = z.object({
  format: z.literal('hepatica-perimeters'),
  version: z.literal(1),
  slices: z.array(
    z.object({
      slice: z.int().min(0).max(1e6),
      sopInstanceUid: z.string().nullish(),
      polygons: z.array(
        z.object({ hole: z.boolean().default(false), type: objectName.default(''), points: flatPoints }),
      ),
    }),
  ),
});

/** VGG Image Annotator: an export of the whole project, or of the annotations alone. */
const viaRegion = z.object({
  shape_attributes: z.object({
    name: z.string(),
    all_points_x: z.array(coordinate).optional(),
    all_points_y: z.array(coordinate).optional(),
  }),
  region_attributes: z.object({ type: objectName.optional() }).optional(),
});
const viaImage = z.object({
  filename: z.string(),
  regions: z.union([
    z.array(viaRegion),
    z.record(z.string(), viaRegion).transform((regions) => Object.values(regions)),
  ]),
});
const viaImages = z.record(z.string(), viaImage);
const viaDocument = z.union([z.object({ _via_img_metadata: viaImages }), viaImages]);

/** labelme: one file a slice. */
const labelmeDocument = z.object({
  imagePath: z.string(),
  shapes: z.array(
    z.object({
      shape_type: z.string(),
      label: objectName.default(''),
      points: z.array(z.tuple([coordinate, coordinate])),
    }),
  ),
});

function malformed(file: string, field: string, reason: string): InputFileError {
  return new InputFileError('CORRUPT_LABEL', `The polygons in ${file} cannot be read: ${field} ${reason}`, {
    file,
    field,
    remedy: 'Expected hepatica perimeters (version 1), a VIA export or labelme files',
  });
}

/**
 * VIA and labelme name a picture, not a slice: `slice_012.png` and `12.png` are slice 12, and a name that is a UID is
 * one. Several numbers in a name: the last one counts.
 */
export function sliceOfName(name: string, file: string): { slice: number; sopInstanceUid: string } {
  const stem = (name.split(/[\\/]/).at(-1) ?? '').replace(/\.(png|jpe?g|tiff?|bmp|dcm|json)$/i, '');
  if (/^[0-2](\.(0|[1-9][0-9]*)){2,}$/.test(stem) && stem.length <= 64) return { slice: -1, sopInstanceUid: stem };
  const number = stem.match(/\d+/g)?.at(-1);
  if (number === undefined || number.length > 6) throw malformed(file, 'file name', `"${name}" names no slice`);
  return { slice: Number(number), sopInstanceUid: '' };
}

function perimeterPolygons(document: z.output<typeof perimetersDocument>): LabelPolygon[] {
  return document.slices.flatMap(({ slice, sopInstanceUid, polygons }) =>
    polygons.map(({ hole, type, points }) => ({
      slice,
      sopInstanceUid: sopInstanceUid ?? '',
      hole,
      name: type,
      points,
    })),
  );
}

/** Annotation tools put (0, 0) at the first pixel's corner; pixel centres lie half a pixel further in. */
const centred = (value: number) => value - 0.5;

function viaPolygons(document: z.output<typeof viaDocument>, file: string): LabelPolygon[] {
  const images = ('_via_img_metadata' in document ? document._via_img_metadata : document) as z.output<
    typeof viaImages
  >;
  return Object.values(images).flatMap(({ filename, regions }) =>
    regions.map(({ shape_attributes: shape, region_attributes: attributes }) => {
      const { all_points_x: x = [], all_points_y: y = [] } = shape;
      if (shape.name !== 'polygon' && shape.name !== 'polyline') {
        throw malformed(file, 'shape_attributes.name', `is "${shape.name}", not polygon or polyline`);
      }
      if (x.length !== y.length || x.length < 3) {
        throw malformed(file, 'all_points_x', 'and all_points_y are not equally many, and at least 3');
      }
      return {
        ...sliceOfName(filename, file),
        hole: false,
        name: attributes?.type ?? '',
        points: x.flatMap((value, i) => [centred(value), centred(y[i] as number)]),
      };
    }),
  );
}

function labelmePolygons(document: z.output<typeof labelmeDocument>, file: string): LabelPolygon[] {
  return document.shapes.map(({ shape_type: shape, label: name, points }) => {
    if (shape !== 'polygon' && shape !== 'linestrip') {
      throw malformed(file, 'shape_type', `is "${shape}", not polygon or linestrip`);
    }
    if (points.length < 3) throw malformed(file, 'points', 'are fewer than 3');
    return { ...sliceOfName(document.imagePath, file), hole: false, name, points: points.flat().map(centred) };
  });
}

/** The polygons of one parsed JSON document; its format is known by its keys. */
export function polygonsOf(document: unknown, file: string): LabelPolygon[] {
  const read = <Schema extends z.ZodType>(schema: Schema): z.output<Schema> => {
    const result = schema.safeParse(document);
    if (result.success) return result.data;
    const issue = result.error.issues[0];
    throw malformed(
      file,
      issue?.path.map(String).join('.') || 'the document',
      `is not as expected (${issue?.message})`,
    );
  };
  if (typeof document !== 'object' || document === null) throw malformed(file, 'the document', 'is no JSON object');
  if ('format' in document) return perimeterPolygons(read(perimetersDocument));
  if ('shapes' in document) return labelmePolygons(read(labelmeDocument), file);
  return viaPolygons(read(viaDocument), file);
}

async function jsonFilesOf(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => name.toLowerCase().endsWith('.json')).sort();
  return names.map((name) => join(path, name));
}

/** True where a label is given as polygons: a `.json` file, or a folder that holds some. */
export async function isPolygonLabel(path: string): Promise<boolean> {
  if (path.toLowerCase().endsWith('.json')) return true;
  const found = await stat(path).catch(() => null);
  return found?.isDirectory() === true && (await jsonFilesOf(path)).length > 0;
}

/**
 * Reads a label given as polygons: hepatica perimeters, a VIA export, or labelme files (one a slice), in one file or a
 * folder of files.
 *
 * @throws {@link InputFileError} `FILE_NOT_FOUND`, `UNREADABLE_FILE`, `CORRUPT_LABEL` (naming file and field)
 */
export async function readPolygons(path: string): Promise<LabelPolygon[]> {
  const unreadable = (cause: unknown) => {
    throw unreadableFile(path, cause);
  };
  const files = await jsonFilesOf(path).catch(unreadable);
  const polygons: LabelPolygon[][] = [];
  for (const file of files) {
    await refuseIncomplete(file);
    await refuseSpecialFile(file);
    const { size } = await stat(file).catch(unreadable);
    if (size > kMaxFileBytes) throw malformed(file, 'the file', 'is larger than 256 MiB');
    const text = await readFile(file, 'utf8').catch(unreadable);
    let document: unknown;
    try {
      document = JSON.parse(text);
    } catch {
      throw malformed(file, 'the file', 'is not JSON');
    }
    polygons.push(polygonsOf(document, file));
  }
  const all = polygons.flat();
  if (all.length === 0) throw malformed(path, 'polygons', 'are none');
  return all;
}
