import type { ModelIdentity } from '../types.js';

/** The networks that ran, in one text; documents of earlier versions name the weights' kind alone. */
export function describeNetworks({ kind, networks }: ModelIdentity): string {
  return (networks ?? [kind]).join(' + ');
}
