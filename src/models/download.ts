import { randomBytes } from 'node:crypto';
import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { EnvHttpProxyAgent, type Response, fetch as undiciFetch } from 'undici';
import { DownloadError, HepaticaError, OutputError } from '../errors.js';
import { hashOf } from '../io/file-hash.js';
import type { Progress } from '../types.js';

interface DownloadOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
}

/** What the caller's `onProgress` threw: it ends the download, and the call rejects with it. */
class CallbackFailure extends Error {
  constructor(readonly error: unknown) {
    super('onProgress threw');
  }
}

/** Beyond any published network: a server that never stops sending must not fill the disk. */
const kMaxBytes = 4 * 2 ** 30;
/** A connection that is cut is taken up again as long as each brings something, but no more often than this. */
const kMaxConnections = 8;

/**
 * Downloads to `target` unless it is there: to `target.part` first, which a later call resumes, then renamed once the
 * hash is right. `sha256` may be the beginning of the hash.
 */
export async function download(url: URL, sha256: string, target: string, options: DownloadOptions) {
  options.signal?.throwIfAborted();
  if (existsSync(target)) {
    const hash = await hashOf(target, options.signal);
    if (hash.startsWith(sha256)) return describe(target, hash, true);
  }
  // A name of its own while it is written: two processes may fetch the same file.
  const own = `${target}.${randomBytes(4).toString('hex')}.part`;
  try {
    await mkdir(dirname(target), { recursive: true });
    await rename(`${target}.part`, own).catch(() => undefined);
    const resumed = (await sizeOf(own)) > 0;
    await fill(url, own, options);
    let hash = await hashOf(own, options.signal);
    if (!hash.startsWith(sha256) && resumed) {
      // The rest may have been of another file than the beginning.
      await rm(own);
      await fill(url, own, options);
      hash = await hashOf(own, options.signal);
    }
    if (!hash.startsWith(sha256)) throw await wrongHash(url, own, sha256, hash);
    await rename(own, target);
    return describe(target, hash, false);
  } catch (error) {
    if ((await sizeOf(own)) > 0) await rename(own, `${target}.part`).catch(() => undefined);
    options.signal?.throwIfAborted();
    throw asOwnError(error, url, target);
  }
}

async function describe(path: string, sha256: string, cached: boolean) {
  return { path, sha256, bytes: await sizeOf(path), cached };
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}

/** Requests the file, or what is missing of it, until it is whole. */
async function fill(url: URL, path: string, options: DownloadOptions): Promise<void> {
  const agent = new EnvHttpProxyAgent();
  try {
    for (let connection = 1; ; ++connection) {
      const before = await sizeOf(path);
      try {
        await receive(url, path, before, agent, options);
        return;
      } catch (error) {
        options.signal?.throwIfAborted();
        const progressed = (await sizeOf(path)) > before;
        const lasting = error instanceof HepaticaError || error instanceof CallbackFailure || isFileError(error);
        if (lasting || !progressed || connection === kMaxConnections) throw error;
      }
    }
  } finally {
    await agent.destroy();
  }
}

async function receive(
  url: URL,
  path: string,
  have: number,
  agent: EnvHttpProxyAgent,
  { signal, onProgress }: DownloadOptions,
): Promise<void> {
  // Compressed transfer has no ranges of the file itself.
  const headers = { 'accept-encoding': 'identity', ...(have > 0 && { range: `bytes=${have}-` }) };
  const response = await undiciFetch(url, { dispatcher: agent, headers, signal: signal ?? null });
  if (response.status === 416 && have > 0) {
    // Nothing is missing, or the file is a shorter one: the hash tells.
    await response.body?.cancel();
    return;
  }
  if (!response.ok || !response.body) throw await refusal(response, url);
  const start = response.status === 206 && startOfRange(response) === have ? have : 0;
  if (response.status === 206 && start !== have) {
    await response.body.cancel();
    throw failure(url, 'the server sent another part than it was asked for');
  }
  const total = start + Number(response.headers.get('content-length') ?? Number.NaN);
  let received = start;
  const tell = () => {
    if (!onProgress || !(total > 0)) return;
    try {
      onProgress({ stage: 'download', fraction: Math.min(received / total, 1) });
    } catch (error) {
      throw new CallbackFailure(error);
    }
  };
  tell();
  const counted = async function* (chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      received += chunk.length;
      if (received > kMaxBytes) throw failure(url, 'the file is larger than 4 GiB');
      yield chunk;
      tell();
    }
  };
  const file = createWriteStream(path, { flags: start > 0 ? 'a' : 'w' });
  await pipeline(Readable.fromWeb(response.body), counted, file, signal ? { signal } : {});
}

/** Of `Content-Range: bytes 100-199/200`. */
function startOfRange(response: Response): number {
  return Number(/^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1] ?? Number.NaN);
}

async function refusal(response: Response, url: URL): Promise<DownloadError> {
  await response.body?.cancel();
  return failure(url, `the server answered ${response.status} ${response.statusText}`.trimEnd());
}

function failure(url: URL, reason: string, cause?: unknown): DownloadError {
  return new DownloadError('DOWNLOAD_FAILED', `Cannot download ${bare(url)}: ${reason}`, {
    remedy: 'Check the address and the network; behind a proxy set HTTPS_PROXY. A later call resumes the download.',
    cause,
  });
}

/** Without a password, or the signature that some stores put into the query. */
function bare(url: URL): string {
  return `${url.origin}${url.pathname}`;
}

async function wrongHash(url: URL, path: string, expected: string, actual: string): Promise<DownloadError> {
  await rm(path, { force: true });
  return new DownloadError(
    'WRONG_HASH',
    `What ${bare(url)} sent has the SHA-256 ${actual}, and not ${expected}${expected.length < 64 ? '…' : ''}`,
    { remedy: 'Check the address and the hash; do not use the file if they are right: somebody changed it.' },
  );
}

function isFileError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && 'path' in error;
}

function asOwnError(error: unknown, url: URL, target: string): unknown {
  if (error instanceof HepaticaError) return error;
  if (error instanceof CallbackFailure) return error.error;
  if (!(error instanceof Error)) return error;
  if (isFileError(error) || (error as NodeJS.ErrnoException).code === 'ENOSPC') {
    return new OutputError('OUTPUT_UNWRITABLE', `Cannot write ${target}: ${error.message}`, {
      file: target,
      remedy: 'Choose another cache folder, on a disk with space.',
      cause: error,
    });
  }
  const cause = error.cause instanceof Error ? error.cause.message : error.message;
  return failure(url, cause, error);
}
