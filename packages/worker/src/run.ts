/** `hepatica-worker`: one worker until a signal ends it; `hepatica-worker serve`: what is beside the workers, without one. */
import { InvalidArgumentError } from 'hepatica';
import type { Logger } from 'pino';
import type { WorkerConfig } from './config.js';
import { createLog, logWorker } from './log.js';
import { startServices } from './services.js';
import { within } from './within.js';
import { SeriesWorker } from './worker.js';

/** Closing waits for answers of Redis, which may be away. */
const kCloseMs = 3000;

function onSignal(log: Logger, end: () => Promise<unknown>): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      log.info({ signal }, 'draining');
      end().then(
        () => process.exit(0),
        () => process.exit(1),
      );
    });
  }
}

export async function runWorker(config: WorkerConfig): Promise<void> {
  const log = createLog(config);
  const worker = new SeriesWorker(config);
  logWorker(log, worker);
  // First: it answers while the networks are loaded.
  const services = await startServices(config, log, worker);
  onSignal(log, async () => {
    await worker.drain();
    await within(kCloseMs, services.close(), () => undefined);
  });
  await worker.start();
}

export async function runServices(config: WorkerConfig): Promise<void> {
  if (config.http === undefined && config.orthanc === undefined) {
    throw new InvalidArgumentError('INVALID_ARGUMENT', 'Expected http or orthanc to be given, received neither', {
      field: 'http',
      remedy: 'hepatica-worker serve --http 127.0.0.1:8080',
    });
  }
  const log = createLog(config);
  const services = await startServices(config, log);
  onSignal(log, () => within(kCloseMs, services.close(), () => undefined));
}
