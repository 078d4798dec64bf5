import { SingleBar } from 'cli-progress';
import picocolors from 'picocolors';
import { kErrorCodes, kErrorKinds } from '../error-codes.js';
import { CancelledError, HepaticaError } from '../errors.js';
import type { Progress, Warning } from '../types.js';

// By the terminal alone: a log of CI, which asks for colours too, is read by programs.
const colours = picocolors.createColors(Boolean(process.stderr.isTTY));

/** What the process returns to the shell, besides the exit codes of errors (error-codes.ts). */
export const kExitCodes = {
  ok: 0,
  failure: 1,
  usage: kErrorKinds.argument.exitCode,
  implausible: 8,
} as const;

/** Options that every command takes. */
export interface CommonOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** One invocation of a command: its progress bar, its abort by Ctrl-C or SIGTERM, its way to speak. */
export class Session {
  readonly #controller = new AbortController();
  readonly #bar: SingleBar | null;
  readonly #json: boolean;
  readonly #quiet: boolean;
  #stage = '';

  constructor(options: CommonOptions) {
    this.#json = options.json ?? false;
    this.#quiet = options.quiet ?? false;
    const silent = this.#json || this.#quiet || !process.stderr.isTTY;
    this.#bar = silent
      ? null
      : new SingleBar({
          format: '{stage} [{bar}] {percentage}%',
          clearOnComplete: true,
          hideCursor: true,
          stream: process.stderr,
        });
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => this.#controller.abort(new CancelledError('ABORTED', 'Interrupted')));
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Progress of one call, shown as its own pass of the bar; where there is no terminal, a line for each stage. */
  readonly onProgress = ({ stage, fraction }: Progress): void => {
    const bar = this.#bar;
    if (!bar) {
      if (stage !== this.#stage && fraction < 1) this.note(`${stage} …`);
      this.#stage = stage;
      return;
    }
    const percent = Math.round(fraction * 100);
    if (bar.isActive) bar.update(percent, { stage: stage.padEnd(14) });
    else bar.start(100, percent, { stage: stage.padEnd(14) });
    if (fraction >= 1) bar.stop();
  };

  /** A line for a person, on standard error, so that standard output holds results alone. */
  note(line: string): void {
    this.#bar?.stop();
    if (!this.#quiet && !this.#json) process.stderr.write(`${line}\n`);
  }

  warn(warnings: readonly Warning[]): void {
    for (const { code, message } of warnings) this.note(`${colours.yellow('warning')} ${message} (${code})`);
  }

  /** The result: as JSON with --json, else the lines for a person. */
  result(value: unknown, lines: readonly string[]): void {
    this.#bar?.stop();
    if (this.#json) process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
    else for (const line of lines) process.stdout.write(`${line}\n`);
  }

  close(): void {
    this.#bar?.stop();
  }
}

function exitCodeOf(error: unknown): number {
  return error instanceof HepaticaError ? kErrorKinds[kErrorCodes[error.code]].exitCode : kExitCodes.failure;
}

/** Says what went wrong, and what to do, without a stack; with --json as an object on standard output. */
function report(error: unknown, json: boolean): void {
  if (!(error instanceof HepaticaError)) {
    const message = error instanceof Error ? error.message : String(error);
    if (json) process.stdout.write(`${JSON.stringify({ error: { code: 'UNEXPECTED', message } }, null, 2)}\n`);
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return;
  }
  const { code, message, file, field, remedy } = error;
  if (json) process.stdout.write(`${JSON.stringify({ error: { code, message, file, field, remedy } }, null, 2)}\n`);
  process.stderr.write(`${colours.red('error')} ${message} (${code})\n`);
  if (remedy) process.stderr.write(`      ${remedy}\n`);
}

/** Runs a command's body in a session and sets the exit code. */
export async function runCommand(options: CommonOptions, body: (session: Session) => Promise<void>): Promise<void> {
  const session = new Session(options);
  try {
    await body(session);
  } catch (error) {
    session.close();
    report(error, options.json ?? false);
    process.exitCode = exitCodeOf(error);
  }
}
