import type * as Vega from 'vega';
import { escapeHtml } from '../html.js';
import { renderChart } from '../render/chart.js';
import { confusionChart, diceChart, freeResponseChart, reliabilityChart, rocChart, sizeChart } from './charts.js';
import { figureSections, figureText, intervalText } from './rows.js';
import type { LesionCaseEvaluation, LesionEvaluation } from './types.js';

const kStyle = `
  body { font: 15px/1.5 system-ui, sans-serif; color: #1c2733; background: #f5f7f9; margin: 0; }
  main { max-width: 1080px; margin: 0 auto; padding: 32px 24px 64px; }
  h1 { font-size: 26px; font-weight: 600; margin: 0; }
  h2 { font-size: 17px; font-weight: 600; margin: 0 0 8px; }
  p { margin: 4px 0 0; color: #52606d; }
  section { background: white; border: 1px solid #e1e6eb; border-radius: 8px; padding: 20px 24px; margin-top: 20px; }
  .figures { columns: 430px; column-gap: 20px; margin-top: 20px; }
  .figures section { break-inside: avoid; margin: 0 0 20px; }
  section.wide { overflow-x: auto; font-size: 13px; margin-top: 0; }
  .wide td { white-space: nowrap; }
  .wide th.number { white-space: normal; }
  table { border-collapse: collapse; width: 100%; }
  th { text-align: left; font-weight: 600; border-bottom: 1px solid #cfd6dd; padding: 4px 12px 4px 0; vertical-align: bottom; }
  td { padding: 3px 12px 3px 0; border-bottom: 1px solid #eef1f4; }
  .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
  .interval { color: #52606d; }
  svg { max-width: 100%; height: auto; display: block; }
`;

function count(number: number, one: string): string {
  return `${number} ${one}${number === 1 ? '' : 's'}`;
}

function figureTables(evaluation: LesionEvaluation): string[] {
  return figureSections(evaluation).map(({ title, rows }) => {
    const lines = rows.map(
      ({ name, estimate, unit }) =>
        `<tr><td>${escapeHtml(name)}</td><td class="number">${figureText(estimate.value, unit)}</td>` +
        `<td class="number interval">${intervalText(estimate, unit)}</td></tr>`,
    );
    const head = '<tr><th></th><th class="number">value</th><th class="number">95 % interval</th></tr>';
    return `<section><h2>${escapeHtml(title)}</h2><table><thead>${head}</thead><tbody>${lines.join('\n')}</tbody></table></section>`;
  });
}

function caseLine({ patient, references, detection, predictions, ...one }: LesionCaseEvaluation): string {
  const found = (limit: number) => detection[limit]?.tp ?? 0;
  const numbers = [
    String(references.length),
    String(predictions.length),
    String(found(0)),
    String(found(1)),
    String(predictions.filter(({ iou }) => iou === null).length),
    one.referenceMl.toFixed(1),
    one.predictionMl.toFixed(1),
    figureText(one.dice),
    figureText(one.voe, '%'),
    figureText(one.rvd, '%'),
    figureText(one.lesionDice),
    figureText(one.typing.accuracy),
  ];
  const cells = numbers.map((number) => `<td class="number">${number}</td>`).join('');
  return `<tr><td>${escapeHtml(patient)}</td>${cells}</tr>`;
}

function caseTable({ cases }: LesionEvaluation): string {
  const heads = [
    'lesions',
    'predicted',
    'found, IoU > 0',
    'found, IoU > 0.5',
    'false alarms',
    'reference, ml',
    'predicted, ml',
    'Dice',
    'VOE',
    'RVD',
    'Dice of found',
    'right type',
  ];
  const head = heads.map((name) => `<th class="number">${escapeHtml(name)}</th>`).join('');
  return `<table><thead><tr><th>patient</th>${head}</tr></thead><tbody>${cases.map(caseLine).join('\n')}</tbody></table>`;
}

/** Inside HTML an SVG needs no namespaces, and the page then holds no address at all. */
async function inlineChart(title: string, note: string, spec: Vega.Spec): Promise<string> {
  const svg = (await renderChart(spec)).replaceAll(/ xmlns(:\w+)?="[^"]*"/g, '');
  return `<section><h2>${escapeHtml(title)}</h2>${svg}<p>${escapeHtml(note)}</p></section>`;
}

async function charts(evaluation: LesionEvaluation): Promise<string[]> {
  const roc = rocChart(evaluation);
  const reliability = reliabilityChart(evaluation);
  const sizes = sizeChart(evaluation);
  const freeResponse = freeResponseChart(evaluation);
  const typed = evaluation.pooled.typing.confusion.flat().some((lesions) => lesions > 0);
  return Promise.all([
    ...(sizes ? [inlineChart('Detection by size', 'Lesions found of those present.', sizes)] : []),
    ...(freeResponse
      ? [inlineChart('Free response by size', 'As the limit of the detection probability falls.', freeResponse)]
      : []),
    ...(typed
      ? [inlineChart('Types', 'Lesions; colour is the share of the row. Found is IoU > 0.', confusionChart(evaluation))]
      : []),
    ...(roc ? [inlineChart('Malignant against benign', 'Of P(HCC) + P(MET).', roc)] : []),
    ...(reliability
      ? [
          inlineChart(
            'Reliability of the types',
            'Points: how often the likeliest type is right, by its mean probability; numbers: lesions. On the dashed line probabilities are what they say.',
            reliability,
          ),
        ]
      : []),
    inlineChart('Dice by patient', 'All lesions of a scan as one mask; dashed: global Dice.', diceChart(evaluation)),
  ]);
}

/**
 * An HTML page of an evaluation: the table of its figures, a line for each scan, and graphs. It holds all that it shows
 * and asks the network for nothing.
 */
export async function renderLesionEvaluation(evaluation: LesionEvaluation): Promise<string> {
  const { pooled, convention, resamples, seed } = evaluation;
  const about =
    `${count(pooled.cases, 'scan')} of ${count(pooled.patients, 'patient')}, ` +
    `${count(pooled.referenceLesions, 'reference lesion')}, ${count(pooled.predictedLesions, 'predicted lesion')}. ` +
    `Detection as the LiTS challenge scores it; RVD by the ${convention} convention; ` +
    `intervals: ${resamples} bootstrap resamples of patients, seed ${seed}. ` +
    '– is not defined. For research use only.';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Lesion evaluation</title>
<style>${kStyle}</style>
</head>
<body>
<main>
<h1>Lesion evaluation</h1>
<p>${escapeHtml(about)}</p>
<div class="figures">
${figureTables(evaluation).join('\n')}
${(await charts(evaluation)).join('\n')}
</div>
<section class="wide"><h2>Patients</h2>${caseTable(evaluation)}</section>
</main>
</body>
</html>
`;
}
