import { availableParallelism } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Canvas } from '@napi-rs/canvas';
import type { Progress } from '../types.js';

/** Node's thread pool has four threads unless told otherwise: one stays free for files and name look-ups. */
const kEncoders = Math.min(3, availableParallelism());

let encoding = 0;
const waiting: (() => void)[] = [];

/** Encodes on Node's thread pool: of all calls together only so many at once. Rejects where the signal aborts meanwhile. */
export async function encodePng(canvas: Canvas, signal?: AbortSignal): Promise<Uint8Array> {
  if (encoding < kEncoders) encoding++;
  else await new Promise<void>((resolve) => waiting.push(resolve));
  try {
    signal?.throwIfAborted();
    const file = new Uint8Array(await canvas.encode('png'));
    signal?.throwIfAborted();
    return file;
  } finally {
    const next = waiting.shift();
    if (next) next();
    else encoding--;
  }
}

export interface DrawOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/**
 * Draws `count` pictures, each in a turn of the event loop of its own, and encodes them meanwhile on other threads;
 * resolves to their PNG files in order.
 *
 * Encoding takes ten times as long as drawing: drawing on threads as well would gain little, and would need a file that
 * bundlers do not know of.
 */
export async function drawPictures(
  count: number,
  draw: (index: number) => Canvas,
  { signal, onProgress }: DrawOptions = {},
): Promise<Uint8Array[]> {
  const files: Uint8Array[] = [];
  let [begun, done, failed] = [0, 0, false];
  let turn: Promise<void> = Promise.resolve();
  const ownTurn = () => {
    turn = turn.then(() => nextTurn());
    return turn;
  };
  const work = async () => {
    while (begun < count && !failed) {
      const index = begun++;
      await ownTurn();
      signal?.throwIfAborted();
      files[index] = await encodePng(draw(index), signal);
      done++;
      if (!failed) onProgress?.({ stage: 'rendering', fraction: done / count });
    }
  };
  const stop = (error: unknown) => {
    failed = true;
    throw error;
  };
  signal?.throwIfAborted();
  await Promise.all(Array.from({ length: kEncoders }, () => work().catch(stop)));
  return files;
}
