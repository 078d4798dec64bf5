/** `hepatica-worker`: one worker until a signal ends it. */
import type { WorkerConfig } from './config.js';
import { createLog, logWorker } from './log.js';
import { SeriesWorker } from './worker.js';

export async function runWorker(config: WorkerConfig): Promise<void> {
  const log = createLog(config);
  const worker = new SeriesWorker(config);
  logWorker(log, worker);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      log.info({ signal }, 'draining');
      worker.drain().then(
        () => process.exit(0),
        () => process.exit(1),
      );
    });
  }
  await worker.start();
}
