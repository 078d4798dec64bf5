/** All options that calls take, by the names of their types: what declarations and tables are made from. */
import type { z } from 'zod';
import { evaluateLesionsOptions, evaluateOptions, synthesizeOptions } from './evaluate.js';
import {
  fetchWeightsOptions,
  listSeriesOptions,
  loadModelOptions,
  makeDicomOptions,
  packMeshOptions,
  packNiftiOptions,
  readLabelsOptions,
  readOptions,
  readSeriesOptions,
  saveModelOptions,
  seriesAttributes,
  writeDicomOptions,
  writeMeshOptions,
  writeNiftiOptions,
  writeSeriesOptions,
} from './files.js';
import {
  montageOptions,
  overviewOptions,
  renderFiltersOptions,
  renderOptions,
  renderPreprocessingOptions,
  reportPageOptions,
} from './render.js';
import { deviceOptions, preloadOptions, preprocessOptions, processOptions, runOptions, writeOptions } from './run.js';
import { classifyOptions, segmentOptions } from './segment.js';
import { trainRunOptions } from './train.js';
import { lesionAugmentation, trainLesionsOptions } from './train-lesions.js';
import { segmenterAugmentation, trainOptions } from './train-segmenter.js';
import { structuresAugmentation, trainStructuresOptions } from './train-structures.js';

export interface OptionType {
  /** What it is said to be in its documentation. */
  readonly text: string;
  readonly schema: z.ZodObject;
  /** The types whose options it has too. */
  readonly bases?: readonly string[];
}

export const kOptionTypes = {
  RunOptions: { text: 'Options of every call that takes time', schema: runOptions },
  DeviceOptions: { text: 'Options of every call that computes on a device', schema: deviceOptions },
  WriteOptions: { text: 'Options of what writes a file', schema: writeOptions, bases: ['RunOptions'] },
  ProcessOptions: { text: 'What `configure` sets', schema: processOptions },
  PreloadOptions: { text: 'Options of `preload`', schema: preloadOptions, bases: ['RunOptions', 'DeviceOptions'] },
  PreprocessOptions: {
    text: 'Options of `preprocess`',
    schema: preprocessOptions,
    bases: ['RunOptions', 'DeviceOptions'],
  },
  SegmentOptions: {
    text: 'Options of `segmentLiver`, `segmentStructure` and `segmentStructures`',
    schema: segmentOptions,
    bases: ['RunOptions', 'DeviceOptions'],
  },
  ClassifyOptions: {
    text: 'Options of `classifyLesions`',
    schema: classifyOptions,
    bases: ['RunOptions', 'DeviceOptions'],
  },
  ReadOptions: { text: 'Options of `readVolume` and `readMask`', schema: readOptions, bases: ['RunOptions'] },
  ListSeriesOptions: { text: 'Options of `listSeries`', schema: listSeriesOptions, bases: ['ReadOptions'] },
  ReadSeriesOptions: { text: 'Options of `readSeries`', schema: readSeriesOptions, bases: ['ListSeriesOptions'] },
  ReadLabelsOptions: {
    text: 'Options of `readMask` for a DICOM Segmentation or RT Structure Set',
    schema: readLabelsOptions,
    bases: ['RunOptions'],
  },
  WriteNiftiOptions: {
    text: 'Options of `writeVolume` and `writeMask`',
    schema: writeNiftiOptions,
    bases: ['WriteOptions'],
  },
  PackNiftiOptions: {
    text: 'Options of `writeVolume` and `writeMask` into memory',
    schema: packNiftiOptions,
    bases: ['RunOptions'],
  },
  LoadModelOptions: { text: 'Options of `loadModel`', schema: loadModelOptions, bases: ['RunOptions'] },
  SaveModelOptions: { text: 'Options of `saveModel`', schema: saveModelOptions, bases: ['WriteOptions'] },
  WriteMeshOptions: { text: 'Options of `writeMesh`', schema: writeMeshOptions },
  PackMeshOptions: { text: 'Options of `writeMesh` without a path', schema: packMeshOptions },
  MakeDicomOptions: {
    text: 'Options of the calls that make DICOM objects in memory',
    schema: makeDicomOptions,
    bases: ['RunOptions'],
  },
  WriteDicomOptions: {
    text: 'Options of the calls that write DICOM objects',
    schema: writeDicomOptions,
    bases: ['MakeDicomOptions', 'WriteOptions'],
  },
  WriteSeriesOptions: { text: 'Options of `writeSeries`', schema: writeSeriesOptions, bases: ['RunOptions'] },
  SeriesAttributes: {
    text: 'What is known of patient and study when a series is written: texts of at most 64 characters',
    schema: seriesAttributes,
  },
  FetchWeightsOptions: { text: 'Options of `fetchWeights`', schema: fetchWeightsOptions },
  EvaluateOptions: { text: 'Options of `evaluateSegmentation`', schema: evaluateOptions, bases: ['RunOptions'] },
  EvaluateLesionsOptions: {
    text: 'Options of `evaluateLesions`',
    schema: evaluateLesionsOptions,
    bases: ['RunOptions'],
  },
  SynthesizeOptions: { text: 'Options of `synthesizeLesions`', schema: synthesizeOptions, bases: ['RunOptions'] },
} satisfies Record<string, OptionType>;

export const kPictureOptionTypes = {
  RenderOptions: { text: 'Options of `renderOverlay`', schema: renderOptions },
  OverviewOptions: { text: 'Options of `renderOverview`', schema: overviewOptions },
  MontageOptions: { text: 'Options of `renderMontage`', schema: montageOptions },
  RenderPreprocessingOptions: { text: 'Options of `renderPreprocessing`', schema: renderPreprocessingOptions },
  ReportPageOptions: { text: 'Options of `renderReportPage`', schema: reportPageOptions },
  RenderFiltersOptions: {
    text: 'Options of `renderFilters`',
    schema: renderFiltersOptions,
    bases: ['RunOptions', 'DeviceOptions'],
  },
} satisfies Record<string, OptionType>;

export const kTrainingOptionTypes = {
  TrainRunOptions: {
    text: "What every training takes; where the paper is silent, the default is this project's choice",
    schema: trainRunOptions,
    bases: ['RunOptions', 'DeviceOptions'],
  },
  TrainOptions: { text: 'Options of `trainSegmenter`', schema: trainOptions, bases: ['TrainRunOptions'] },
  Augmentation: {
    text: 'Amounts of `augment`, standard deviations unless said otherwise',
    schema: segmenterAugmentation,
  },
  TrainStructuresOptions: {
    text: 'Options of `trainStructures`',
    schema: trainStructuresOptions,
    bases: ['TrainRunOptions'],
  },
  StructuresAugmentation: {
    text: 'Amounts of `augment`, standard deviations unless said otherwise',
    schema: structuresAugmentation,
  },
  TrainLesionsOptions: {
    text: 'Options of `trainLesionClassifier`',
    schema: trainLesionsOptions,
    bases: ['TrainRunOptions'],
  },
  LesionAugmentation: {
    text: 'Amounts of `augment`, standard deviations unless said otherwise',
    schema: lesionAugmentation,
  },
} satisfies Record<string, OptionType>;
