// Debian's redis-server: a queue of a test's own, on loopback, in a folder that goes away with it.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { freePort } from './free-port.js';
import { makeFolder } from './programs.js';

const kProgram = 'redis-server';

export const kWithoutRedis = spawnSync(kProgram, ['--version'], { stdio: 'ignore' }).error
  ? 'no redis-server (Debian package redis-server)'
  : '';

/** As the queue needs it: nothing is evicted, and what was written is there after a crash. */
const kSettings = ['--bind', '127.0.0.1', '--appendonly', 'yes', '--appendfsync', 'always', '--save', ''];

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.setTimeout(1000, () => socket.destroy());
    socket.once('data', (data) => {
      resolve(/^(\+PONG|-NOAUTH)/.test(data.toString()));
      socket.destroy();
    });
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });
}

export class Redis {
  readonly #folder = makeFolder();
  #child: ChildProcess | null = null;

  constructor(
    readonly port: number,
    readonly settings: readonly string[],
  ) {}

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const args = [...kSettings, '--port', String(this.port), '--dir', this.#folder.path, ...this.settings];
    // It ends with the test, however that ends.
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', kProgram, ...args], { stdio: 'ignore' });
    this.#child = child;
    for (let tries = 0; tries < 200 && child.exitCode === null; tries++) {
      if (await answers(this.port)) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error('redis-server does not answer');
  }

  /** Ends it; what it holds is there when it is started again. */
  async halt(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'close');
  }

  async stop(): Promise<void> {
    await this.halt();
    this.#folder.remove();
  }
}

/** @param settings - further ones, as `--requirepass`, `secret` */
export async function startRedis(...settings: string[]): Promise<Redis> {
  const redis = new Redis(await freePort(), settings);
  await redis.start();
  return redis;
}
