// Runs worker.ts: a worker thread does not inherit tsx's hooks.
import { register } from 'tsx/esm/api';

register();
await import('./worker.ts');
