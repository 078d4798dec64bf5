import { kLesionTypes } from '../lesions/lesion-types.js';
import type { Estimate, LesionEvaluation } from './types.js';

/** A line of the table: what was measured, of how many, and how well. */
export interface FigureRow {
  readonly name: string;
  readonly estimate: Estimate;
  /** Shown after the number; percentages have one digit, plain figures three. */
  readonly unit: '' | '%';
}

export interface FigureSection {
  readonly title: string;
  readonly rows: readonly FigureRow[];
}

function row(name: string, estimate: Estimate, unit: FigureRow['unit'] = ''): FigureRow {
  return { name, estimate, unit };
}

/** The pooled figures in the order in which they are shown; sections without any defined figure are left out. */
export function figureSections({ pooled }: LesionEvaluation): FigureSection[] {
  const { detection, perCase, global, typing } = pooled;
  const sections = [
    ...detection.map(({ iouLimit, tp, fp, fn, recall, precision, f1 }) => ({
      title: `Detection at IoU > ${iouLimit} (${tp} found, ${fn} missed, ${fp} false)`,
      rows: [row('recall', recall), row('precision', precision), row('F1', f1)],
    })),
    {
      title: 'Overlap',
      rows: [
        row('Dice, mean of cases', perCase.dice),
        row('Dice, global', global.dice),
        row('Dice of found lesions', pooled.lesionDice),
        row('VOE, mean of cases', perCase.voe, '%'),
        row('VOE, global', global.voe, '%'),
        row('RVD, mean of cases', perCase.rvd, '%'),
        row('|RVD|, mean of cases', perCase.absoluteRvd, '%'),
        row('RVD, global', global.rvd, '%'),
        row('false alarms a case', pooled.falseAlarmsPerCase),
      ],
    },
    {
      title: `Types (${typing.lesions} found lesions of known type)`,
      rows: [
        row('right type', typing.accuracy),
        row('expected calibration error', typing.calibration.error),
        row('accuracy, one against rest, pooled', typing.pooled.accuracy),
        row('sensitivity, pooled', typing.pooled.sensitivity),
        row('specificity, pooled', typing.pooled.specificity),
        ...kLesionTypes.flatMap((type) => [
          row(`${type} sensitivity`, typing.perType[type].sensitivity),
          row(`${type} specificity`, typing.perType[type].specificity),
        ]),
      ],
    },
    {
      title: 'Malignant against benign',
      rows: [
        row('accuracy', typing.malignancy.accuracy),
        row('sensitivity', typing.malignancy.sensitivity),
        row('specificity', typing.malignancy.specificity),
        row('area under ROC curve', typing.malignancy.auc),
      ],
    },
  ];
  return sections.filter(({ rows }) => rows.some(({ estimate }) => estimate.value !== null));
}

/** A number as the tables show it. */
export function figureText(value: number | null, unit: FigureRow['unit'] = ''): string {
  if (value === null) return '–';
  const digits = unit === '%' ? `${value.toFixed(1)} %` : value.toFixed(3);
  return digits.replace('-', '−');
}

/** The interval as the tables show it; empty where there is none. */
export function intervalText({ low, high }: Estimate, unit: FigureRow['unit'] = ''): string {
  return low === null || high === null ? '' : `${figureText(low, unit)} to ${figureText(high, unit)}`;
}
