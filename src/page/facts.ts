/** What is said of scan and result on a page. */
import { describeNetworks } from '../models/networks.js';
import { describeContrast } from '../segment/contrast.js';
import type { Contrast, Geometry, ModelIdentity, SeriesReport } from '../types.js';

type SeriesTexts = Pick<SeriesReport, 'patientId' | 'seriesDescription' | 'contrastAgent' | 'manufacturer'>;

export interface Findings {
  /** Null for NIfTI. */
  readonly series: SeriesTexts | null;
  readonly grid: Geometry;
  readonly structure: string;
  readonly volumeMl: number;
  /** Where lesions were looked for. */
  readonly threshold?: number;
  readonly contrast?: Contrast | undefined;
  readonly device: string;
  readonly networks: {
    readonly segmentation?: ModelIdentity | undefined;
    readonly lesions?: ModelIdentity | undefined;
  };
  /** hepatica's version. */
  readonly hepatica: string;
}

export type Fact = readonly [name: string, value: string];

function seriesFacts(series: SeriesTexts | null): Fact[] {
  if (!series) return [];
  const texts: Fact[] = [
    ['Patient ID', series.patientId],
    ['Series', series.seriesDescription],
    ['Contrast', series.contrastAgent],
    ['Scanner', series.manufacturer],
  ];
  return texts.filter(([, value]) => value !== '');
}

function networkFact(name: string, model: ModelIdentity | undefined): Fact[] {
  if (!model) return [];
  const { version, sha256, dataset } = model;
  const trainedOn = dataset === undefined ? '' : `trained on ${dataset}`;
  const parts = [describeNetworks(model), version, `SHA-256 ${sha256.slice(0, 12)}…`, trainedOn];
  return [[name, parts.filter((part) => part !== '').join(', ')]];
}

export function factsOf({
  series,
  grid,
  structure,
  volumeMl,
  threshold,
  contrast,
  device,
  networks,
  hepatica,
}: Findings): Fact[] {
  const spacing = grid.spacing.map((mm) => Number(mm.toFixed(3)));
  return [
    ...seriesFacts(series),
    ['Voxels', `${grid.size.join(' × ')} of ${spacing.join(' × ')} mm`],
    [structure, `${volumeMl.toFixed(0)} ml`],
    ...(contrast ? [['Contrast phase, by HU', describeContrast(contrast)] as const] : []),
    ...(threshold === undefined ? [] : [['detection threshold', String(Number(threshold.toFixed(3)))] as const]),
    ['computed on', device],
    ...networkFact(`network of ${structure}`, networks.segmentation),
    ...networkFact('network of lesions', networks.lesions),
    ['hepatica', hepatica],
  ];
}
