// A registry on this machine that holds the packed tarballs and passes everything else on: a package that is missing, or
// whose version does not fit, shows here as it would after publishing; an optional dependency is left out silently.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { npmSettings } from '../setup/package-sources.mjs';
import { SetupError } from '../setup/process.mjs';

const kPatienceMs = 60_000;

export function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function writeConfiguration(folder) {
  const { registry, proxy, httpsProxy } = npmSettings();
  const open = { access: '$all', publish: '$all', unpublish: '$all' };
  const configuration = {
    storage: join(folder, 'storage'),
    uplinks: { upstream: { url: registry, timeout: '120s', maxage: '60m' } },
    packages: { '@hepatica/*': open, hepatica: open, '**': { access: '$all', proxy: 'upstream' } },
    ...(proxy && { http_proxy: proxy }),
    ...(httpsProxy && { https_proxy: httpsProxy }),
    max_body_size: '300mb',
    log: { type: 'file', path: join(folder, 'verdaccio.log'), level: 'warn' },
  };
  mkdirSync(configuration.storage, { recursive: true });
  // JSON is YAML.
  writeFileSync(join(folder, 'config.yaml'), JSON.stringify(configuration));
}

async function untilAnswering(url, child) {
  const end = Date.now() + kPatienceMs;
  while (Date.now() < end && child.exitCode === null) {
    const ready = await fetch(`${url}-/ping`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ready) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new SetupError(`the local registry does not answer at ${url}`);
}

/** `{ url, userconfig, stop }` of a registry into which `tarballs` were published. */
export async function startRegistry(tools, folder, tarballs) {
  rmSync(folder, { recursive: true, force: true });
  writeConfiguration(folder);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/`;
  const program = join(tools, 'node_modules/verdaccio/bin/verdaccio');
  const args = [program, '--config', join(folder, 'config.yaml'), '--listen', `127.0.0.1:${port}`];
  // Verdaccio wants Node 22.
  const child = spawn(join(tools, 'node_modules/node22/bin/node'), args, { stdio: 'ignore' });
  const stop = () => child.kill();
  try {
    await untilAnswering(url, child);
    const userconfig = join(folder, 'npmrc');
    writeFileSync(userconfig, `registry=${url}\n//127.0.0.1:${port}/:_authToken=nobody\n`);
    for (const tarball of tarballs) {
      const { status, stderr } = spawnSync('npm', ['publish', tarball, '--userconfig', userconfig], {
        encoding: 'utf8',
      });
      if (status !== 0) throw new SetupError(`${tarball} could not be published locally:\n${stderr}`);
    }
    return { url, userconfig, stop };
  } catch (error) {
    stop();
    throw error;
  }
}
