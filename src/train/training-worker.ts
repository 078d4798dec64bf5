/** One of the processes that a training starts beside its own: computes what it is sent, and tells how that ended. */
import { HepaticaError } from '../errors.js';
import { runJob } from '../native/job.js';
import type { WorkerAnswer, WorkerOrder } from './training-processes.js';

async function answerTo({ name, plan, process: place, threads, device }: WorkerOrder): Promise<WorkerAnswer> {
  try {
    const text = JSON.stringify({ ...plan, process: place });
    const { warnings } = await runJob({ threads, device }, (native, control) =>
      name === 'trainLesionClassifier'
        ? native.trainLesionClassifier(text, null, null, control)
        : native[name](text, control),
    );
    return { warnings };
  } catch (error) {
    const { code, message, file, field, remedy } =
      error instanceof HepaticaError ? error : new HepaticaError('INTERNAL_ERROR', (error as Error).message);
    return { error: { code, message, ...(file && { file }), ...(field && { field }), ...(remedy && { remedy }) } };
  }
}

process.once('message', async (order: WorkerOrder) => {
  const answer = await answerTo(order);
  process.send?.(answer, () => process.exit('error' in answer ? 1 : 0));
});
// Whoever started it is gone.
process.once('disconnect', () => process.exit(1));
