/** The table of lesions, as HTML that shows and copies without a script. */
import { escapeHtml } from '../html.js';
import { natureOf } from '../lesions/lesion-nature.js';
import { kLesionTypes } from '../lesions/lesion-types.js';
import type { Lesion, LesionType } from '../types.js';

const kTypeNames: Readonly<Record<LesionType, string>> = {
  CYS: 'Cyst',
  ANG: 'Haemangioma',
  HCC: 'Hepatocellular carcinoma',
  MET: 'Metastasis',
};

/** What the table needs of a lesion: `lesions.json` holds it, whose perimeters come as lists. */
export type ListedLesion = Omit<Lesion, 'perimeters' | 'slices' | 'boundingBox' | keyof Later> & {
  /** Files of earlier versions lack them. */
  readonly [Key in keyof Later]?: Later[Key] | undefined;
};

type Later = Pick<
  Lesion,
  'indeterminate' | 'recistMeasurable' | 'surfaceDistanceMm' | 'octant' | 'sphericity' | 'marginSharpness' | 'arterial'
>;

interface Column {
  readonly name: string;
  readonly isText?: boolean;
  /** On a card it takes a line. */
  readonly isWide?: boolean;
  /** Where no lesion has it, the column is left out. */
  readonly isShown?: (lesion: ListedLesion) => boolean;
  readonly cell: (lesion: ListedLesion) => string;
}

const typeText = ({ type, indeterminate }: ListedLesion) =>
  indeterminate ? `Indeterminate (likeliest ${type})` : `${kTypeNames[type]} (${type})`;

const percent = (fraction: number) => `${(fraction * 100).toFixed(0)} %`;

const kColumns: readonly Column[] = [
  { name: 'Lesion', isText: true, cell: ({ id }) => String(id) },
  { name: 'Type', isText: true, cell: typeText },
  ...kLesionTypes.map((type) => ({
    name: `P(${type})`,
    cell: ({ probabilities }: ListedLesion) => percent(probabilities[type]),
  })),
  { name: 'Malignant', cell: ({ malignancyProbability }) => percent(malignancyProbability) },
  { name: 'Detection', cell: ({ detectionProbability }) => percent(detectionProbability) },
  {
    name: 'Longest × perpendicular, mm',
    isWide: true,
    cell: ({ diameterMm, perpendicularMm }) => `${diameterMm.toFixed(1)} × ${perpendicularMm.toFixed(1)}`,
  },
  { name: 'Volume, ml', cell: ({ volumeMl }) => volumeMl.toFixed(2) },
  { name: 'HU, mean ± SD', cell: ({ meanHu, sdHu }) => `${meanHu.toFixed(0)} ± ${sdHu.toFixed(0)}` },
  {
    name: 'HU, arterial (liver)',
    isShown: ({ arterial }) => arterial !== undefined,
    cell: ({ arterial: signs }) =>
      signs ? `${signs.arterial.meanHu.toFixed(0)} (${signs.arterial.liverHu.toFixed(0)})` : 'not shown',
  },
  {
    name: 'RECIST 1.1',
    isText: true,
    cell: ({ recistMeasurable: is }) => (is === undefined ? '' : is ? 'measurable' : 'not measurable'),
  },
  {
    name: 'Place (rough)',
    isText: true,
    cell: ({ octant }) => (octant ? `${octant.side} ${octant.sector}, about ${octant.couinaud}` : ''),
  },
  { name: 'To surface, mm', cell: ({ surfaceDistanceMm }) => surfaceDistanceMm?.toFixed(0) ?? '' },
  { name: 'Slice', cell: ({ diameterSlice }) => String(diameterSlice) },
  { name: 'Centre, mm (LPS)', isWide: true, cell: ({ centreMm }) => centreMm.map((mm) => mm.toFixed(1)).join(', ') },
];

function row(lesion: ListedLesion, columns: readonly Column[]): string {
  const nature = natureOf(lesion);
  const cells = columns.map(({ name, isText, isWide, cell }) => {
    const classes = [
      ...(isText ? ['text'] : []),
      ...(isWide ? ['wide'] : []),
      ...(name === 'Type' ? [nature] : []),
    ].join(' ');
    return `<td class="${classes}" data-name="${escapeHtml(name)}">${escapeHtml(cell(lesion))}</td>`;
  });
  return `<tr data-lesion="${lesion.id}" tabindex="0">${cells.join('')}</tr>`;
}

export function lesionTable(lesions: readonly ListedLesion[]): string {
  if (lesions.length === 0) return '<p>No lesion was found above the threshold. That does not exclude one.</p>';
  const columns = kColumns.filter(({ isShown }) => isShown === undefined || lesions.some(isShown));
  const heads = columns.map(
    ({ name, isText }) => `<th scope="col"${isText ? ' class="text"' : ''}>${escapeHtml(name)}</th>`,
  );
  return (
    `<table><thead><tr>${heads.join('')}</tr></thead><tbody>${lesions.map((lesion) => row(lesion, columns)).join('\n')}</tbody></table>` +
    '<p>Slices and voxels count from 0, as in lesions.json. The place is told from the outline of the liver, without its ' +
    'vessels. <button type="button" id="copy">Copy the table</button></p>'
  );
}
