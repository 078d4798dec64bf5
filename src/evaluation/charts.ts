import type * as Vega from 'vega';
import { kLesionTypes } from '../lesions/lesion-types.js';
import { detectionBySize, freeResponse } from './curves.js';
import { rocOf, scoredLesions } from './figures.js';
import { figureText } from './rows.js';
import type { LesionEvaluation } from './types.js';

const kFont = 'system-ui, sans-serif';
const kBlue = '#2b6cb0';
const kPaleBlue = '#a9c9e8';
const kInk = '#1c2733';
const kGrey = '#8a94a0';

function chart(width: number, height: number, spec: Vega.Spec): Vega.Spec {
  const text = { labelFont: kFont, titleFont: kFont, titleFontWeight: 'normal' as const };
  return {
    width,
    height,
    padding: 8,
    config: {
      axis: { ...text, gridColor: '#e6e9ed', domainColor: '#b5bdc6', tickColor: '#b5bdc6', labelFontSize: 11 },
      legend: text,
      text: { font: kFont },
    },
    ...spec,
  };
}

/** Counts, coloured by the share of their row. */
export function confusionChart({ pooled }: LesionEvaluation): Vega.Spec {
  const rows = [...kLesionTypes, 'false alarm'];
  const columns = [...kLesionTypes, 'missed'];
  const values = pooled.typing.confusion.flatMap((counts, r) => {
    const total = counts.reduce((sum, count) => sum + count, 0);
    return counts.map((count, c) => {
      const impossible = r === kLesionTypes.length && c === kLesionTypes.length;
      const share = total === 0 ? 0 : count / total;
      return { reference: rows[r], predicted: columns[c], share, label: impossible ? '' : String(count) };
    });
  });
  const cell = { x: { scale: 'x', field: 'predicted' }, y: { scale: 'y', field: 'reference' } };
  return chart(300, 260, {
    data: [{ name: 'cells', values }],
    scales: [
      { name: 'x', type: 'band', range: 'width', domain: columns, padding: 0.03 },
      { name: 'y', type: 'band', range: 'height', domain: rows, padding: 0.03 },
      { name: 'colour', type: 'linear', range: ['#f2f5f8', '#1f4f86'], domain: [0, 1] },
    ],
    axes: [
      { orient: 'top', scale: 'x', title: 'predicted', domain: false, ticks: false },
      { orient: 'left', scale: 'y', title: 'reference', domain: false, ticks: false },
    ],
    marks: [
      {
        type: 'rect',
        from: { data: 'cells' },
        encode: {
          enter: {
            ...cell,
            width: { scale: 'x', band: 1 },
            height: { scale: 'y', band: 1 },
            fill: { scale: 'colour', field: 'share' },
          },
        },
      },
      {
        type: 'text',
        from: { data: 'cells' },
        encode: {
          enter: {
            x: { ...cell.x, band: 0.5 },
            y: { ...cell.y, band: 0.5 },
            align: { value: 'center' },
            baseline: { value: 'middle' },
            fontSize: { value: 14 },
            fill: [{ test: 'datum.share > 0.5', value: 'white' }, { value: kInk }],
            text: { field: 'label' },
          },
        },
      },
    ],
  });
}

/** Null where the curve is not defined. */
export function rocChart({ cases }: LesionEvaluation): Vega.Spec | null {
  const points = rocOf(cases.flatMap(scoredLesions));
  if (points.length === 0) return null;
  return shareChart('1 − specificity', 'sensitivity', { name: 'curve', values: points }, [
    shareLine('diagonal', kGrey, 1, [4, 4]),
    shareLine('curve', kBlue, 2.5, []),
  ]);
}

/** Two shares against one another, with the diagonal as data. */
function shareChart(x: string, y: string, data: Vega.ValuesData, marks: Vega.Mark[]): Vega.Spec {
  const ends = [0, 1].map((share) => ({ falsePositiveRate: share, truePositiveRate: share }));
  return chart(260, 260, {
    data: [data, { name: 'diagonal', values: ends }],
    scales: [
      { name: 'x', type: 'linear', domain: [0, 1], range: 'width' },
      { name: 'y', type: 'linear', domain: [0, 1], range: 'height' },
    ],
    axes: [
      { orient: 'bottom', scale: 'x', title: x, grid: true, tickCount: 5 },
      { orient: 'left', scale: 'y', title: y, grid: true, tickCount: 5 },
    ],
    marks,
  });
}

