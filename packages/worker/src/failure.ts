/** Why jobs fail: a code that lasts, whether trying again can help, and nothing of the patient. */
import { type ErrorCode, errorMeaning, HepaticaError } from 'hepatica';

/** Codes of the worker's own, beside hepatica's; `passing`: another try may succeed. */
export const kFailures = {
  /** The job is not of the form that jobs have. */
  INVALID_JOB: 'permanent',
  /** The configuration has no server of that name. */
  UNKNOWN_SERVER: 'permanent',
  /** The deadline of the job is over. */
  DEADLINE_PASSED: 'permanent',
  /** Somebody cancelled the job. */
  JOB_CANCELLED: 'permanent',
  /** The job took longer than jobs may. */
  TIME_LIMIT: 'permanent',
  /** The server refuses the worker's credentials, or has a certificate that the worker does not trust. */
  ACCESS_DENIED: 'permanent',
  /** The archive has no such series. */
  NOT_IN_ARCHIVE: 'permanent',
  /** The series has more objects or bytes than the configuration allows. */
  SERIES_TOO_LARGE: 'permanent',
  /** The server sent something else than it was asked for. */
  WRONG_ANSWER: 'permanent',
  /** The server refuses the request, or does not know it. */
  REQUEST_REFUSED: 'permanent',
  /** The server refused to store an object. */
  STORE_REFUSED: 'permanent',
  /** As many workers as the configuration allows died with the job. */
  KILLED_WORKERS: 'permanent',
  /** The server does not answer, or says that it cannot at the moment. */
  SERVER_UNAVAILABLE: 'passing',
  /** Redis does not answer. */
  QUEUE_UNAVAILABLE: 'passing',
  /** The server's answer ended before its end. */
  ANSWER_CUT: 'passing',
} as const satisfies Record<string, 'permanent' | 'passing'>;

/** A code of the worker's own. */
export type FailureCode = keyof typeof kFailures;

/** Codes of hepatica's for what may be over at the next try, perhaps on another machine. */
const kPassing = new Set(['OUT_OF_MEMORY', 'OUT_OF_THREADS', 'CUDA_OUT_OF_MEMORY', 'CUDA_FAILED']);

/** A failure of the worker's own. Its texts hold no patient data. */
export class WorkerError extends Error {
  /** So that it is told from other errors in logs. */
  override readonly name = 'WorkerError';

  constructor(
    /** Lasts from version to version. */
    readonly code: FailureCode,
    message: string,
    /** What may help. */
    readonly remedy?: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** What stands in Redis, logs and answers of a failure. */
export interface Failure {
  /** A {@link FailureCode}, or hepatica's. */
  readonly code: string;
  /** No other try can succeed. */
  readonly permanent: boolean;
  /** For a person. */
  readonly message: string;
  /** What may help. */
  readonly remedy?: string | undefined;
}

/** Of these the message tells numbers and UIDs alone; others may quote what stands in the files, and are not passed on. */
const kWithoutTexts = new Set([
  'DUPLICATE_POSITION',
  'INPUT_TOO_LARGE',
  'IRREGULAR_SPACING',
  'MISSING_SLICE',
  'TOO_MANY_FILES',
  'UNSUPPORTED_ORIENTATION',
  'VOLUME_TOO_LARGE',
]);

function messageOf({ code, message, field }: HepaticaError): string {
  if (kWithoutTexts.has(code)) return message;
  return `${errorMeaning(code as ErrorCode)}${field ? ` (${field})` : ''}`;
}

export function failureOf(error: unknown): Failure {
  if (error instanceof WorkerError) {
    const { code, message, remedy } = error;
    return { code, permanent: kFailures[code] === 'permanent', message, remedy };
  }
  if (error instanceof HepaticaError) {
    const { code, remedy } = error;
    return { code, permanent: !kPassing.has(code), message: messageOf(error), remedy };
  }
  return { code: 'INTERNAL_ERROR', permanent: true, message: 'A fault of the worker' };
}

const kRemedy = ' Remedy: ';

/** As the queue keeps it (`failedReason`). */
export function failedReasonOf({ code, message, remedy }: Failure): string {
  return `${code}: ${message}${remedy ? `${kRemedy}${remedy}` : ''}`;
}

/** What the queue kept; BullMQ's own text is that of a job that was set aside. */
export function parseFailedReason(text: string): Failure {
  const [, code, said] = /^([A-Z][A-Z_]+): ([\s\S]*)$/.exec(text) ?? [];
  if (code === undefined || said === undefined) {
    const isStalled = text.includes('stalled');
    return {
      code: isStalled ? 'KILLED_WORKERS' : 'INTERNAL_ERROR',
      permanent: true,
      message: isStalled ? 'Every worker that had the job ended without a word' : 'A fault of the worker',
      ...(isStalled && { remedy: 'Look at the memory of the workers, and read the series with the hepatica command' }),
    };
  }
  const [message = '', remedy] = said.split(kRemedy);
  const known = kFailures[code as FailureCode] as 'permanent' | 'passing' | undefined;
  return { code, permanent: known ? known === 'permanent' : !kPassing.has(code), message, remedy };
}
