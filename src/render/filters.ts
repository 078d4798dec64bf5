import type { Canvas } from '@napi-rs/canvas';
import { InvalidArgumentError } from '../errors.js';
import { liverModel, modelArgument } from '../models/model.js';
import type { NativeFeatureMaps } from '../native/binding.js';
import { runJobOn } from '../native/job.js';
import { loadWarnings } from '../native/load.js';
import { checkOptions } from '../schema/check.js';
import { renderFiltersOptions } from '../schema/render.js';
import { checkStructure, segmentedMaskArgument } from '../segment/segmentation.js';
import type { Model, RenderFiltersOptions, Segmentation, VolumeInput, Warning } from '../types.js';
import { checkSameGrid } from '../volume/geometry.js';
import { volumeArgument } from '../volume/volume.js';
import { joinWarnings, warningsOf } from '../warnings.js';
import { drawGreySlice, kFontFamily, makeCanvas } from './canvas.js';
import { drawPictures } from './encode.js';

/** The filters, or a layer's activation maps, or a part of them where they fill more than one page. */
export interface FilterPage {
  /** `filters`, or the layer's name. */
  readonly layer: string;
  /** From 1, among the pages of its layer. */
  readonly part: number;
  /** A PNG file. */
  readonly png: Uint8Array;
  /** Pixels: 1600. */
  readonly width: number;
  /** Pixels: at most 1200. */
  readonly height: number;
}

/** The pages of a network. */
export interface RenderedFilters {
  /** z index of the slice that is shown. */
  readonly slice: number;
  /** The filters first, then the layers from the first to the last. */
  readonly pages: readonly FilterPage[];
  /** Where the network was computed, in single precision: `cpu`, or for example `cuda:0 NVIDIA H100`. */
  readonly device: string;
  /** Of the scan, of loading the native part, and of this call. */
  readonly warnings: readonly Warning[];
}

/** All seventeen layers would be 1,700 maps. */
const kLesionLayers = ['conv1', 'layer1', 'location1', 'location7', 'class1', 'class4', 'class7'];

const kPageWidth = 1600;
const kPageHeight = 1200;
const kGap = 4;
const kTitleHeight = 40;

/**
 * Draws what the filters of a network see (the paper's figure 8): the first layer's filters, laid back onto pixels, and
 * the activation maps of its layers on one slice, cut to the body or, of a lesion network, to the liver: pages of a layer
 * each, as the network sees the slice (the patient's right on the left, anterior above). Each tile has its own grey
 * scale: zero is mid-grey for filters, black for activations.
 *
 * @param model - a model of kind `liver_cnn` or `mdl_cnn`, or `'paper'`: the paper's liver network
 * @param scan - a volume; for a lesion network a result of `segmentLiver`, since it sees the liver alone
 * @throws {@link InvalidArgumentError} `INVALID_ARGUMENT`, `GEOMETRY_MISMATCH`, `WRONG_STRUCTURE`; {@link ModelError}
 *   `WRONG_MODEL`, {@link InputFileError}
 *   `UNSUPPORTED_ORIENTATION`
 */
export async function renderFilters(
  model: Model | 'paper',
  scan: VolumeInput | Segmentation,
  options: RenderFiltersOptions = {},
): Promise<RenderedFilters> {
  checkOptions(renderFiltersOptions, options);
  const network = modelArgument(model === 'paper' ? liverModel('paper') : model);
  const kind = model === 'paper' ? 'liver_cnn' : model.info.kind;
  const liver = isSegmentation(scan) ? scan : undefined;
  const volume = isSegmentation(scan) ? scan.volume : scan;
  const voxels = volumeArgument(volume);
  const mask = liver ? segmentedMaskArgument('liver', liver) : null;
  if (liver) checkSameGrid('liver', volume, liver);
  const seesLiver = liver !== undefined && kind === 'mdl_cnn';
  if (seesLiver) checkStructure('liver', liver);
  const slice = options.slice ?? (seesLiver ? largestSlice(liver) : Math.floor(volume.size[2] / 2));
  const inspected = await runJobOn([voxels, mask, network], options, (native, control, ...handles) =>
    native.inspectNetwork(...handles, { slice }, control),
  );
  const { layers: all } = inspected;
  const warnings = joinWarnings(warningsOf(scan), [...loadWarnings(), ...inspected.warnings]);
  const layers = options.layers ?? (kind === 'mdl_cnn' ? kLesionLayers : undefined);
  const shown = all.filter(({ name }) => name === 'filters' || (layers?.includes(name) ?? true));
  const unknown = options.layers?.find((layer) => !all.some(({ name }) => name === layer && name !== 'filters'));
  if (unknown !== undefined) {
    const known = all.map(({ name }) => name).filter((name) => name !== 'filters');
    throw new InvalidArgumentError('INVALID_ARGUMENT', `Expected layers to be among ${known.join(', ')}`, {
      field: 'layers',
      remedy: `The network has no layer ${unknown}.`,
    });
  }
  return { slice, pages: await drawPages(shown, options.signal), device: inspected.device, warnings };
}