function shareLine(data: string, colour: string, width: number, dash: number[]): Vega.LineMark {
  return {
    type: 'line',
    from: { data },
    encode: {
      enter: {
        x: { scale: 'x', field: 'falsePositiveRate' },
        y: { scale: 'y', field: 'truePositiveRate' },
        stroke: { value: colour },
        strokeWidth: { value: width },
        strokeDash: { value: dash },
      },
    },
  };
}

/** How often the likeliest type is right, by its probability; null where predictions have no probabilities. */
export function reliabilityChart({ pooled }: LesionEvaluation): Vega.Spec | null {
  const { bins } = pooled.typing.calibration;
  if (bins.length === 0) return null;
  const values = bins.map((bin) => ({ ...bin, label: String(bin.lesions) }));
  const bar = { x: { scale: 'x', field: 'from', offset: 1 }, x2: { scale: 'x', field: 'to', offset: -1 } };
  return shareChart('probability of the likeliest type', 'share that is right', { name: 'bins', values }, [
    {
      type: 'rect',
      from: { data: 'bins' },
      encode: {
        enter: {
          ...bar,
          y: { scale: 'y', field: 'accuracy' },
          y2: { scale: 'y', value: 0 },
          fill: { value: kPaleBlue },
        },
      },
    },
    shareLine('diagonal', kGrey, 1, [4, 4]),
    {
      type: 'symbol',
      from: { data: 'bins' },
      encode: {
        enter: {
          x: { scale: 'x', field: 'confidence' },
          y: { scale: 'y', field: 'accuracy' },
          size: { value: 40 },
          fill: { value: kBlue },
        },
      },
    },
    {
      type: 'text',
      from: { data: 'bins' },
      encode: {
        enter: {
          x: { scale: 'x', field: 'confidence' },
          y: { scale: 'y', value: 0, offset: -6 },
          align: { value: 'center' },
          fontSize: { value: 10 },
          fill: { value: kInk },
          text: { field: 'label' },
        },
      },
    },
  ]);
}

/** A bar a case, in the order given; a dashed line at the global Dice. */
export function diceChart({ cases, pooled }: LesionEvaluation): Vega.Spec {
  const values = cases.map(({ patient, dice }, index) => ({ index, patient, dice, label: figureText(dice) }));
  const bar = { y: { scale: 'y', field: 'index' }, x: { scale: 'x', field: 'dice' } };
  return chart(420, Math.max(60, 22 * cases.length), {
    data: [{ name: 'cases', values }],
    scales: [
      { name: 'x', type: 'linear', domain: [0, 1], range: 'width' },
      { name: 'y', type: 'band', range: 'height', domain: { data: 'cases', field: 'index' }, padding: 0.25 },
      {
        name: 'name',
        type: 'ordinal',
        domain: { data: 'cases', field: 'index' },
        range: { data: 'cases', field: 'patient' },
      },
    ],
    axes: [
      { orient: 'bottom', scale: 'x', title: 'Dice of all lesions', grid: true, tickCount: 5 },
      {
        orient: 'left',
        scale: 'y',
        domain: false,
        ticks: false,
        encode: { labels: { update: { text: { scale: 'name', field: 'value' } } } },
      },
    ],
    marks: [
      {
        type: 'rect',
        from: { data: 'cases' },
        encode: {
          enter: { ...bar, x2: { scale: 'x', value: 0 }, height: { scale: 'y', band: 1 }, fill: { value: kBlue } },
        },
      },
      {
        type: 'text',
        from: { data: 'cases' },
        encode: {
          enter: {
            // In the bar where it is long enough.
            x: [
              { test: 'datum.dice < 0.2', ...bar.x, offset: 4 },
              { ...bar.x, offset: -4 },
            ],
            align: [{ test: 'datum.dice < 0.2', value: 'left' }, { value: 'right' }],
            y: { ...bar.y, band: 0.5 },
            baseline: { value: 'middle' },
            fontSize: { value: 11 },
            fill: [{ test: 'datum.dice < 0.2', value: kInk }, { value: 'white' }],
            text: { field: 'label' },
          },
        },
      },
      {
        type: 'rule',
        encode: {
          enter: {
            x: { scale: 'x', value: pooled.global.dice.value ?? 0 },
            y: { value: 0 },
            y2: { signal: 'height' },
            stroke: { value: '#c05621' },
            strokeDash: { value: [4, 3] },
          },
        },
      },
    ],
  });
}

