import { InputFileError } from '../errors.js';

/** Of all bytes that a call takes that are on no disk. */
export class ByteLimit {
  static readonly default = 2 ** 33;
  readonly #most: number;
  #taken = 0;

  constructor(most: number = ByteLimit.default) {
    this.#most = most;
  }

  /** @throws InputFileError `INPUT_TOO_LARGE` */
  add(name: string, bytes: number): void {
    this.#taken += bytes;
    if (this.#taken <= this.#most) return;
    throw new InputFileError('INPUT_TOO_LARGE', `${name}: the input has more than ${this.#most} bytes up to here`, {
      file: name,
      field: 'maxBytes',
      remedy: 'Give the files of one series alone, or raise maxBytes.',
    });
  }
}
