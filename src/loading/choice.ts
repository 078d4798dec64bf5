// The GPU build of libtorch that `hepatica doctor --gpu` tested and chose for this user.
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';

const choiceFile = z.object({ folder: z.string(), tested: z.string() });

export function choicePath(): string {
  const xdg = process.env.XDG_CONFIG_HOME;
  return join(xdg?.startsWith('/') ? xdg : join(homedir(), '.config'), 'hepatica', 'libtorch.json');
}

/** Changes when the library does, or the hepatica that it was tested with. */
export function testStamp(folder: string, version: string): string {
  const { size, mtimeMs } = statSync(join(folder, 'libtorch_cuda.so'));
  return `hepatica ${version}, libtorch_cuda.so of ${size} bytes at ${Math.round(mtimeMs)}`;
}

/** The choice, or null where none was made or its file is not one. */
export function readChoice(): { folder: string; origin: string; tested: string } | null {
  const path = choicePath();
  try {
    return { ...choiceFile.parse(JSON.parse(readFileSync(path, 'utf8'))), origin: path };
  } catch {
    return null;
  }
}

export function writeChoice(folder: string, tested: string): string {
  const path = choicePath();
  mkdirSync(dirname(path), { recursive: true });
  const pending = `${path}.${process.pid}`;
  writeFileSync(pending, `${JSON.stringify({ folder, tested }, null, 2)}\n`);
  renameSync(pending, path);
  return path;
}

export function forgetChoice(): void {
  rmSync(choicePath(), { force: true });
}
