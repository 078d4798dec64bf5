// What lies between workers and their archive: requests can be refused, cut, kept from their answers, and told of.
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request of a worker for a study. */
export interface Exchange {
  /** The user that it names itself by. */
  readonly worker: string;
  readonly kind: 'fetch' | 'store' | 'other';
  readonly study: string;
  /** Which request of its kind it is of this worker for this study, from 1. */
  readonly turn: number;
}

/** `hang`: no answer, ever; `half`: a part of the answer, then nothing; `cut`: a part, then the connection ends. */
export type Treatment = 'pass' | 'unavailable' | 'hang' | 'half' | 'cut';

export interface Treatments {
  before?(exchange: Exchange): Treatment;
  /** The archive has answered, and the worker has not got it yet. */
  after?(exchange: Exchange): 'pass' | 'hang';
}

export class ArchiveProxy {
  readonly #server = createServer((incoming, answer) => this.#serve(incoming, answer));
  readonly #turns = new Map<string, number>();
  treatments: Treatments = {};

  /** @param target - of the archive, without a path */
  constructor(readonly target: string) {}

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #exchangeOf({ method, url = '', headers }: IncomingMessage): Exchange {
    const [worker = ''] = Buffer.from(headers.authorization?.split(' ')[1] ?? '', 'base64')
      .toString()
      .split(':');
    const [, study = '', rest = ''] = /\/studies\/([\d.]+)(.*)$/.exec(url) ?? [];
    const kind = method === 'POST' ? 'store' : /^\/series\/[\d.]+$/.test(rest) ? 'fetch' : 'other';
    const key = `${worker} ${kind} ${study}`;
    const turn = (this.#turns.get(key) ?? 0) + 1;
    this.#turns.set(key, turn);
    return { worker, kind, study, turn };
  }

  #serve(incoming: IncomingMessage, answer: ServerResponse): void {
    const exchange = this.#exchangeOf(incoming);
    const treatment = this.treatments.before?.(exchange) ?? 'pass';
    if (treatment === 'hang') return;
    if (treatment === 'unavailable') return void answer.writeHead(503).end('<html>PATIENT^UNAVAILABLE</html>');
    const outgoing = request(`${this.target}${incoming.url}`, { method: incoming.method ?? 'GET' });
    for (const [name, value] of Object.entries(incoming.headers)) if (value) outgoing.setHeader(name, value);
    outgoing.on('response', (response) => void this.#pass(response, answer, exchange, treatment));
    outgoing.on('error', () => answer.destroy());
    incoming.pipe(outgoing);
  }

  async #pass(response: IncomingMessage, answer: ServerResponse, exchange: Exchange, treatment: Treatment) {
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    if (this.treatments.after?.(exchange) === 'hang') return;
    const { 'transfer-encoding': _, ...headers } = response.headers;
    const body = Buffer.concat(chunks);
    answer.writeHead(response.statusCode ?? 500, { ...headers, 'content-length': body.length });
    if (treatment === 'pass') return void answer.end(body);
    answer.write(body.subarray(0, body.length / 2));
    if (treatment === 'cut') setTimeout(() => answer.destroy(), 50);
  }
}
