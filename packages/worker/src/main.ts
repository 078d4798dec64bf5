#!/usr/bin/env node
/** The command `hepatica-worker`. */
import { Command } from 'commander';
import { HepaticaError } from 'hepatica';
import { configJsonSchema, kOptions, loadConfig, type WorkerConfig } from './config.js';
import { WorkerError } from './failure.js';
import { runServices, runWorker } from './run.js';
import { runSubmit, withSubmitFlags } from './submit-command.js';

/** The flags of the configuration, on any command. */
function withConfig(command: Command): Command {
  command.option('--config <file>', 'JSON file of options (HEPATICA_WORKER_CONFIG)');
  for (const { flags, variable, description, defaultValue } of kOptions) {
    const otherwise = defaultValue === undefined ? '' : `, default: ${defaultValue}`;
    command.option(flags, `${description} (${variable}${otherwise})`);
  }
  return command;
}

const configOf = (command: Command): WorkerConfig => loadConfig(command.opts(), process.env);

function program(): Command {
  const root = withConfig(new Command('hepatica-worker')).enablePositionalOptions();
  root.description('Takes jobs from a queue, finds liver and lesions in the series that they name, stores SEG and SR');
  root.action(() => runWorker(configOf(root)));
  const serve = withConfig(root.command('serve'));
  serve.description('answer by HTTP, and follow an Orthanc, without computing: where workers come and go');
  serve.action(() => runServices(configOf(serve)));
  const submit = withSubmitFlags(withConfig(root.command('submit')));
  submit.action((folder: string | undefined) => runSubmit(configOf(submit), folder, submit.opts()));
  root
    .command('schema')
    .description('print the JSON Schema of the configuration file')
    .action(() => console.log(JSON.stringify(configJsonSchema(), null, 2)));
  return root;
}

try {
  await program().parseAsync();
} catch (error) {
  const isOurs = error instanceof HepaticaError || error instanceof WorkerError;
  console.error(isOurs ? `${error.message} (${error.code})${error.remedy ? `\n${error.remedy}` : ''}` : error);
  // Connections that were opened before would keep it alive, as a worker that does nothing.
  process.exit(1);
}
