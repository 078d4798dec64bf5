/** Several processes that train one network together: started here, or by what starts one on each machine. */
import { type ChildProcess, fork } from 'node:child_process';
import { createServer } from 'node:net';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type ErrorCode, kErrorCodes } from '../error-codes.js';
import { type ErrorDetails, HepaticaError, nativeError, TrainingError } from '../errors.js';
import type { NativeBinding, NativeControl, NativeJob, NativeTrainingResult } from '../native/binding.js';
import { runJob } from '../native/job.js';
import { invalidArgument } from '../schema/check.js';
import type { DeviceChoice, DeviceOptions, RunOptions, Warning } from '../types.js';

/** Where one process stands among those that train together; see native/training/loop/process_place.h. */
export interface ProcessPlace {
  readonly rank: number;
  readonly size: number;
  readonly address: string;
  readonly port: number;
  readonly agent_prefix?: string;
  readonly interface?: string;
}

/** A native training and what it is asked to do. */
export interface TrainingCall {
  readonly name: 'trainSegmenter' | 'trainStructures' | 'trainLesionClassifier';
  readonly plan: { readonly cases: unknown; readonly options: unknown };
  /** Here; other processes read the weights that they begin with from their files. */
  readonly start: (native: NativeBinding, plan: string, control: NativeControl) => NativeJob<NativeTrainingResult>;
}

/** What a worker is sent, and what it answers. */
export interface WorkerOrder extends Pick<TrainingCall, 'name' | 'plan'> {
  readonly threads: number;
  readonly device: DeviceChoice;
  readonly process: ProcessPlace;
}
export type WorkerAnswer =
  | { readonly warnings: readonly Warning[] }
  | { readonly error: ErrorDetails & { readonly code: ErrorCode; readonly message: string } };

const kVariables = ['RANK', 'WORLD_SIZE', 'MASTER_ADDR', 'MASTER_PORT'] as const;

/**
 * What `torchrun` or Kubernetes' PyTorchJob say of this process; undefined where they say nothing, or that it is alone.
 */
export function placeFromEnvironment(environment: NodeJS.ProcessEnv = process.env): ProcessPlace | undefined {
  const [rank, size, address, port] = kVariables.map((name) => environment[name] ?? '') as [
    string,
    string,
    string,
    string,
  ];
  if (rank === '' || size === '') return undefined;
  const numberOf = (name: string, text: string, low: number, high: number) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= low && value <= high) return value;
    throw invalidArgument(name, `the environment's whole number from ${low} to ${high}`, text);
  };
  const processes = numberOf('WORLD_SIZE', size, 1, 4096);
  if (processes === 1) return undefined;
  if (address === '') throw invalidArgument('MASTER_ADDR', 'the name of the machine on which process 0 runs', address);
  const { TORCHELASTIC_USE_AGENT_STORE: agent, TORCHELASTIC_RESTART_COUNT: restarts = '0' } = environment;
  const { TORCHELASTIC_RUN_ID: run = '', GLOO_SOCKET_IFNAME: network } = environment;
  return {
    rank: numberOf('RANK', rank, 0, processes - 1),
    size: processes,
    address,
    port: numberOf('MASTER_PORT', port, 1, 65_535),
    ...(agent === 'True' && { agent_prefix: `${run}/${restarts}/` }),
    ...(network !== undefined && { interface: network }),
  };
}

/** Whether this process is the one that writes. */
export const isFirstProcess = (): boolean => (placeFromEnvironment()?.rank ?? 0) === 0;

/** One that nobody listened at a moment ago. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

/** What a worker writes on its way down. */
const kMostErrorText = 2000;

/** One of the processes beside this one. */
class Worker {
  readonly #child: ChildProcess;
  /** Undefined where it went without a word. */
  answer: WorkerAnswer | undefined;
  readonly ended: Promise<void>;
  #text = '';
  #end: string | undefined;

