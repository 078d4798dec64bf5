#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { InvalidArgumentError } from '../errors.js';
import { addCommands } from './commands.js';
import { errorDocument } from './error-document.js';
import { kExitCodes } from './session.js';
import { visible } from './text.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const program = new Command('hepatica')
  .description('Finds the liver in contrast-enhanced abdominal CT. For research use only.')
  .version(version)
  .showHelpAfterError('(add --help for what it takes)')
  .exitOverride()
  // Commands take it over: what is wrong in a command line may be a file's name.
  .configureOutput({ writeErr: (text) => process.stderr.write(visible(text)) });

addCommands(program);
program.addHelpText(
  'after',
  `
Exit codes: 0 done, 1 failure, 2 wrong use, 3 unusable input, 4 unusable model, 5 unwritable output, 6 no such device,
7 failed download, 8 implausible result (the files are written), 9 failed training, 130 interrupted.`,
);

// Who reads a part of what is said, as `head` does, has what they wanted.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? kExitCodes.ok : kExitCodes.usage;
  if (error.exitCode !== 0 && process.argv.includes('--json')) {
    const wrongUse = new InvalidArgumentError('INVALID_ARGUMENT', error.message.replace(/^error: /, ''));
    process.stdout.write(`${JSON.stringify(errorDocument(wrongUse), null, 2)}\n`);
  }
}
