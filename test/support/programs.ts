// Programs of their own, for what a test cannot survive or undo: crashes, exits, another libtorch.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundledLibtorch, namedLibtorch } from '../../src/loading/libtorch.js';

export const kRoot = fileURLToPath(new URL('../..', import.meta.url));
export const kMain = join(kRoot, 'src/cli/main.ts');
export const kIndex = join(kRoot, 'src/index.ts');

/** The folder of the libtorch that the tests load. */
export function findLibtorch(): string {
  const libtorch = namedLibtorch() ?? bundledLibtorch();
  if (!libtorch) throw new Error('no libtorch: npm run build');
  return libtorch.folder;
}

export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  /** null where a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: string | null;
}

/** Runs `node ARGS` in the project. */
export function runNode(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  return runProgram(process.execPath, args, env);
}

/** Runs `PROGRAM ARGS` in the project. */
export function runProgram(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  return new Promise((resolve) => {
    const settings = { cwd: kRoot, env: { ...process.env, ...env }, timeout: 120_000 };
    const child = execFile(program, args, settings, (_error, stdout, stderr) => {
      resolve({ stdout, stderr, exitCode: child.exitCode, signal: child.signalCode });
    });
  });
}

/** Runs the command line in a process of its own, as a user does. */
export function runCli(args: readonly string[]): Promise<Outcome> {
  return runNode(['--import', 'tsx', kMain, ...args]);
}

/** What node is given to run TypeScript text as a module in which `hepatica` is the façade. */
export function codeArguments(code: string): string[] {
  const preamble = `const hepatica = await import(${JSON.stringify(kIndex)});\n`;
  return ['--import', 'tsx', '--input-type=module', '--eval', preamble + code];
}

/** Runs TypeScript text as a module in which `hepatica` is the façade. */
export function runCode(code: string, env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  return runNode(codeArguments(code), env);
}

/** A new folder; `remove` takes it away with what is in it. */
export function makeFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'hepatica-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
