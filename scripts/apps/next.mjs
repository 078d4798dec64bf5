// A Next.js app whose server action is sent a series, as a browser's form does: built, started and asked once.
import { spawn } from 'node:child_process';
import { cpSync, openAsBlob, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { say } from '../setup/process.mjs';
import { add, kNothing } from '../test/tally.mjs';
import { freePort } from './registry.mjs';
import { succeeds } from './report.mjs';

/** Pinned: what is tested is hepatica. */
export const kNextPackages = { next: '16.4.6', react: '19.3.1', 'react-dom': '19.3.1' };

const kPatienceMs = 30_000;

async function pageAt(url) {
  const end = Date.now() + kPatienceMs;
  while (Date.now() < end) {
    const page = await fetch(url).then(
      (answer) => answer.text(),
      () => null,
    );
    if (page !== null) return page;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the server does not answer');
}

/** What the action answers to the files of `folder`. */
async function submit(url, folder) {
  const [, action] = /name="(\$ACTION_ID_\w+)"/.exec(await pageAt(url)) ?? [];
  if (action === undefined) throw new Error('the page has no form');
  const form = new FormData();
  form.set(action, '');
  for (const name of readdirSync(folder).sort()) form.append('files', await openAsBlob(join(folder, name)), name);
  const answer = await fetch(url, { method: 'POST', body: form, redirect: 'manual', headers: { origin: url } });
  return new URL(answer.headers.get('location') ?? '/', url).searchParams;
}

async function complaintOf(folder, env, { input, reference }) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const args = ['node_modules/next/dist/bin/next', 'start', '--hostname', '127.0.0.1', '--port', String(port)];
  const server = spawn(process.execPath, args, { cwd: folder, env, stdio: 'ignore' });
  try {
    const found = await submit(url, input);
    const volumeMl = found.get('volumeMl');
    return Number(volumeMl) === reference.volumeMl ? null : `${volumeMl} ml, not ${reference.volumeMl}`;
  } catch (error) {
    return error.message;
  } finally {
    server.kill();
  }
}

/** In `folder`, where hepatica and Next.js are installed; `sources` are the app's. */
export async function runNextApp(folder, sources, env, context) {
  cpSync(sources, folder, { recursive: true });
  const quiet = { ...env, NEXT_TELEMETRY_DISABLED: '1' };
  const build = [process.execPath, ['node_modules/next/dist/bin/next', 'build']];
  const built = await succeeds('Next.js: build', build, { cwd: folder, env: quiet });
  if (built.failed > 0) return built;
  const complaint = await complaintOf(folder, quiet, context);
  say(`apps: Next.js: server action: ${complaint === null ? 'passed' : `failed: ${complaint}`}`);
  return add(built, { ...kNothing, [complaint === null ? 'passed' : 'failed']: 1 });
}
