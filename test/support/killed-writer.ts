// Replaces a result as a command does, and kills itself right before its n-th change of the disk (0: never; it then
// prints how many there were).
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';

const [out = '', sources = '', moment = '0'] = process.argv.slice(2);
let count = 0;

function step(): void {
  if (++count === Number(moment)) process.kill(process.pid, 'SIGKILL');
}

for (const name of ['mkdir', 'writeFile', 'rename', 'link', 'unlink', 'rm', 'rmdir', 'open'] as const) {
  const original = fs[name] as (...args: unknown[]) => Promise<unknown>;
  Object.assign(fs, {
    [name]: (...args: unknown[]) => {
      step();
      return original(...args);
    },
  });
}
syncBuiltinESMExports();

const { OutputFolder } = await import('../../src/cli/output.js');
const output = await OutputFolder.plan(out, {
  writes: ['liver.nii.gz', 'report.json', 'overlay/'],
  removes: ['overview.png'],
  inputs: [],
});
await output.write(async (folder) => {
  await folder.writeFile('liver.nii.gz', await fs.readFile(join(sources, 'new.nii.gz')));
  await folder.writeFile('report.json', 'new');
  for (const slice of [2, 3]) await folder.writeFile(`overlay/000${slice}.png`, `new ${slice}`);
});
process.stdout.write(String(count));
