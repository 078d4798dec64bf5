#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { InvalidArgumentError } from '../errors.js';
import { addClassifyCommand } from './classify.js';
import { addDoctorCommand } from './doctor.js';
import { errorDocument } from './error-document.js';
import { addEvaluateCommand } from './evaluate.js';
import { addFiltersCommand } from './filters.js';
import { addInfoCommand } from './info.js';
import { addPreprocessCommand } from './preprocess.js';
import { addRenderCommand } from './render.js';
import { addSegmentCommand } from './segment.js';
import { kExitCodes } from './session.js';
import { addStructuresCommand } from './structures.js';
import { addSynthesizeCommand } from './synthesize.js';
import { addTrainCommand } from './train.js';
import { addViewCommand } from './view.js';
import { addWeightsCommand } from './weights.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const program = new Command('hepatica')
  .description('Finds the liver in contrast-enhanced abdominal CT. For research use only.')
  .version(version)
  .showHelpAfterError('(add --help for what it takes)')
  .exitOverride();

addSegmentCommand(program);
addStructuresCommand(program);
addClassifyCommand(program);
addPreprocessCommand(program);
addEvaluateCommand(program);
addRenderCommand(program);
addFiltersCommand(program);
addTrainCommand(program);
addWeightsCommand(program);
addSynthesizeCommand(program);
addViewCommand(program);
addInfoCommand(program);
addDoctorCommand(program);
program.addHelpText(
  'after',
  `
Exit codes: 0 done, 1 failure, 2 wrong use, 3 unusable input, 4 unusable model, 5 unwritable output, 6 no such device,
7 failed download, 8 implausible result (the files are written), 9 failed training, 130 interrupted.`,
);

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
