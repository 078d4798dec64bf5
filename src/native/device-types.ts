import type { Warning } from '../types.js';

/** Calls in a line: how many may go on at once, how many do, and how many wait for their turn. */
export interface JobCounts {
  /** How many may go on at once. */
  readonly concurrency: number;
  /** How many do. */
  readonly running: number;
  /** How many wait for their turn. */
  readonly waiting: number;
}

/** What hepatica would compute with. */
export interface DeviceInfo {
  /** hepatica's. */
  readonly version: string;
  /** libtorch's version. */
  readonly libtorch: string;
  /** The GPUs. */
  readonly cuda: {
    readonly available: boolean;
    /** Names as in results: `cuda:0 NAME`. */
    readonly devices: readonly string[];
    /** True where this libtorch runs the networks there too, not only the preprocessing. */
    readonly networks: boolean;
    /** Why no device can be used; empty where one can. */
    readonly reason: string;
    /** Why the networks do not run there; empty where they do. */
    readonly networksReason: string;
  };
  /** The processor. */
  readonly cpu: {
    readonly features: readonly string[];
    /** True where `precision: 'auto'` takes bf16. */
    readonly bf16: boolean;
    /** What a call computes with unless its option `threads` says otherwise. */
    readonly threads: number;
  };
  /** Calls of this process, worker threads' among them; `configure` bounds them. Those on all devices and on files. */
  readonly jobs: JobCounts;
  /** The calls on each device, the CPU first. */
  readonly queues: readonly (JobCounts & {
    /** As in results: `cpu`, or `cuda:0 NAME`. */
    readonly device: string;
  })[];
}

/** What was preloaded for. */
export interface Preloaded {
  /** `cpu`, or `cuda:0 NAME`. */
  readonly device: string;
  /** What the networks compute in there. */
  readonly precision: 'fp32' | 'tf32' | 'bf16';
  /** Of loading the native part, and of the device. */
  readonly warnings: readonly Warning[];
  /** How long it took. */
  readonly milliseconds: number;
}
