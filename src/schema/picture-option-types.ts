// Written by scripts/options.mjs from the schemas beside it; change those.
import type { SliceChoice } from '../render/scene.js';
import type { Progress } from '../types.js';
import type { DeviceOptions, RunOptions } from './option-types.js';

/** Options of `renderOverlay`. */
export interface RenderOptions {
  /** Ends the call, which then rejects with the reason of the signal. */
  readonly signal?: AbortSignal;
  /** Told how far the call is. */
  readonly onProgress?: (progress: Progress) => void;
  /** As `slice` of the pictures; `structure`: the slices with the structure; `all`; default `'structure'`. */
  readonly slices?: SliceChoice;
  /** HU shown as black and white; default `[-110, 190]`. The default is a common abdominal window. */
  readonly window?: readonly [number, number];
  /** The longer side of the picture has at least this many pixels; default `512`. */
  readonly minimumSize?: number;
}

/** Options of `renderOverview`. */
export interface OverviewOptions {
  /** Ends the call, which then rejects with the reason of the signal. */
  readonly signal?: AbortSignal;
  /**
   * As of `renderOverlay`: all of a list are drawn, of the others as many as `tiles`, spread evenly; default
   * `'structure'`.
   */
  readonly slices?: SliceChoice;
  /** Slices at most; default `24`. */
  readonly tiles?: number;
  /** Slices a row; default: 6, or fewer where there are fewer. */
  readonly columns?: number;
  /** Pixels; heights follow from the volume; default `320`. */
  readonly tileWidth?: number;
  /** HU shown as black and white; default `[-110, 190]`. The default is a common abdominal window. */
  readonly window?: readonly [number, number];
}

/** Options of `renderMontage`. */
export interface MontageOptions {
  /** Pictures a row; default: 6, or fewer where there are fewer. */
  readonly columns?: number;
  /** Pixels; heights follow from the first picture; default `256`. */
  readonly tileWidth?: number;
  /** One a picture, in their order; default: `slice` and its z index. */
  readonly captions?: readonly string[];
}

/** Options of `renderPreprocessing`. */
export interface RenderPreprocessingOptions {
  /** The longer side of each step's picture has at least this many pixels; default `512`. */
  readonly minimumSize?: number;
}

/** Options of `renderReportPage`. */
export interface ReportPageOptions {
  /** Heading and title; default: the description of the series, or `Lesions of the liver`. */
  readonly title?: string;
  /** Ends the call, which then rejects with the reason of the signal. */
  readonly signal?: AbortSignal;
}

/** Options of `renderFilters`. */
export interface RenderFiltersOptions extends RunOptions, DeviceOptions {
  /** z index; default: the middle slice, of a lesion network the one with most liver. */
  readonly slice?: number;
  /**
   * The layers that are shown. Of a liver network: `conv1`, `conv2`, `conv3`; default: all. Of a lesion network:
   * `conv1` and `layer1` to `layer4` as far as it has them (the base), `location1` to `location7`, `class1` to
   * `class7`; default: `conv1`, `layer1`, `location1`, `location7`, `class1`, `class4` and `class7`.
   */
  readonly layers?: readonly string[];
}
