/**
 * An archive as HTTP reaches it: its address, credentials and certificates. Only addresses below the configured root are
 * asked, and where a server points to another address, nobody goes there.
 */
import { readFileSync } from 'node:fs';
import { Agent, fetch, type RequestInit, type Response } from 'undici';
import { type ServerConfig, textOf } from './config.js';
import { WorkerError } from './failure.js';

/** What a server means by these is over after a while. */
const kPassingStatus = new Set([408, 425, 429, 500, 502, 503, 504, 507]);

/** How long a server may take to begin its answer, and between two pieces of it. */
const kSilenceMs = 60_000;

export class ServerConnection {
  readonly #dispatcher: Agent;
  readonly #config: ServerConfig;

  /** @param name - what jobs call it */
  constructor(
    readonly name: string,
    config: ServerConfig,
  ) {
    this.#config = config;
    const { caFile, certFile, keyFile } = config;
    this.#dispatcher = new Agent({
      headersTimeout: kSilenceMs,
      bodyTimeout: kSilenceMs,
      connect: {
        ...(caFile && { ca: readFileSync(caFile) }),
        ...(certFile && { cert: readFileSync(certFile) }),
        ...(keyFile && { key: readFileSync(keyFile) }),
      },
    });
  }

  #authorization(): Record<string, string> {
    const { user, passwordFile, tokenFile } = this.#config;
    if (tokenFile) return { authorization: `Bearer ${textOf(tokenFile)}` };
    if (!user) return {};
    const password = passwordFile ? textOf(passwordFile) : '';
    return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
  }

  /**
   * @param path - below the root; nothing but UIDs and texts of ours
   * @param expected - statuses that are answers too
   * @throws {@link WorkerError} without a word of the server's
   */
  async request(
    path: string,
    settings: RequestInit & { headers: Record<string, string> },
    signal?: AbortSignal,
    expected: readonly number[] = [],
  ): Promise<Response> {
    const url = `${this.#config.url.replace(/\/+$/, '')}/${path}`;
    const headers = { ...settings.headers, ...this.#authorization() };
    let response: Response;
    try {
      response = await fetch(url, {
        ...settings,
        headers,
        redirect: 'manual',
        dispatcher: this.#dispatcher,
        signal: signal ?? null,
      });
    } catch (error) {
      throw this.#networkError(error, signal);
    }
    if (response.ok || expected.includes(response.status)) return response;
    await response.body?.cancel();
    throw this.#statusError(response.status);
  }

  /**
   * What the server answers, by GET, in a form of JSON; undefined where it has nothing to say (204), null where it is no JSON.
   *
   * @param path - as request() takes it
   */
  async requestJson(path: string, accept: string, signal?: AbortSignal): Promise<unknown> {
    const response = await this.request(path, { headers: { accept } }, signal);
    if (response.status === 204) return undefined;
    const text = await response.text().catch((error: unknown) => {
      // Another try may bring all of it, where no JSON at all never becomes any.
      throw signal?.aborted
        ? signal.reason
        : new WorkerError('ANSWER_CUT', `${this.name} sent only a part of its answer`, undefined, { cause: error });
    });
    try {
      return JSON.parse(text);
    } catch {
      return null;
    }
  }

  /** No text of the server's: what an archive answers may name the patient. */
  #statusError(status: number): WorkerError {
    const said = `${this.name} answered ${status}`;
    if (kPassingStatus.has(status)) return new WorkerError('SERVER_UNAVAILABLE', said);
    if (status === 401 || status === 403) {
      return new WorkerError('ACCESS_DENIED', said, "Give the worker that server's user and password, or a token");
    }
    if (status === 404 || status === 410) {
      return new WorkerError('NOT_IN_ARCHIVE', said, 'Ask for a series that the archive has, whole, under these UIDs');
    }
    return new WorkerError('REQUEST_REFUSED', said, 'The address must be the root of a DICOMweb service');
  }

  #networkError(error: unknown, signal: AbortSignal | undefined): unknown {
    if (signal?.aborted) return signal.reason;
    const { code } = ((error as Error).cause ?? {}) as { code?: string };
    const why = code ?? 'no connection';
    if (/CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO_VERIFY/.test(why)) {
      return new WorkerError(
        'ACCESS_DENIED',
        `${this.name} cannot be trusted (${why})`,
        'Name its authorities (caFile)',
      );
    }
    return new WorkerError('SERVER_UNAVAILABLE', `${this.name} cannot be reached (${why})`);
  }

  async close(): Promise<void> {
    await this.#dispatcher.destroy();
  }
}
