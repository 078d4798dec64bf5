import { manifest } from '../loading/packages.js';
import { checkOptions, invalidArgument } from '../schema/check.js';
import { reportPageOptions } from '../schema/render.js';
import type { Geometry, LesionClassification, ReportPageOptions } from '../types.js';
import { checkGeometry, checkSameGrid } from '../volume/geometry.js';
import { factsOf } from './facts.js';
import { renderPage } from './report-page.js';

function checkVoxels(field: string, { size }: Geometry, voxels: ArrayLike<number>): void {
  const count = size[0] * size[1] * size[2];
  if (voxels.length !== count) throw invalidArgument(field, `${count} voxels, none disposed of`, voxels.length, field);
}

function checkFound(found: unknown): asserts found is LesionClassification {
  const parts =
    typeof found === 'object' && found !== null && ['liver', 'volume', 'lesions'].every((name) => name in found);
  if (!parts) throw invalidArgument('found', 'a result of classifyLesions', found);
  const { volume, liver, ...result } = found as LesionClassification;
  checkGeometry('found.volume', volume);
  checkSameGrid('found', volume, checkGeometry('found', result));
  checkSameGrid('found.liver', volume, checkGeometry('found.liver', liver));
  checkVoxels('found.volume.data', volume, volume.data);
  checkVoxels('found.mask', volume, result.mask);
  checkVoxels('found.liver.mask', volume, liver.mask);
}

/**
 * An HTML page of a result, for a browser with WebGL 2: the scan with the outlines of liver and lesions in three planes,
 * a table of the lesions whose lines lead to each, and the warnings. It holds all that it shows and asks the network for
 * nothing. Of a scan of more than 33 million voxels it holds the liver with 25 mm around, in fewer pixels where that is
 * still more, and says so. The scan's voxels and the patient's ID are in it: treat it as the scan.
 *
 * @param found - a result of `classifyLesions`
 * @throws {@link InvalidArgumentError} `GEOMETRY_MISMATCH`
 */
export async function renderReportPage(found: LesionClassification, options: ReportPageOptions = {}): Promise<string> {
  const { title, signal } = checkOptions(reportPageOptions, options);
  checkFound(found);
  const { volume, liver, mask, lesions, warnings, plausibility, plausibilityReasons, threshold, device } = found;
  return renderPage(
    {
      title: title ?? (volume.report?.seriesDescription || 'Lesions of the liver'),
      volume,
      structure: { name: liver.structure, mask: liver.mask, boundingBox: liver.boundingBox },
      lesions: { mask, found: lesions },
      facts: factsOf({
        series: volume.report,
        grid: volume,
        structure: liver.structure,
        volumeMl: liver.volumeMl,
        threshold,
        contrast: found.contrast,
        device,
        networks: { segmentation: liver.model, lesions: found.model },
        hepatica: manifest.version,
      }),
      warnings,
      plausibility,
      plausibilityReasons,
    },
    signal,
  );
}
