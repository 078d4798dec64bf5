import type { Command } from 'commander';
import { deviceInfo } from '../index.js';
import { withCommonOptions } from './options.js';
import { runCommand } from './session.js';

export function addInfoCommand(program: Command): void {
  const command = program.command('info').description('versions, processor, GPU');
  withCommonOptions(command).action((options) =>
    runCommand(options, async (session) => {
      const info = await deviceInfo();
      const gpu = info.cuda.available ? info.cuda.devices.join(', ') : `none (${info.cuda.reason})`;
      session.result(info, [
        `hepatica ${info.version}, libtorch ${info.libtorch}`,
        `CPU       ${info.cpu.threads} threads, ${info.cpu.features.join(' ')}; bf16: ${info.cpu.bf16 ? 'yes' : 'no'}`,
        `GPU       ${gpu}`,
      ]);
    }),
  );
}
