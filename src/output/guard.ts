import { basename, dirname } from 'node:path';
import { OutputError } from '../errors.js';
import { type Relation, relationOf } from './places.js';

const kWords: Readonly<Record<Relation, string>> = { same: 'is', inside: 'lies in', around: 'holds' };

/** A DICOMDIR stands for the files that it names, which lie beside and below it. */
function extentOf(input: string): string {
  return basename(input).toUpperCase() === 'DICOMDIR' ? dirname(input) : input;
}

/**
 * Refuses what would write, replace or remove an input, or put files into one.
 *
 * @param targets - each file or folder that would be written, replaced or removed as a whole
 * @throws {@link OutputError} `OUTPUT_IS_INPUT`
 */
export async function refuseInputs(targets: readonly string[], inputs: readonly string[]): Promise<void> {
  for (const input of new Set(inputs)) {
    for (const target of targets) refuseRelation(target, input, await relationOf(target, extentOf(input)));
  }
}

/**
 * Refuses an output folder that is an input folder, or lies in one: the next reading of that input would find the
 * outputs. A folder around an input is fine; what is written in it is for {@link refuseInputs}.
 *
 * @throws {@link OutputError} `OUTPUT_IS_INPUT`
 */
export async function refuseFolderInInputs(folder: string, inputs: readonly string[]): Promise<void> {
  for (const input of new Set(inputs)) {
    const relation = await relationOf(folder, extentOf(input));
    if (relation !== 'around') refuseRelation(folder, input, relation);
  }
}

function refuseRelation(target: string, input: string, relation: Relation | undefined): void {
  if (relation === undefined) return;
  const message = `Expected outputs to lie apart from the inputs, received ${target}, which ${kWords[relation]} the input ${input}`;
  throw new OutputError('OUTPUT_IS_INPUT', message, {
    file: target,
    remedy: 'Write to another folder, or under another name.',
  });
}
