// Where packages come from: what apt and npm are configured with on this machine, so that a mirror or proxy is honoured.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { outputOf, SetupError } from './process.mjs';

const kAptHelper = '/usr/lib/apt/apt-helper';

/** The addresses of apt's repositories, without the last slash; `codename`: those of one release. */
export function aptRepositories(
  codename,
  listed = outputOf('apt-get', ['indextargets', '--format', '$(REPO_URI) $(CODENAME)']),
) {
  const rows = (listed ?? '').split('\n').map((line) => line.split(' '));
  const wanted = rows.filter(([address, name]) => address && (codename === undefined || name === codename));
  return [...new Set(wanted.map(([address]) => address.replace(/\/$/, '')))];
}

/** apt's own proxy as the variables that other programs read. */
export function aptProxy() {
  const settings =
    outputOf('apt-config', ['shell', 'http', 'Acquire::http::Proxy', 'https', 'Acquire::https::Proxy']) ?? '';
  const proxies = [...settings.matchAll(/^(https?)='(.*)'$/gm)].filter(([, , address]) => address !== '');
  return Object.fromEntries(proxies.map(([, scheme, address]) => [`${scheme}_proxy`, address]));
}

/** A file of apt's repositories (`pool/main/z/…`), fetched and checked by apt itself. */
export function fetchFromApt(file, path, sha256, repositories = aptRepositories()) {
  const failures = [];
  for (const repository of repositories) {
    const url = `${repository}/${file}`;
    const { status, stderr } = spawnSync(kAptHelper, ['download-file', url, path, `SHA256:${sha256}`], {
      encoding: 'utf8',
    });
    if (status === 0) return;
    rmSync(path, { force: true });
    failures.push(`  ${url}: ${stderr?.match(/^E: (.*)$/m)?.[1] ?? `${kAptHelper} is missing`}`);
  }
  throw new SetupError(
    `${file} could not be had from apt's repositories:\n${failures.join('\n')}\n` +
      "Debian's servers keep only a package's newest revision: add a repository that has this one, as Debian's snapshot " +
      'service does, to /etc/apt/sources.list.d and type apt-get update.',
  );
}

/** npm's registry, and its proxies where it has some. */
export function npmSettings(get = (name) => outputOf('npm', ['config', 'get', name])?.trim()) {
  const value = (name) => {
    const text = get(name);
    return text && text !== 'null' && text !== 'undefined' ? text : undefined;
  };
  const registry = value('registry');
  if (!registry) throw new SetupError('npm does not tell its registry. Type: npm config get registry');
  const [proxy, httpsProxy] = [value('proxy'), value('https-proxy')];
  return { registry, ...(proxy && { proxy }), ...(httpsProxy && { httpsProxy }) };
}
