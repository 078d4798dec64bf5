import { InvalidArgumentError } from '../errors.js';
import { discoverDataset } from '../index.js';
import type { TrainingCase } from '../types.js';

/** The cases of a dataset, or those of the patients named, separated by commas. */
export async function selectedCases<Case extends { readonly patient: string } = TrainingCase>(
  dataset: string,
  patients: string | undefined,
  discover: (dataset: string) => Promise<{ readonly cases: readonly Case[] }> = discoverDataset as never,
): Promise<readonly Case[]> {
  const { cases } = await discover(dataset);
  if (patients === undefined) return cases;
  const wanted = patients.split(',').map((name) => name.trim());
  const unknown = wanted.filter((name) => !cases.some(({ patient }) => patient === name));
  if (unknown.length > 0) {
    throw new InvalidArgumentError('INVALID_ARGUMENT', `Expected --patients of the dataset, received ${unknown}`, {
      file: dataset,
      field: 'patients',
      remedy: `It holds ${cases.map(({ patient }) => patient).join(', ')}.`,
    });
  }
  return cases.filter(({ patient }) => wanted.includes(patient));
}
