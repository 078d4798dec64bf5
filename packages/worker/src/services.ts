/** What a process does beside computing: it answers by HTTP, and follows an Orthanc. */
import type { Logger } from 'pino';
import { serversOf, type WorkerConfig } from './config.js';
import { DicomWebServer } from './dicomweb.js';
import { WorkerError } from './failure.js';
import { type RunningFront, startFront } from './http/start.js';
import { seriesMark } from './log.js';
import { OrthancChanges } from './orthanc-changes.js';
import { JobQueue } from './queue.js';
import { selectSeriesOfStudy } from './select-series.js';
import { ServerConnection } from './server-connection.js';
import type { SeriesWorker } from './worker.js';

/** DICOMweb servers by the names that jobs give them. */
class Archives {
  readonly #servers: ReadonlyMap<string, DicomWebServer>;

  constructor(config: WorkerConfig) {
    const servers = Object.entries(serversOf(config));
    this.#servers = new Map(servers.map(([name, server]) => [name, new DicomWebServer(name, server)]));
  }

  get(name: string): DicomWebServer {
    const server = this.#servers.get(name);
    if (server) return server;
    throw new WorkerError('UNKNOWN_SERVER', `The configuration has no server ${name}`);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#servers.values()].map((server) => server.close()));
  }
}

interface Following {
  close(): Promise<void>;
}

function followOrthanc(config: WorkerConfig, queue: JobQueue, archives: Archives, log: Logger): Following | null {
  const { orthanc: url, orthancServer: server, orthancFrom: from, orthancPollSeconds: pollSeconds, rules } = config;
  if (url === undefined) return null;
  const archive = archives.get(server);
  const connection = new ServerConnection(server, { ...serversOf(config)[server], url });
  const changes = new OrthancChanges(
    { queue, connection, archive, server, rules, from, pollSeconds },
    {
      onStable: (series, added) =>
        log.info(
          { server, series: seriesMark(series), ...(added && { job: added.id, existed: added.existed }) },
          added ? 'stable series queued' : 'stable series passed over',
        ),
      onFailure: (err) => log.warn({ err, server }, 'changes of the archive cannot be read'),
    },
  );
  const ended = new AbortController();
  const following = changes.follow(ended.signal);
  return {
    close: async () => {
      ended.abort();
      await following;
      await connection.close();
    },
  };
}

export interface Services {
  /** Of the HTTP front; null where the configuration has none. */
  readonly port: number | null;
  close(): Promise<void>;
}

/** @param worker - of this process, where it computes too */
export async function startServices(config: WorkerConfig, log: Logger, worker?: SeriesWorker): Promise<Services> {
  const queue = new JobQueue(config);
  const archives = new Archives(config);
  const front: RunningFront | null = await startFront(config, {
    queue,
    log,
    ...(worker && { worker }),
    select: (server, study, signal) => selectSeriesOfStudy(archives.get(server), study, config.rules, signal),
  });
  const following = followOrthanc(config, queue, archives, log);
  return {
    port: front?.port ?? null,
    close: async () => {
      await following?.close();
      await front?.close();
      await archives.close();
      await queue.close();
    },
  };
}
