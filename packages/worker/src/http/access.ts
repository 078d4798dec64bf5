/** Who may ask: the bearer of a token, or, on loopback without one, whoever is on this machine. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { InvalidArgumentError } from 'hepatica';
import { textOf, type WorkerConfig } from '../config.js';
import { Problem } from './problems.js';

const kShortestToken = 16;

/** `host:port` as the configuration gives it. */
export function parseAddress(address: string): { host: string; port: number } {
  const at = address.lastIndexOf(':');
  return { host: address.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(address.slice(at + 1)) };
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** The token that requests must bear, or null where none is needed. */
export function tokenOf({ http, httpTokenFile }: WorkerConfig): string | null {
  if (httpTokenFile === undefined) {
    if (http !== undefined && !isLoopback(parseAddress(http).host)) {
      throw new InvalidArgumentError(
        'INVALID_ARGUMENT',
        `Expected httpTokenFile to be given where http is not loopback, received http ${http}`,
        { field: 'httpTokenFile', remedy: 'Write a long random token into a file: openssl rand -hex 32' },
      );
    }
    return null;
  }
  const token = textOf(httpTokenFile);
  if (token.length < kShortestToken) {
    throw new InvalidArgumentError(
      'INVALID_ARGUMENT',
      `Expected ${httpTokenFile} to hold a token of at least ${kShortestToken} characters, received ${token.length}`,
      { field: 'httpTokenFile', remedy: 'openssl rand -hex 32' },
    );
  }
  return token;
}

const digest = (text: string) => createHash('sha256').update(text).digest();

/** In a time that tells nothing of the token. */
function bears(authorization: string | undefined, token: Buffer): boolean {
  const [, given] = /^Bearer +(\S+) *$/i.exec(authorization ?? '') ?? [];
  return given !== undefined && timingSafeEqual(digest(given), token);
}

/**
 * Asks for the token in the routes of `app`. Without one, requests must name this machine: a page in a browser here whose
 * name was bent to loopback does not.
 */
export function requireAccess(app: FastifyInstance, token: string | null): void {
  const expected = token === null ? null : digest(token);
  app.addHook('onRequest', async ({ headers }, reply) => {
    if (expected === null) {
      const { host } = parseAddress(`${(headers.host ?? '').replace(/:\d*$/, '')}:0`);
      if (!isLoopback(host))
        throw new Problem('FORBIDDEN_HOST', 'Expected the request to name this machine: localhost');
    } else if (!bears(headers.authorization, expected)) {
      reply.header('WWW-Authenticate', 'Bearer');
      throw new Problem('UNAUTHORIZED', 'Expected the header Authorization: Bearer TOKEN');
    }
  });
}
