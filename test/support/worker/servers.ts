// What workers work between: an archive, reached through a proxy that can fail, and a queue.
import { makeFolder } from '../programs.js';
import { kWithoutRedis, type Redis, startRedis } from '../redis.js';
import { kWithoutOrthanc, type Orthanc, startOrthanc } from '../viewer/orthanc.js';
import { ArchiveProxy } from './archive-proxy.js';
import { type NetworkFiles, writeNetworks } from './phantoms.js';
import { kWithoutWorker } from './process.js';

/** What is missing of them, or of the workers' program. */
export const kWithoutServers = kWithoutOrthanc || kWithoutRedis || kWithoutWorker;

export interface Servers {
  folder: ReturnType<typeof makeFolder>;
  networks: NetworkFiles;
  orthanc: Orthanc;
  redis: Redis;
  proxy: ArchiveProxy;
}

/** @param redisArguments - of the folder that goes with the servers */
export async function startServers(redisArguments: (folder: string) => string[] = () => []): Promise<Servers> {
  const folder = makeFolder();
  const orthanc = await startOrthanc();
  return {
    folder,
    networks: writeNetworks(folder.path),
    orthanc,
    redis: await startRedis(...redisArguments(folder.path)),
    proxy: await new ArchiveProxy(orthanc.url).start(),
  };
}

export async function stopServers({ proxy, redis, orthanc, folder }: Partial<Servers>): Promise<void> {
  await proxy?.stop();
  await redis?.stop();
  await orthanc?.stop();
  folder?.remove();
}
