/** What a result was computed from, and with: the part of `report.json` by which it can be computed again. */
import { stat } from 'node:fs/promises';
import type { ReportDocument } from '../documents/report.js';
import { hashOfInput } from '../io/file-hash.js';
import type { Volume } from '../types.js';

/** Where results go and what is said of them changes none; models stand by themselves. */
const kWithoutEffect = new Set(['out', 'json', 'quiet', 'verbose', 'overwrite', 'model', 'liverModel']);

/** What was asked for, or the defaults of the command line. */
export function givenOptions(options: object): ReportDocument['options'] {
  const entries = Object.entries(options as Record<string, unknown>);
  const given = entries.flatMap(([name, value]) => {
    if (kWithoutEffect.has(name) || value === undefined) return [];
    return [[name, typeof value === 'number' || typeof value === 'boolean' ? value : String(value)]];
  });
  return Object.fromEntries(given) as ReportDocument['options'];
}

async function filesOf(input: string, { report }: Volume): Promise<readonly string[]> {
  const found = await stat(input).catch(() => undefined);
  const slices = new Set(report?.slices.map(({ file }) => file).filter((file) => file !== ''));
  const present = await Promise.all(
    [...slices].map((file) =>
      stat(file).then(
        (one) => one.isFile(),
        () => false,
      ),
    ),
  );
  // What lies in an archive has no file of its own.
  return slices.size > 0 && present.every(Boolean) ? [...slices] : found?.isFile() ? [input] : [];
}

/** The files that the voxels came from, one after the other: hundreds of them lie on one disk. */
export async function hashedInputs(
  input: string,
  volume: Volume,
  signal: AbortSignal,
): Promise<ReportDocument['inputs']> {
  const hashed: ReportDocument['inputs'][number][] = [];
  for (const file of await filesOf(input, volume)) hashed.push({ file, sha256: await hashOfInput(file, signal) });
  return hashed;
}
