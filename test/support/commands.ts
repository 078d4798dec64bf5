// Commands of the command line in this process, where hundreds are tried.
import { Command } from 'commander';
import * as assert from 'uvu/assert';
import { addCommands } from '../../src/cli/commands.js';
import { snapshot } from './snapshot.js';

// Each command listens to signals.
process.setMaxListeners(0);

/** Runs a command in this process; resolves to its error's code, '' where there is none. */
export async function run(args: readonly string[]): Promise<string> {
  const program = new Command('hepatica').exitOverride();
  addCommands(program);
  const { stdout, stderr } = process;
  const [writeOut, writeErr] = [stdout.write, stderr.write];
  let said = '';
  stdout.write = ((text: string) => {
    said += text;
    return true;
  }) as typeof stdout.write;
  stderr.write = (() => true) as typeof stderr.write;
  try {
    await program.parseAsync(['node', 'hepatica', ...args, '--json']);
  } finally {
    stdout.write = writeOut;
    stderr.write = writeErr;
    process.exitCode = 0;
  }
  return (JSON.parse(said) as { error?: { code: string } }).error?.code ?? '';
}

/** Runs what has to be refused, and checks that it was, with everything as before. */
export async function refuses(root: string, code: string, args: readonly string[]): Promise<void> {
  const before = snapshot(root);
  assert.is(await run(args), code, args.join(' '));
  assert.equal(snapshot(root), before, args.join(' '));
}
