import { type ErrorCode, type ErrorKind, kErrorMeanings } from './error-codes.js';

/** What an error tells besides its message. */
export interface ErrorDetails {
  /** The file that is at fault. */
  readonly file?: string;
  /** The argument, option or field of a file that is at fault. */
  readonly field?: string;
  /** What the caller can do about it. */
  readonly remedy?: string;
  /** The error that it came from. */
  readonly cause?: unknown;
}

/**
 * Every error that hepatica rejects with (an abort rejects with the signal's own reason). What neither the caller's
 * arguments nor files are at fault for is of this class itself: `INTERNAL_ERROR`, `OUT_OF_MEMORY`.
 */
export class HepaticaError<Kind extends ErrorKind = ErrorKind> extends Error {
  /** Of the class. */
  override readonly name: string = 'HepaticaError';
  /** Stable, upper case, for programs; the error's class follows from it. */
  readonly code: ErrorCode<Kind>;
  /** The file that is at fault. */
  readonly file: string | undefined;
  /** The argument, option or field of a file that is at fault. */
  readonly field: string | undefined;
  /** What the caller can do about it. */
  readonly remedy: string | undefined;

  constructor(code: ErrorCode<Kind>, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.file = details.file;
    this.field = details.field;
    this.remedy = details.remedy;
  }
}

/**
 * What a code means, for logs that must not name files or patients: an error's message may quote them, this never does.
 */
export function errorMeaning(code: ErrorCode): string {
  return kErrorMeanings[code];
}

/** An argument or option is wrong: `INVALID_ARGUMENT`, `GEOMETRY_MISMATCH`, `WRONG_STRUCTURE`, `PATIENT_LEAK`, `DISPOSED`. */
export class InvalidArgumentError extends HepaticaError<'argument'> {
  /** Of the class. */
  override readonly name = 'InvalidArgumentError';
}

/** A file or folder cannot be read as what it should be: `NOT_DICOM`, `CORRUPT_FILE`, `MISSING_SLICE`, … */
export class InputFileError extends HepaticaError<'input'> {
  /** Of the class. */
  override readonly name = 'InputFileError';
}

/** Weights cannot be used: `NOT_SAFETENSORS`, `CORRUPT_WEIGHTS`, `WRONG_MODEL`, … */
export class ModelError extends HepaticaError<'model'> {
  /** Of the class. */
  override readonly name = 'ModelError';
}

/** A result cannot be written: `OUTPUT_UNWRITABLE`, `OUTPUT_EXISTS`, `OUTPUT_IS_INPUT`, … */
export class OutputError extends HepaticaError<'output'> {
  /** Of the class. */
  override readonly name = 'OutputError';
}

/** Published weights cannot be fetched: `DOWNLOAD_FAILED`, `WRONG_HASH`. */
export class DownloadError extends HepaticaError<'download'> {
  /** Of the class. */
  override readonly name = 'DownloadError';
}

/** The device cannot be used as asked for: `NO_CUDA_DEVICE`, `CUDA_FAILED`, `CUDA_OUT_OF_MEMORY`, `UNSUPPORTED_PRECISION`. */
export class DeviceError extends HepaticaError<'device'> {
  /** Of the class. */
  override readonly name = 'DeviceError';
}

/** A training ended without a usable network: `TRAINING_DIVERGED`, `PROCESS_LOST`, `RENDEZVOUS_FAILED`. */
export class TrainingError extends HepaticaError<'training'> {
  /** Of the class. */
  override readonly name = 'TrainingError';
}

/** A native part cannot be loaded: `LIBTORCH_NOT_FOUND`, `ADDON_NOT_FOUND`, `ADDON_LOAD_FAILED`, … */
export class NativeLoadError extends HepaticaError<'load'> {
  /** Of the class. */
  override readonly name = 'NativeLoadError';
}

/** The call was stopped from outside, and by no signal of its caller: `CANCELLED` where its environment ends. */
export class CancelledError extends HepaticaError<'cancelled'> {
  /** Of the class. */
  override readonly name = 'CancelledError';
}

/** The error of a file that could not be opened or read: `FILE_NOT_FOUND` or `UNREADABLE_FILE`. */
export function unreadableFile(path: string, cause: unknown): InputFileError {
  const { code, path: culprit = path } = cause as NodeJS.ErrnoException;
  const missing = code === 'ENOENT' || code === 'ENOTDIR';
  const message = missing ? `${culprit} does not exist` : `${culprit} cannot be read (${code})`;
  return new InputFileError(missing ? 'FILE_NOT_FOUND' : 'UNREADABLE_FILE', message, {
    file: culprit,
    remedy: missing ? 'Check the path' : 'Name a file or folder that you may read',
    cause,
  });
}

type ErrorClass = new (code: never, message: string, details?: ErrorDetails) => HepaticaError;

const kClasses: Record<ErrorKind, ErrorClass> = {
  argument: InvalidArgumentError,
  input: InputFileError,
  model: ModelError,
  output: OutputError,
  device: DeviceError,
  download: DownloadError,
  training: TrainingError,
  load: NativeLoadError,
  cancelled: CancelledError,
  general: HepaticaError,
};

/** An error of the native part ({ code, kind, message, file, field, remedy }) in its class; other errors as they are. */
export function nativeError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof HepaticaError) return error;
  const { code, kind, file, field, remedy } = error as Error & { code?: ErrorCode; kind?: ErrorKind } & ErrorDetails;
  if (!code || !kind) return new HepaticaError('INTERNAL_ERROR', error.message, { cause: error });
  return new kClasses[kind](code as never, error.message, {
    ...(file !== undefined && { file }),
    ...(field !== undefined && { field }),
    ...(remedy !== undefined && { remedy }),
  });
}
