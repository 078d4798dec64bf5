import { InvalidArgumentError } from '../errors.js';
import { checkSameGrid } from '../geometry.js';
import { runJob } from '../job.js';
import { modelArgument } from '../model.js';
import type { NativeFeatureMaps } from '../native-binding.js';
import { checkOptions, renderFiltersOptions } from '../options.js';
import { checkStructure, segmentedMaskArgument } from '../segmentation.js';
import type { Model, RunOptions, Segmentation, VolumeInput } from '../types.js';
import { volumeArgument } from '../volume.js';
import { drawGreySlice, encodePng, kFontFamily, makeCanvas } from './canvas.js';

export interface RenderFiltersOptions extends RunOptions {
  /** z index; default: the middle slice, of a lesion network the one with most liver. */
  readonly slice?: number;
  /**
   * The layers that are shown. Of a liver network: `conv1`, `conv2`, `conv3`; default: all. Of a lesion network: `conv1`
   * and `layer1` to `layer4` as far as it has them (the base), `location1` to `location7`, `class1` to `class7`;
   * default: `conv1`, `layer1`, `location1`, `location7`, `class1`, `class4` and `class7`.
   */
  readonly layers?: readonly string[];
}

export interface RenderedFilters {
  readonly slice: number;
  readonly png: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** All seventeen layers would be 1,700 maps. */
const kLesionLayers = ['conv1', 'layer1', 'location1', 'location7', 'class1', 'class4', 'class7'];

const kSheetWidth = 1600;
const kGap = 4;
const kTitleHeight = 40;

/**
 * Draws what the filters of a network see (the paper's figure 8): the first layer's filters, laid back onto pixels, and
 * the activation maps of its layers on one slice, cut to the body or, of a lesion network, to the liver. Each tile has
 * its own grey scale: zero is mid-grey for filters, black for activations.
 *
 * @param scan - a volume; for a lesion network a result of `segmentLiver`, since it sees the liver alone
 * @throws {@link InvalidArgumentError} `INVALID_ARGUMENT`, `GEOMETRY_MISMATCH`, `WRONG_STRUCTURE`; {@link ModelError}
 *   `WRONG_MODEL`, {@link InputFileError}
 *   `UNSUPPORTED_ORIENTATION`
 */
export async function renderFilters(
  model: Model,
  scan: VolumeInput | Segmentation,
  options: RenderFiltersOptions = {},
): Promise<RenderedFilters> {
  checkOptions(renderFiltersOptions, options);
  const handle = modelArgument(model);
  const liver = isSegmentation(scan) ? scan : undefined;
  const volume = isSegmentation(scan) ? scan.volume : scan;
  const voxels = volumeArgument(volume);
  const mask = liver ? segmentedMaskArgument('liver', liver) : null;
  if (liver) checkSameGrid('liver', volume, liver);
  const seesLiver = liver !== undefined && model.info.kind === 'mdl_cnn';
  if (seesLiver) checkStructure('liver', liver);
  const slice = options.slice ?? (seesLiver ? largestSlice(liver) : Math.floor(volume.size[2] / 2));
  const all = await runJob(options, (native, control) =>
    native.inspectNetwork(voxels, mask, handle, { slice }, control),
  );
  const layers = options.layers ?? (model.info.kind === 'mdl_cnn' ? kLesionLayers : undefined);
  const shown = all.filter(({ name }) => name === 'filters' || (layers?.includes(name) ?? true));
  const unknown = options.layers?.find((layer) => !all.some(({ name }) => name === layer && name !== 'filters'));
  if (unknown !== undefined) {
    const known = all.map(({ name }) => name).filter((name) => name !== 'filters');
    throw new InvalidArgumentError('INVALID_ARGUMENT', `Expected layers to be among ${known.join(', ')}`, {
      field: 'layers',
      remedy: `The network has no layer ${unknown}.`,
    });
  }
  return { slice, ...(await drawSheet(shown)) };
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

function columnsOf({ name, count }: NativeFeatureMaps): number {
  return name === 'filters' ? Math.min(32, count) : Math.min(16, count);
}

function placementOf(maps: NativeFeatureMaps) {
  const columns = columnsOf(maps);
  const width = Math.floor((kSheetWidth - kGap) / columns) - kGap;
  const height = Math.round((width * maps.height) / maps.width);
  return { columns, width, height, rows: Math.ceil(maps.count / columns) };
}

async function drawSheet(layers: readonly NativeFeatureMaps[]) {
  const heights = layers.map((maps) => {
    const { rows, height } = placementOf(maps);
    return kTitleHeight + rows * (height + kGap);
  });
  const sheetHeight = heights.reduce((sum, height) => sum + height, kGap);
  const { canvas, context } = makeCanvas(kSheetWidth, sheetHeight);
  context.fillStyle = '#fff';
  context.fillRect(0, 0, kSheetWidth, sheetHeight);
  context.font = `20px "${kFontFamily}"`;
  context.textBaseline = 'middle';
  let top = 0;
  for (const [index, maps] of layers.entries()) {
    const { columns, width, height } = placementOf(maps);
    context.fillStyle = '#000';
    context.fillText(titleOf(maps), kGap, top + kTitleHeight / 2);
    for (let map = 0; map < maps.count; map++) {
      context.save();
      const row = Math.floor(map / columns);
      context.translate(kGap + (map % columns) * (width + kGap), top + kTitleHeight + row * (height + kGap));
      drawGreySlice(context, greyOf(maps, map), [maps.width, maps.height], {
        width,
        height,
        scaleX: width / maps.width,
        scaleY: height / maps.height,
        offsetX: 0,
        offsetY: 0,
      });
      context.restore();
    }
    top += heights[index] as number;
  }
  return { png: await encodePng(canvas), width: kSheetWidth, height: sheetHeight };
}

function titleOf({ name, count, width, height }: NativeFeatureMaps): string {
  if (name === 'filters') return `first layer: ${count} filters of ${width} × ${height} pixels on the slice itself`;
  return `${name}: ${count} activation maps of ${width} × ${height}`;
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
