import { nativeError } from '../errors.js';
import type { DeviceOptions, RunOptions } from '../types.js';
import type { NativeBinding, NativeControl, NativeJob } from './binding.js';
import { type CallArgument, takeAll } from './call-arguments.js';
import { loadedNative, native } from './load.js';

/**
 * Runs a native call: passes the progress on, cancels it when `options.signal` aborts, and rejects with the signal's
 * reason then, with a typed error otherwise. Once a call was aborted it never resolves; an error that a callback throws
 * cancels the call too and rejects it.
 */
export async function runJob<Result>(
  options: RunOptions & DeviceOptions,
  start: (binding: NativeBinding, control: NativeControl) => NativeJob<Result>,
  onMessage?: (message: string) => void,
): Promise<Result> {
  const { signal, onProgress } = options;
  signal?.throwIfAborted();
  const { binding } = loadedNative() ?? (await native());
  signal?.throwIfAborted();

  let job: NativeJob<Result> | undefined;
  let callbackFailure: { error: unknown } | undefined;
  const cancel = () => job?.cancel();
  const onNews = (stage: string, fraction: number, messages: readonly string[]) => {
    if (callbackFailure || signal?.aborted) return;
    try {
      for (const message of messages) onMessage?.(message);
      if (stage !== '') onProgress?.({ stage, fraction });
    } catch (error) {
      callbackFailure = { error };
      cancel();
    }
  };
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    job = start(binding, {
      threads: options.threads ?? 0,
      device: options.device ?? 'auto',
      ...((onProgress || onMessage) && { onNews }),
    });
    const result = await job.promise;
    signal?.throwIfAborted();
    if (callbackFailure) throw callbackFailure.error;
    return result;
  } catch (error) {
    signal?.throwIfAborted();
    throw callbackFailure ? callbackFailure.error : nativeError(error);
  } finally {
    signal?.removeEventListener('abort', cancel);
  }
}

type HandleOf<Argument> = Argument extends CallArgument<infer Handle> ? Handle : null;
type HandlesOf<Arguments extends readonly unknown[]> = { [Index in keyof Arguments]: HandleOf<Arguments[Index]> };

/**
 * The same for a call that works on volumes, masks and models, which are brought into native memory first. To be called in
 * the tick of the caller's call; what has to be waited for before the native call begins is `ready`.
 */
export async function runJobOn<const Arguments extends readonly (CallArgument<unknown> | null)[], Result>(
  args: Arguments,
  options: RunOptions & DeviceOptions,
  start: (binding: NativeBinding, control: NativeControl, ...handles: HandlesOf<Arguments>) => NativeJob<Result>,
  ready?: () => Promise<void>,
): Promise<Result> {
  const { signal } = options;
  try {
    signal?.throwIfAborted();
    takeAll(args);
    await ready?.();
    const { binding } = loadedNative() ?? (await native());
    const handles: unknown[] = [];
    for (const argument of args) handles.push(argument && (await argument.load(binding, signal)));
    return await runJob(options, (_, control) => start(binding, control, ...(handles as HandlesOf<Arguments>)));
  } finally {
    for (const argument of args) argument?.release();
  }
}
