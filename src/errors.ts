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

/** An argument or option is wrong: `INVALID_ARGUMENT`. */
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

/** A result cannot be written: `OUTPUT_UNWRITABLE`. */
export class OutputError extends HepaticaError {
  override readonly name = 'OutputError';
}

/** The device that was asked for cannot be used: `NO_CUDA_DEVICE`, … */
export class DeviceError extends HepaticaError {
  override readonly name = 'DeviceError';
}
