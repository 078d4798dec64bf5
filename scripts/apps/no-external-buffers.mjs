// Electron refuses buffers over memory of its own; the add-on must copy then. Here the call that makes such a buffer
// answers as Electron's does: its name in a copy of the add-on leads to the function below.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, SetupError } from '../setup/process.mjs';

const kCall = 'napi_create_external_buffer';
// As long as that name.
const kRefusal = 'no_external_buffers_allowed';
const kProgram = `int ${kRefusal}(void) { return 22; /* napi_no_external_buffers_allowed */ }\n`;

/** Changes the installed add-on; returns the library that must be preloaded. */
export function refuseExternalBuffers(addon, folder) {
  const bytes = readFileSync(addon, 'latin1');
  const parts = bytes.split(`\0${kCall}\0`);
  if (parts.length !== 2) throw new SetupError(`${addon} names ${kCall} ${parts.length - 1} times`);
  writeFileSync(addon, parts.join(`\0${kRefusal}\0`), 'latin1');
  const source = join(folder, 'refusal.c');
  const library = join(folder, 'librefusal.so');
  writeFileSync(source, kProgram);
  run('cc', ['-shared', '-fPIC', '-o', library, source]);
  return library;
}
