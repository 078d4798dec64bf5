/** What trainings have in common from their cases on, whatever a case is. */
import type { z } from 'zod';
import type { NativeBinding, NativeControl, NativeJob } from '../native/binding.js';
import { runJob } from '../native/job.js';
import { refuseFolderInInputs, refuseInputs } from '../output/guard.js';
import type { trainRunOptions } from '../schema/train.js';
import type { TrainRunOptions, Warning } from '../types.js';
import { type HashedEntry, hashDataset, requireReadable } from './training-input.js';
import { runTraining, type TrainingCall } from './training-processes.js';
import {
  cacheFolder,
  checkRunOutputs,
  type EndedTraining,
  type EpochRecord,
  publishedNames,
  splitOf,
} from './training-run.js';

type NativeCase = Record<string, unknown>;

/** A training on cases that were found. */
export interface CaseTraining<Case extends { readonly patient: string }> {
  readonly found: { readonly cases: readonly Case[]; readonly warnings: readonly Warning[] };
  /** Beside the cases' files, what no output may take the place of. */
  readonly inputs: readonly (string | undefined)[];
  /** The options as the native side takes them. */
  readonly settings: Record<string, unknown>;
  readonly filesOf: (entry: Case) => string[];
  readonly saidOf: (entry: Case) => HashedEntry;
  readonly nativeOf: (entry: Case, validation: boolean) => Promise<NativeCase>;
  /** Throws where nothing could be learned, or written. */
  readonly checkCases?: (validation: ReadonlySet<string>) => void;
  readonly name: TrainingCall['name'];
  readonly check: (native: NativeBinding, plan: string, control: NativeControl) => NativeJob<void>;
  readonly start: TrainingCall['start'];
}

/** Checks all that can be said without reading a scan, then trains. */
export async function trainOnCases<Case extends { readonly patient: string }>(
  { found, inputs, settings, filesOf, saidOf, nativeOf, checkCases, name, check, start }: CaseTraining<Case>,
  options: TrainRunOptions,
  checked: z.output<typeof trainRunOptions>,
): Promise<EndedTraining> {
  const { signal, onEpoch } = checked;
  const patients = found.cases.map(({ patient }) => patient);
  const files = found.cases.flatMap(filesOf);
  const given = inputs.filter((path) => path !== undefined);
  await checkRunOutputs(checked, [...given, ...files]);
  const split = splitOf(patients, checked);
  const validation = new Set(split.validation);
  checkCases?.(validation);
  const cache = cacheFolder(checked);
  if (cache !== undefined) {
    await refuseInputs([cache], files);
    await refuseFolderInInputs(cache, given);
  }
  await requireReadable(files);
  const cases = await Promise.all(found.cases.map((entry) => nativeOf(entry, validation.has(entry.patient))));
  const { onProgress: _, ...unheard } = options;
  const planned = JSON.stringify({ cases, options: settings });
  await runJob(unheard, (native, control) => check(native, planned, control));
  const hashed = await hashDataset(found.cases.map(saidOf), signal);
  const published = publishedNames(patients, hashed, checked);
  const known = { dataset_sha256: hashed.sha256, published_patients: published };
  const named = cases.map((entry, i) => ({ ...entry, content_sha256: hashed.entries[i] }));
  const plan = { cases: named, options: { ...settings, ...known } };
  const report = (record: string) => onEpoch?.(JSON.parse(record) as EpochRecord);
  const native = await runTraining({ name, plan, start }, checked.processes, options, report);
  return { native, split, publishedPatients: published, warnings: found.warnings };
}