  constructor(readonly order: WorkerOrder) {
    const script = new URL(`./training-worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);
    this.#child = fork(fileURLToPath(script), { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#text = (this.#text + chunk.toString()).slice(-kMostErrorText);
    });
    this.#child.on('message', (answer: WorkerAnswer) => {
      this.answer = answer;
    });
    this.ended = new Promise((resolve) => {
      this.#child.once('error', (error) => {
        this.#end ??= `cannot be started: ${error.message}`;
        resolve();
      });
      this.#child.once('close', (code, signal) => {
        this.#end ??= signal ? `was ended by ${signal}` : `ended with exit code ${code}`;
        resolve();
      });
    });
    this.#child.send(order);
  }

  get failed(): boolean {
    return this.#end !== undefined && !(this.answer && 'warnings' in this.answer);
  }

  /** Why it ended before its time: its own error, where it told one. */
  failure(): HepaticaError {
    if (this.answer && 'error' in this.answer) {
      const { message, ...details } = this.answer.error;
      const error = new Error(`Process ${this.order.process.rank}: ${message}`);
      return nativeError(Object.assign(error, details, { kind: kErrorCodes[details.code] })) as HepaticaError;
    }
    const text = this.#text.trim() === '' ? '' : `: ${this.#text.trim()}`;
    return new TrainingError('PROCESS_LOST', `Process ${this.order.process.rank} of the training ${this.#end}${text}`, {
      field: 'processes',
      remedy: 'Go on from the last checkpoint with resume, perhaps with fewer processes.',
    });
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

/** How long the native part may take to see for itself that another process is gone. */
const kNoticeMs = 60_000;

async function runWithWorkers(
  call: TrainingCall,
  processes: number,
  options: RunOptions & DeviceOptions,
  onMessage: (message: string) => void,
): Promise<NativeTrainingResult> {
  const threads = Math.max(1, Math.floor((options.threads ?? availableParallelism()) / processes));
  const common = { size: processes, address: '127.0.0.1', port: await freePort() };
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  const workers = Array.from(
    { length: processes - 1 },
    (_, i) =>
      new Worker({
        name: call.name,
        plan: call.plan,
        threads,
        device: options.device ?? 'auto',
        process: { rank: i + 1, ...common },
      }),
  );
  const timers: NodeJS.Timeout[] = [];
  let over = false;
  for (const worker of workers) {
    worker.ended.then(() => {
      // Where the others had not met yet, nothing else tells the native part.
      if (worker.failed && !over) timers.push(setTimeout(() => stop.abort(worker.failure()), started ? kNoticeMs : 0));
    });
  }
  let started = false;
  try {
    const plan = JSON.stringify({ ...call.plan, process: { rank: 0, ...common } });
    const onProgress: RunOptions['onProgress'] = (progress) => {
      started = true;
      options.onProgress?.(progress);
    };
    const result = await runJob(
      { ...options, onProgress, threads, signal },
      (native, control) => call.start(native, plan, control),
      onMessage,
    );
    await Promise.all(workers.map(({ ended }) => ended));
    const warnings = workers.flatMap(({ answer }) => (answer && 'warnings' in answer ? answer.warnings : []));
    return { ...result, warnings: [...result.warnings, ...warnings] };
  } catch (error) {
    options.signal?.throwIfAborted();
    throw endsBecauseOfOthers(error) ? ((await firstFailure(workers)) ?? error) : error;
  } finally {
    over = true;
    timers.forEach(clearTimeout);
    for (const worker of workers) worker.kill();
    await Promise.all(workers.map(({ ended }) => ended));
  }
}

const endsBecauseOfOthers = (error: unknown): boolean =>
  error instanceof HepaticaError && (error.code === 'PROCESS_LOST' || error.code === 'RENDEZVOUS_FAILED');

/** The error of the worker that failed by itself; the others end because that one did. */
async function firstFailure(workers: readonly Worker[]): Promise<HepaticaError | undefined> {
  const aSecond = new Promise((resolve) => setTimeout(resolve, 1000).unref());
  await Promise.race([Promise.all(workers.map(({ ended }) => ended)), aSecond]);
  const failures = workers.filter(({ failed }) => failed).map((worker) => ({ worker, error: worker.failure() }));
  const own = failures.find(({ worker, error }) => !worker.answer || error.code !== 'PROCESS_LOST');
  return own?.error;
}

/**
 * Runs a training in this process, in so many of this machine, or as one of those that the environment tells of. Only
 * the first process writes, and tells of epochs.
 */
export async function runTraining(
  call: TrainingCall,
  processes: number,
  options: RunOptions & DeviceOptions,
  onMessage: (message: string) => void,
): Promise<NativeTrainingResult> {
  const place = placeFromEnvironment();
  if (place && processes > 1) {
    throw invalidArgument('processes', 'left out where RANK and WORLD_SIZE say how many train together', processes);
  }
  if (processes > 1) return runWithWorkers(call, processes, options, onMessage);
  const plan = JSON.stringify(place ? { ...call.plan, process: place } : call.plan);
  return runJob(options, (native, control) => call.start(native, plan, control), onMessage);
}
