import type { Command } from 'commander';
import { InvalidArgumentError } from '../errors.js';
import { fetchWeights, listPublishedWeights } from '../index.js';
import { type CommonOptions, runCommand, type Session } from './session.js';

interface FetchCommandOptions extends CommonOptions {
  readonly url?: string;
  readonly sha256?: string;
  readonly cache?: string;
}

function sourceOf(name: string | undefined, { url, sha256 }: FetchCommandOptions) {
  if (name !== undefined && url === undefined && sha256 === undefined) return name;
  if (name === undefined && url !== undefined && sha256 !== undefined) return { url, sha256 };
  throw new InvalidArgumentError('INVALID_ARGUMENT', 'Expected NAME, or --url and --sha256', {
    remedy: 'hepatica weights list shows the names.',
  });
}

async function fetchCommand(name: string | undefined, options: FetchCommandOptions, session: Session): Promise<void> {
  const { signal, onProgress } = session;
  const cache = options.cache === undefined ? {} : { cache: options.cache };
  const fetched = await fetchWeights(sourceOf(name, options), { ...cache, signal, onProgress });
  session.result(fetched, [
    `${fetched.path}`,
    `${(fetched.bytes / 1e6).toFixed(1)} MB, SHA-256 ${fetched.sha256}${fetched.cached ? ', in the cache already' : ''}`,
  ]);
}

export function addWeightsCommand(program: Command): void {
  const weights = program.command('weights').description('published weights that a network can start from');
  weights
    .command('list')
    .description('the weights known by name')
    .option('--json', 'print the list as JSON')
    .action((options: CommonOptions) =>
      runCommand(options, async (session) => {
        const published = listPublishedWeights();
        session.result(
          published,
          published.map(({ name, description, url }) => `${name}  ${description}\n    ${url}`),
        );
      }),
    );
  weights
    .command('fetch')
    .description('download into the cache, once')
    .argument('[name]', 'one of the list')
    .option('--url <address>', 'another file')
    .option('--sha256 <digits>', 'its SHA-256')
    .option('--cache <folder>', 'where to keep it (default: ~/.cache/hepatica)')
    .option('--json', 'print the result, or the error, as JSON on standard output')
    .option('--quiet', 'no progress and no notes')
    .action((name: string | undefined, options: FetchCommandOptions) =>
      runCommand(options, (session) => fetchCommand(name, options, session)),
    );
}
