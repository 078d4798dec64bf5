import type * as Vega from 'vega';

/** Draws a Vega specification as an SVG document: the same bytes for the same specification. */
export async function renderChart(spec: Vega.Spec): Promise<string> {
  // Loaded when it is needed: a static import of Vega awaits at its top level, which keeps require('hepatica') out.
  const vega = await import('vega');
  const view = new vega.View(vega.parse(spec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  return svg;
}
