/** What the HTTP front answers where it cannot do what is asked: the error document of hepatica (docs/error.schema.json). */
import { HepaticaError } from 'hepatica';
import { z } from 'zod';
import { failureOf, WorkerError } from '../failure.js';

/** The status that each code is answered with; any other is a fault of ours. */
const kStatuses = {
  INVALID_REQUEST: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN_HOST: 403,
  NOT_FOUND: 404,
  JOB_NOT_FOUND: 404,
  NOT_IN_ARCHIVE: 404,
  JOB_OVER: 409,
  BODY_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  INVALID_JOB: 422,
  UNKNOWN_SERVER: 422,
  NO_SUITABLE_SERIES: 422,
  ACCESS_DENIED: 502,
  ANSWER_CUT: 502,
  REQUEST_REFUSED: 502,
  SERVER_UNAVAILABLE: 502,
  WRONG_ANSWER: 502,
  QUEUE_UNAVAILABLE: 503,
  TOO_MANY_STREAMS: 503,
} as const;

export type ProblemCode = keyof typeof kStatuses;

export class Problem extends Error {
  override readonly name = 'Problem';

  constructor(
    readonly code: ProblemCode,
    message: string,
    readonly details: { readonly field?: string; readonly remedy?: string } = {},
  ) {
    super(message);
  }
}

export const problemSchema = z
  .object({
    error: z.object({
      code: z.string().meta({ description: 'Stable, for programs; later versions have more' }),
      class: z.enum(['InvalidArgumentError', 'HepaticaError']),
      exitCode: z.literal([1, 2]),
      message: z.string().meta({ description: 'A whole sentence for a person' }),
      field: z.string().optional().meta({ description: 'The field of the request at fault' }),
      remedy: z.string().optional().meta({ description: 'What the user can do' }),
    }),
  })
  .meta({ id: 'Problem', description: 'As hepatica prints errors with --json' });

export type ProblemDocument = z.output<typeof problemSchema>;

export interface Answer {
  readonly status: number;
  readonly document: ProblemDocument;
}

function answer(code: string, message: string, details: { field?: string; remedy?: string | undefined } = {}): Answer {
  const status = (kStatuses as Readonly<Record<string, number>>)[code] ?? 500;
  const { field, remedy } = details;
  return {
    status,
    document: {
      error: {
        code,
        ...(status < 500 ? { class: 'InvalidArgumentError', exitCode: 2 } : { class: 'HepaticaError', exitCode: 1 }),
        message,
        ...(field !== undefined && { field }),
        ...(remedy !== undefined && { remedy }),
      },
    },
  };
}

/** What fastify and its plug-ins throw. */
interface FastifyLike {
  readonly code?: string;
  readonly statusCode?: number;
  readonly validation?: readonly { readonly instancePath?: string; readonly message?: string }[];
}

/** A field that the request names wrongly, without what it holds there. */
function invalid({ validation }: FastifyLike): Answer {
  const [first] = validation ?? [];
  const field = (first?.instancePath ?? '').replace(/^\//, '').replaceAll('/', '.');
  const what = field === '' ? 'the request' : field;
  return answer('INVALID_JOB', `Expected ${what} to be valid (${first?.message ?? 'it is not'})`, {
    ...(field !== '' && { field }),
    remedy: 'GET /openapi.json describes what is taken',
  });
}

/** Of any error. What is none of ours says nothing of itself: its text may hold anything. */
export function answerOf(error: unknown): Answer {
  if (error instanceof Problem) return answer(error.code, error.message, error.details);
  if (error instanceof WorkerError || error instanceof HepaticaError) {
    const { code, message, remedy } = failureOf(error);
    return answer(code, message, { remedy });
  }
  const { code, statusCode, validation } = error as FastifyLike;
  if (validation) return invalid({ validation });
  if (statusCode === 413) return answer('BODY_TOO_LARGE', 'Expected a shorter request body');
  if (statusCode === 415) return answer('UNSUPPORTED_MEDIA_TYPE', 'Expected the request body to be application/json');
  if (statusCode !== undefined && statusCode < 500) {
    return answer(
      'INVALID_REQUEST',
      code === 'FST_ERR_CTP_INVALID_JSON_BODY' ? 'Expected JSON' : 'Expected a request that HTTP allows',
    );
  }
  return answer('INTERNAL_ERROR', 'A fault of the server');
}
