// npm's dependencies: installed when node_modules does not hold what package-lock.json says.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, say } from './process.mjs';

/** Why `npm ci` is needed, or null. npm keeps what it installed in node_modules/.package-lock.json. */
export function staleModules(root) {
  const installedPath = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(installedPath)) return 'node_modules is absent';
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(installedPath, 'utf8')).packages;
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '') continue;
    // Optional packages are those of other platforms.
    const missing = installed[path] === undefined || !existsSync(join(root, path));
    if (missing && !entry.optional) return `${path} is missing`;
    if (!missing && installed[path].version !== entry.version) return `${path} is not ${entry.version}`;
  }
  return null;
}

export function installModules(root) {
  const reason = staleModules(root);
  if (reason === null) return;
  say(`set-up: npm ci --ignore-scripts (${reason})`);
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund'];
  // Under `npm run` the same npm is used that was called.
  const npm = process.env.npm_execpath;
  if (npm?.endsWith('.js')) run(process.execPath, [npm, ...args], { cwd: root });
  else run('npm', args, { cwd: root });
}
