/** Figures for Prometheus. */
import { Registry } from 'prom-client';

export function createMetrics(): Registry {
  return new Registry();
}
