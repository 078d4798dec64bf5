/** The HTTP front: jobs for those who may ask, and health, readiness and figures for those who watch. */
import { fastifySSE } from '@fastify/sse';
import swagger from '@fastify/swagger';
import Fastify, { type FastifyError, type FastifyInstance } from 'fastify';
import {
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  serializerCompiler,
  validatorCompiler,
} from 'fastify-type-provider-zod';
import { InvalidArgumentError } from 'hepatica';
import type { Registry } from 'prom-client';
import { requireAccess } from './access.js';
import { type JobRoutes, jobRoutes } from './job-routes.js';
import { answerOf, Problem } from './problems.js';

export interface Front {
  /** Absent where this process takes no questions about jobs. */
  readonly jobs?: JobRoutes;
  readonly token: string | null;
  readonly metrics: Registry;
  /** What must be true before jobs are taken, by name. */
  ready(): Promise<Readonly<Record<string, boolean>>>;
  /** Of every request that was answered. */
  onAnswer(facts: AnswerFacts): void;
  /** Of an error that is a fault of ours. */
  onFault(error: unknown): void;
}

/** No address: it may hold anything. */
export interface AnswerFacts {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
}

const kLimits = {
  bodyLimit: 64 * 1024,
  connectionTimeout: 60_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 10_000,
  routerOptions: { maxParamLength: 128 },
};

const kVersion = '1';

function describe(app: FastifyInstance) {
  return app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'hepatica-worker',
        version: kVersion,
        description: 'Liver and lesions in CT series of a DICOMweb archive. For research use only.',
      },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{ token: [] }],
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });
}

function watchFor(app: FastifyInstance, { metrics, ready }: Front): void {
  const schema = { hide: true };
  app.get('/health', { schema }, async () => ({ status: 'ok' }));
  app.get('/ready', { schema }, async (_request, reply) => {
    const checks = await ready();
    const isReady = Object.values(checks).every(Boolean);
    return reply.code(isReady ? 200 : 503).send({ ready: isReady, checks });
  });
  app.get('/metrics', { schema }, async (_request, reply) => {
    reply.type(metrics.contentType);
    return metrics.metrics();
  });
}

function answerErrors(app: FastifyInstance, { onFault }: Front): void {
  app.setErrorHandler((error: FastifyError, _request, reply) => {
    const { status, document } = answerOf(error);
    if (status === 500) onFault(error);
    return reply.code(status).type('application/json').serializer(JSON.stringify).send(document);
  });
  app.setNotFoundHandler(() => {
    throw new Problem('NOT_FOUND', 'Expected an address that is described', { remedy: 'GET /openapi.json' });
  });
}

export async function createFront(front: Front): Promise<FastifyInstance> {
  // Its own log would hold addresses and texts of errors.
  const app = Fastify({ logger: false, forceCloseConnections: true, ...kLimits });
  // A form of a foreign page needs no permission to send text.
  app.removeContentTypeParser('text/plain');
  app.setValidatorCompiler(validatorCompiler).setSerializerCompiler(serializerCompiler);
  answerErrors(app, front);
  app.addHook('onResponse', async ({ method, routeOptions }, { statusCode, elapsedTime }) =>
    front.onAnswer({ method, route: routeOptions.url ?? 'none', status: statusCode, seconds: elapsedTime / 1000 }),
  );
  await app.register(fastifySSE, { heartbeatInterval: 15_000 });
  await describe(app);
  watchFor(app, front);
  const { jobs } = front;
  if (jobs) {
    await app.register(async (inner) => {
      requireAccess(inner, front.token);
      await inner.register(jobRoutes, jobs);
      inner.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
    });
  }
  return app;
}

/** @returns The port, which the system chose for `port` 0 */
export async function listen(app: FastifyInstance, { host, port }: { host: string; port: number }): Promise<number> {
  try {
    await app.listen({ host, port });
  } catch (cause) {
    const { code = 'no reason' } = cause as { code?: string };
    throw new InvalidArgumentError(
      'INVALID_ARGUMENT',
      `Expected http to be an address of this machine that is free, received ${host}:${port} (${code})`,
      { field: 'http', cause },
    );
  }
  const address = app.server.address();
  return typeof address === 'object' && address ? address.port : port;
}
