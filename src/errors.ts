/** What an error tells besides its message. */
export interface ErrorDetails {
  readonly file?: string;
  readonly field?: string;
  readonly remedy?: string;
  readonly cause?: unknown;
}

/** Every error that hepatica rejects with (an abort rejects with the signal's own reason). */
export class HepaticaError extends Error {
  override readonly name: string = 'HepaticaError';
  /** Stable, upper case, for programs. */
  readonly code: string;
  readonly file: string | undefined;
  readonly field: string | undefined;
  /** What the caller can do about it. */
  readonly remedy: string | undefined;

  constructor(code: string, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.file = details.file;
    this.field = details.field;
    this.remedy = details.remedy;
  }
}

/** An argument or option is wrong: `INVALID_ARGUMENT`, `GEOMETRY_MISMATCH`, `WRONG_STRUCTURE`, `DISPOSED`. */
export class InvalidArgumentError extends HepaticaError {
  override readonly name = 'InvalidArgumentError';
}

/** A file or folder cannot be read as what it should be: `NOT_DICOM`, `CORRUPT_FILE`, `MISSING_SLICE`, … */
export class InputFileError extends HepaticaError {
  override readonly name = 'InputFileError';
}

/** Weights cannot be used: `NOT_SAFETENSORS`, `CORRUPT_WEIGHTS`, `WRONG_MODEL`, … */
export class ModelError extends HepaticaError {
  override readonly name = 'ModelError';
}

/** A result cannot be written: `OUTPUT_UNWRITABLE`, `OUTPUT_EXISTS`. */
export class OutputError extends HepaticaError {
  override readonly name = 'OutputError';
}

/** Published weights cannot be fetched: `DOWNLOAD_FAILED`, `WRONG_HASH`. */
export class DownloadError extends HepaticaError {
  override readonly name = 'DownloadError';
}

/** The device that was asked for cannot be used: `NO_CUDA_DEVICE`, … */
export class DeviceError extends HepaticaError {
  override readonly name = 'DeviceError';
}

/** The native part cannot be loaded: `LIBTORCH_NOT_FOUND`, `ADDON_NOT_FOUND`, `ADDON_LOAD_FAILED`. */
export class NativeLoadError extends HepaticaError {
  override readonly name = 'NativeLoadError';
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

type ErrorClass = new (code: string, message: string, details?: ErrorDetails) => HepaticaError;

const modelCodes = new Set(['NOT_SAFETENSORS', 'CORRUPT_WEIGHTS', 'WRONG_MODEL', 'UNSAFE_PICKLE', 'OLD_TORCH_FORMAT']);
const outputCodes = new Set(['OUTPUT_UNWRITABLE', 'OUTPUT_EXISTS']);
const argumentCodes = new Set(['INVALID_ARGUMENT', 'DISPOSED', 'GEOMETRY_MISMATCH', 'WRONG_STRUCTURE']);
/** Neither the caller's files nor arguments are at fault. */
const generalCodes = new Set(['INTERNAL_ERROR', 'OUT_OF_MEMORY']);

function classOf(code: string): ErrorClass {
  if (argumentCodes.has(code)) return InvalidArgumentError;
  if (modelCodes.has(code)) return ModelError;
  if (outputCodes.has(code)) return OutputError;
  if (code.includes('CUDA') || code.includes('DEVICE')) return DeviceError;
  return generalCodes.has(code) ? HepaticaError : InputFileError;
}

/** An error of the native part ({ code, message, file, field, remedy }) in its class; other errors as they are. */
export function nativeError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof HepaticaError) return error;
  const { code, file, field, remedy } = error as Error & { code?: unknown } & ErrorDetails;
  if (typeof code !== 'string') return new HepaticaError('INTERNAL_ERROR', error.message, { cause: error });
  return new (classOf(code))(code, error.message, {
    ...(file !== undefined && { file }),
    ...(field !== undefined && { field }),
    ...(remedy !== undefined && { remedy }),
  });
}