/** Recall of each size: light at IoU above 0, dark at IoU above 0.5. */
export function sizeChart(evaluation: LesionEvaluation): Vega.Spec | null {
  const sizes = detectionBySize(evaluation);
  if (sizes.length === 0) return null;
  const values = sizes.flatMap(({ size, lesions, found }) =>
    found.map((count, limit) => ({
      size,
      limit: limit === 0 ? 'IoU > 0' : 'IoU > 0.5',
      recall: count / lesions,
      label: `${count}/${lesions}`,
    })),
  );
  const limits = ['IoU > 0', 'IoU > 0.5'];
  return chart(320, 240, {
    data: [{ name: 'bars', values }],
    scales: [
      { name: 'x', type: 'band', range: 'width', domain: sizes.map(({ size }) => size), padding: 0.2 },
      { name: 'y', type: 'linear', domain: [0, 1], range: 'height' },
      { name: 'colour', type: 'ordinal', domain: limits, range: [kPaleBlue, kBlue] },
    ],
    axes: [
      { orient: 'bottom', scale: 'x', title: 'diameter of the ball of equal volume', ticks: false },
      { orient: 'left', scale: 'y', title: 'recall', grid: true, tickCount: 5 },
    ],
    legends: [{ fill: 'colour', orient: 'top', direction: 'horizontal' }],
    marks: [
      {
        type: 'group',
        from: { facet: { data: 'bars', name: 'of_size', groupby: 'size' } },
        encode: { enter: { x: { scale: 'x', field: 'size' } } },
        signals: [{ name: 'width', update: "bandwidth('x')" }],
        scales: [{ name: 'within', type: 'band', range: 'width', domain: limits, padding: 0.05 }],
        marks: [sizeBar, sizeLabel],
      },
    ],
  });
}

const sizeBar: Vega.RectMark = {
  type: 'rect',
  from: { data: 'of_size' },
  encode: {
    enter: {
      x: { scale: 'within', field: 'limit' },
      width: { scale: 'within', band: 1 },
      y: { scale: 'y', field: 'recall' },
      y2: { scale: 'y', value: 0 },
      fill: { scale: 'colour', field: 'limit' },
    },
  },
};

const sizeLabel: Vega.TextMark = {
  type: 'text',
  from: { data: 'of_size' },
  encode: {
    enter: {
      x: { scale: 'within', field: 'limit', band: 0.5 },
      y: { scale: 'y', field: 'recall', offset: -4 },
      align: { value: 'center' },
      fontSize: { value: 10 },
      fill: { value: kInk },
      text: { field: 'label' },
    },
  },
};

/** A free-response curve for each size of lesion; null where predictions have no probabilities. */
export function freeResponseChart(evaluation: LesionEvaluation): Vega.Spec | null {
  const values = freeResponse(evaluation);
  if (values.length === 0) return null;
  return chart(320, 240, {
    data: [{ name: 'points', values }],
    scales: [
      {
        name: 'x',
        type: 'linear',
        range: 'width',
        domain: { data: 'points', field: 'falseAlarmsPerCase' },
        nice: true,
      },
      { name: 'y', type: 'linear', range: 'height', domain: [0, 1] },
      {
        name: 'colour',
        type: 'ordinal',
        domain: [...new Set(values.map(({ size }) => size))],
        range: ['#c05621', '#8fb8de', '#3f83c4', '#173f6b'],
      },
    ],
    axes: [
      { orient: 'bottom', scale: 'x', title: 'false alarms a case', grid: true, tickCount: 5 },
      { orient: 'left', scale: 'y', title: 'recall (IoU > 0)', grid: true, tickCount: 5 },
    ],
    legends: [{ stroke: 'colour', symbolType: 'stroke', orient: 'top', direction: 'horizontal' }],
    marks: [
      {
        type: 'group',
        from: { facet: { data: 'points', name: 'of_size', groupby: 'size' } },
        marks: [
          {
            type: 'line',
            from: { data: 'of_size' },
            encode: {
              enter: {
                x: { scale: 'x', field: 'falseAlarmsPerCase' },
                y: { scale: 'y', field: 'recall' },
                stroke: { scale: 'colour', field: 'size' },
                strokeWidth: { value: 2 },
                interpolate: { value: 'step-after' },
              },
            },
          },
        ],
      },
    ],
  });
}
