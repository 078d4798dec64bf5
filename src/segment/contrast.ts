import type { Contrast } from '../types.js';

const hu = (name: string, value: number | null) =>
  value === null ? `${name} not found` : `${name} ${value.toFixed(0)} HU`;

export function phaseName({ phase }: Contrast): string {
  return phase === 'unknown' ? 'contrast phase unknown' : phase === 'non-contrast' ? 'no contrast' : `${phase} phase`;
}

/** For a person: `portal venous (aorta 148 HU, liver 108 HU)`. */
export function describeContrast({ phase, aortaHu, liverHu }: Contrast): string {
  return `${phase.replace('portal-', 'portal ')} (${hu('aorta', aortaHu)}, ${hu('liver', liverHu)})`;
}
