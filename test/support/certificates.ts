// An authority of a test's own, and certificates by it, with OpenSSL.
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const kWithoutOpenssl = spawnSync('openssl', ['version'], { stdio: 'ignore' }).error ? 'no openssl' : '';

export interface Certificate {
  readonly cert: string;
  readonly key: string;
  /** Both in one file. */
  readonly both: string;
}

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

const filesOf = (folder: string, name: string): Certificate => {
  const [cert, key, both] = ['crt', 'key', 'pem'].map((end) => join(folder, `${name}.${end}`)) as [
    string,
    string,
    string,
  ];
  return { cert, key, both };
};

/** Signs itself. */
export function makeAuthority(folder: string, name: string): Certificate {
  const files = filesOf(folder, name);
  const made = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${name}`];
  openssl(...made, '-keyout', files.key, '-out', files.cert);
  return files;
}

/** For 127.0.0.1 and localhost. */
export function makeCertificate(folder: string, name: string, authority: Certificate): Certificate {
  const files = filesOf(folder, name);
  const [request, names] = [join(folder, `${name}.csr`), join(folder, `${name}.ext`)];
  openssl('req', '-newkey', 'rsa:2048', '-nodes', '-subj', `/CN=${name}`, '-keyout', files.key, '-out', request);
  writeFileSync(names, 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
  const signer = ['-CA', authority.cert, '-CAkey', authority.key, '-CAcreateserial', '-extfile', names];
  openssl('x509', '-req', '-in', request, '-days', '2', ...signer, '-out', files.cert);
  writeFileSync(files.both, `${readFileSync(files.cert, 'utf8')}${readFileSync(files.key, 'utf8')}`);
  return files;
}
