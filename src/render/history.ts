import type * as Vega from 'vega';
import { InvalidArgumentError } from '../errors.js';
import { canvasLibrary, kFontFamily, makeCanvas, registerFont } from './canvas.js';
import { renderChart } from './chart.js';
import { encodePng } from './encode.js';

/** What is drawn of one epoch; a null or absent value leaves a gap in its curve. */
export interface LearningCurvePoint {
  /** From 1. */
  readonly epoch: number;
  /** Mean over the epoch. */
  readonly trainingLoss?: number | null;
  /** Mean over the epoch. */
  readonly trainingAccuracy?: number | null;
  /** After the epoch. */
  readonly validationLoss?: number | null;
  /** After the epoch. */
  readonly validationAccuracy?: number | null;
  /** Mean Dice of the validation patients. */
  readonly validationDice?: number | null;
  /** What else was measured, by name: `realRecall`. Names that end in `Loss` are drawn with the losses. */
  readonly figures?: Readonly<Record<string, number>>;
}

/** The same curves in two formats. */
export interface LearningCurves {
  /** An SVG document. */
  readonly svg: string;
  /** A PNG file. */
  readonly png: Uint8Array;
}

const kPanelWidth = 460;
const kPanelHeight = 320;

interface Row {
  readonly epoch: number;
  readonly curve: string;
  readonly value: number;
}

type Measures = Readonly<Record<string, (point: LearningCurvePoint) => number | null | undefined>>;

function rowsOf(history: readonly LearningCurvePoint[], curves: Measures): Row[] {
  return history.flatMap((point) =>
    Object.entries(curves).flatMap(([curve, measure]) => {
      const value = measure(point);
      return typeof value === 'number' && Number.isFinite(value) ? [{ epoch: point.epoch, curve, value }] : [];
    }),
  );
}

/** The history's own figures, each a curve: `realRecall` is labelled "real recall". */
function figureCurves(history: readonly LearningCurvePoint[], belongs: (name: string) => boolean): Measures {
  const names = [...new Set(history.flatMap(({ figures = {} }) => Object.keys(figures)))].filter(belongs).sort();
  const label = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return Object.fromEntries(names.map((name) => [label(name), ({ figures }) => figures?.[name]]));
}

function panel(name: string, title: string, zero: boolean): Vega.GroupMark {
  const domain = { data: name, field: 'value' };
  return {
    type: 'group',
    encode: { enter: { width: { value: kPanelWidth }, height: { value: kPanelHeight } } },
    scales: [
      { name: 'x', type: 'linear', range: [0, kPanelWidth], nice: true, domain: { data: name, field: 'epoch' } },
      { name: 'y', type: 'linear', range: [kPanelHeight, 0], nice: true, zero, domain },
      { name: 'colour', type: 'ordinal', range: 'category', domain: { data: name, field: 'curve' } },
    ],
    axes: [
      { orient: 'bottom', scale: 'x', title: 'epoch', format: 'd', tickMinStep: 1, grid: true },
      { orient: 'left', scale: 'y', grid: true },
    ],
    legends: [{ stroke: 'colour', symbolType: 'stroke', orient: 'bottom', direction: 'horizontal', columns: 3 }],
    title: { text: title, anchor: 'start' },
    marks: [
      {
        type: 'group',
        from: { facet: { name: `${name}_curves`, data: name, groupby: 'curve' } },
        marks: [
          {
            type: 'line',
            from: { data: `${name}_curves` },
            encode: {
              enter: {
                x: { scale: 'x', field: 'epoch' },
                y: { scale: 'y', field: 'value' },
                stroke: { scale: 'colour', field: 'curve' },
                strokeWidth: { value: 2 },
              },
            },
          },
        ],
      },
    ],
  };
}

/**
 * Draws the learning curves (the paper's figure 6): A accuracy and Dice, B loss, by epoch, of training and validation;
 * C what else was measured, where something was.
 *
 * @throws {@link InvalidArgumentError} `INVALID_ARGUMENT` where there is no epoch to draw
 */
export async function renderLearningCurves(history: readonly LearningCurvePoint[]): Promise<LearningCurves> {
  if (history.length === 0) {
    throw new InvalidArgumentError('INVALID_ARGUMENT', 'Expected history to hold at least one epoch, received none', {
      field: 'history',
      remedy: 'Train for at least one epoch first.',
    });
  }
  const text = { labelFont: kFontFamily, titleFont: kFontFamily };
  const isLoss = (name: string) => name.endsWith('Loss');
  const figures = rowsOf(
    history,
    figureCurves(history, (name) => !isLoss(name)),
  );
  const spec: Vega.Spec = {
    background: 'white',
    padding: 12,
    layout: { columns: 3, padding: { column: 70 }, bounds: 'flush' },
    config: { axis: text, legend: text, title: { font: kFontFamily, fontWeight: 'normal', fontSize: 14 } },
    data: [
      {
        name: 'accuracy',
        values: rowsOf(history, {
          'training accuracy': ({ trainingAccuracy }) => trainingAccuracy,
          'validation accuracy': ({ validationAccuracy }) => validationAccuracy,
          'validation Dice': ({ validationDice }) => validationDice,
        }),
      },
      {
        name: 'loss',
        values: rowsOf(history, {
          training: ({ trainingLoss }) => trainingLoss,
          validation: ({ validationLoss }) => validationLoss,
          ...figureCurves(history, isLoss),
        }),
      },
      { name: 'figures', values: figures },
    ],
    marks: [
      panel('accuracy', 'A  accuracy', false),
      panel('loss', 'B  cross-entropy loss', true),
      ...(figures.length > 0 ? [panel('figures', 'C  validation', true)] : []),
    ],
  };
  const svg = await renderChart(spec);
  registerFont();
  const picture = await canvasLibrary().loadImage(Buffer.from(svg));
  const sheet = makeCanvas(picture.width * 2, picture.height * 2);
  sheet.context.drawImage(picture, 0, 0, sheet.canvas.width, sheet.canvas.height);
  return { svg, png: await encodePng(sheet.canvas) };
}
