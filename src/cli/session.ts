import { SingleBar } from 'cli-progress';
import picocolors from 'picocolors';
import { kErrorKinds } from '../error-codes.js';
import { CancelledError, HepaticaError, NativeLoadError } from '../errors.js';
import type { ExcludedFile, Progress, Warning } from '../types.js';
import { errorDocument } from './error-document.js';
import { visible, visibleLine } from './text.js';

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
  readonly verbose?: boolean;
}

function leftOutLine(files: readonly ExcludedFile[]): string {
  const [first] = files;
  if (!first) return '';
  const { file, code, reason } = first;
  if (files.length === 1) return `left out ${file}: ${reason} (${code})`;
  const shared = files.every((other) => other.reason === reason);
  const why = shared ? reason : `such as ${file}: ${reason}`;
  return `left out ${files.length.toLocaleString('en')} files: ${why} (${code}; each with --verbose)`;
}

/** Options of every command that writes to a folder. */
export interface OutputOptions extends CommonOptions {
  readonly out: string;
  readonly overwrite?: boolean;
}

/** One invocation of a command: its progress bar, its abort by Ctrl-C or SIGTERM, its way to speak. */
export class Session {
  readonly #controller = new AbortController();
  readonly #bar: SingleBar | null;
  readonly #json: boolean;
  readonly #quiet: boolean;
  readonly #verbose: boolean;
  readonly #told = new Set<string>();
  #stage = '';

  constructor(options: CommonOptions) {
    this.#json = options.json ?? false;
    this.#quiet = options.quiet ?? false;
    this.#verbose = options.verbose ?? false;
    const silent = this.#json || this.#quiet || !process.stderr.isTTY;
    this.#bar = silent
      ? null
      : new SingleBar({
          format: '{stage} [{bar}] {percentage}%',
          clearOnComplete: true,
          hideCursor: true,
          stream: process.stderr,
        });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => this.#controller.abort(new CancelledError('ABORTED', 'Interrupted')));
    }
    // After a hang-up nobody reads what is said: that must not keep the command from cleaning up.
    process.once('SIGHUP', () => {
      for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
    });
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
    this.#say(visibleLine(line));
  }

  #say(line: string): void {
    this.#bar?.stop();
    if (!this.#quiet && !this.#json) process.stderr.write(`${line}\n`);
  }

  /** Each warning once; `of`: whom it is about, where a command goes through many. */
  warn(warnings: readonly Warning[], of = ''): void {
    for (const { code, message } of warnings) {
      const line = `${of && `${of}: `}${message} (${code})`;
      if (this.#told.has(line)) continue;
      this.#told.add(line);
      this.#say(`${colours.yellow('warning')} ${visibleLine(line)}`);
    }
  }

  /** The files that are no part of a scan: a line for each reason, with --verbose one for each file. */
  leftOut(excluded: readonly ExcludedFile[]): void {
    if (this.#verbose) {
      for (const { file, code, reason } of excluded) this.note(`left out ${file}: ${reason} (${code})`);
      return;
    }
    const byCode = new Map<string, ExcludedFile[]>();
    for (const one of excluded) {
      const files = byCode.get(one.code);
      if (files) files.push(one);
      else byCode.set(one.code, [one]);
    }
    for (const files of byCode.values()) this.note(leftOutLine(files));
  }

  /** The result: as JSON with --json, else the lines for a person. */
  result(value: unknown, lines: readonly string[]): void {
    this.#bar?.stop();
    if (this.#json) process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
    else for (const line of lines) process.stdout.write(`${visible(line)}\n`);
  }

  close(): void {
    this.#bar?.stop();
  }
}

/** Says what went wrong, and what to do; with --json as an object on standard output. Only a fault has a stack. */
function report(error: unknown, json: boolean): void {
  if (json) process.stdout.write(`${JSON.stringify(errorDocument(error), null, 2)}\n`);
  if (!(error instanceof HepaticaError)) {
    process.stderr.write(`${visible(error instanceof Error ? (error.stack ?? error.message) : String(error))}\n`);
    return;
  }
  const { code, message, remedy } = errorDocument(error).error;
  process.stderr.write(`${colours.red('error')} ${visibleLine(message)} (${code})\n`);
  if (remedy) process.stderr.write(`      ${visibleLine(remedy)}\n`);
}

/** Paths may be relative, to a folder that somebody removed under the shell. */
function checkWorkingFolder(): void {
  try {
    process.cwd();
  } catch (cause) {
    throw new NativeLoadError('NO_WORKING_DIRECTORY', 'The folder that this command was started in was removed', {
      remedy: 'Change to one that exists, and run it again.',
      cause,
    });
  }
}

/** Runs a command's body in a session and sets the exit code. */
export async function runCommand(options: CommonOptions, body: (session: Session) => Promise<void>): Promise<void> {
  const session = new Session(options);
  try {
    checkWorkingFolder();
    await body(session);
  } catch (error) {
    session.close();
    report(error, options.json ?? false);
    process.exitCode = errorDocument(error).error.exitCode;
  }
}