function isSegmentation(scan: unknown): scan is Segmentation {
  return typeof scan === 'object' && scan !== null && 'volume' in scan && 'mask' in scan;
}

/** The slice with most of the structure in it; of equal ones the first. */
function largestSlice({ mask, size }: Segmentation): number {
  const pixels = size[0] * size[1];
  let [largest, most] = [0, -1];
  for (let z = 0; z < size[2]; z++) {
    const inside = mask.subarray(z * pixels, (z + 1) * pixels).reduce((sum, value) => sum + (value === 0 ? 0 : 1), 0);
    if (inside > most) [largest, most] = [z, inside];
  }
  return largest;
}

/** The tiles of one page: `count` maps from `first` on. */
interface Page {
  readonly maps: NativeFeatureMaps;
  readonly part: number;
  readonly first: number;
  readonly count: number;
  readonly columns: number;
  readonly tileWidth: number;
  readonly tileHeight: number;
  readonly height: number;
}

function pagesOf(maps: NativeFeatureMaps): Page[] {
  const columns = Math.min(maps.name === 'filters' ? 32 : 16, maps.count);
  const room = kPageHeight - kTitleHeight - kGap;
  const widest = Math.floor((kPageWidth - kGap) / columns) - kGap;
  const tileWidth = Math.max(1, Math.min(widest, Math.floor(((room - kGap) * maps.width) / maps.height)));
  const tileHeight = Math.max(1, Math.round((tileWidth * maps.height) / maps.width));
  const perPage = columns * Math.max(1, Math.floor(room / (tileHeight + kGap)));
  return Array.from({ length: Math.ceil(maps.count / perPage) }, (_, page) => {
    const first = page * perPage;
    const count = Math.min(perPage, maps.count - first);
    const height = kTitleHeight + Math.ceil(count / columns) * (tileHeight + kGap) + kGap;
    return { maps, part: page + 1, first, count, columns, tileWidth, tileHeight, height };
  });
}

function drawPage({ maps, first, count, columns, tileWidth, tileHeight, height }: Page): Canvas {
  const { canvas, context } = makeCanvas(kPageWidth, height);
  context.fillStyle = '#fff';
  context.fillRect(0, 0, kPageWidth, height);
  context.font = `20px "${kFontFamily}"`;
  context.textBaseline = 'middle';
  context.fillStyle = '#000';
  context.fillText(titleOf(maps, first, count), kGap, kTitleHeight / 2);
  const [scaleX, scaleY] = [tileWidth / maps.width, tileHeight / maps.height];
  for (let tile = 0; tile < count; tile++) {
    context.save();
    const row = Math.floor(tile / columns);
    context.translate(kGap + (tile % columns) * (tileWidth + kGap), kTitleHeight + row * (tileHeight + kGap));
    const placement = { width: tileWidth, height: tileHeight, scaleX, scaleY };
    drawGreySlice(context, greyOf(maps, first + tile), [maps.width, maps.height], placement);
    context.restore();
  }
  return canvas;
}

async function drawPages(layers: readonly NativeFeatureMaps[], signal: AbortSignal | undefined): Promise<FilterPage[]> {
  const pages = layers.flatMap(pagesOf);
  const files = await drawPictures(pages.length, (index) => drawPage(pages[index] as Page), { signal });
  return pages.map(({ maps, part, height }, index) => {
    return { layer: maps.name, part, png: files[index] as Uint8Array, width: kPageWidth, height };
  });
}

function titleOf({ name, count, width, height }: NativeFeatureMaps, first: number, shown: number): string {
  const part = shown < count ? `, ${first + 1} to ${first + shown}` : '';
  if (name === 'filters') {
    return `first layer: ${count} filters of ${width} × ${height} pixels on the slice itself${part}`;
  }
  return `${name}: ${count} activation maps of ${width} × ${height}${part}`;
}

/** Filters are signed; activations, after ReLU, are not. */
function greyOf({ name, width, height, values }: NativeFeatureMaps, map: number): Uint8ClampedArray {
  const part = values.subarray(map * width * height, (map + 1) * width * height);
  const largest = part.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
  const grey = new Uint8ClampedArray(part.length);
  const [zero, scale] = name === 'filters' ? [127.5, 127.5 / largest] : [0, 255 / largest];
  for (let i = 0; i < part.length; i++) grey[i] = zero + (part[i] as number) * scale;
  return grey;
}
