// How the worker reaches Redis and archives: by TLS with the certificates that the configuration names, with secrets from
// files, and nowhere else than the configuration says.
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { loadConfig, serversOf } from '../packages/worker/src/config.js';
import { DicomWebServer } from '../packages/worker/src/dicomweb.js';
import { jobSchema } from '../packages/worker/src/job.js';
import { JobQueue } from '../packages/worker/src/queue.js';
import { within } from '../packages/worker/src/within.js';
import { type Certificate, kWithoutOpenssl, makeAuthority, makeCertificate } from './support/certificates.js';
import { freePort } from './support/free-port.js';
import { makeFolder } from './support/programs.js';
import { kWithoutRedis, type Redis, startRedis } from './support/redis.js';
import { unless } from './support/unless.js';
import { kWithoutOrthanc, startOrthanc } from './support/viewer/orthanc.js';

interface Context {
  folder: string;
  remove(): void;
  authority: Certificate;
  stranger: Certificate;
  server: Certificate;
  worker: Certificate;
}

const test = suite<Context>('connections of the worker');
const withRedis = unless(kWithoutRedis || kWithoutOpenssl, test);
const withOrthanc = unless(kWithoutOrthanc || kWithoutOpenssl, test);

test.before((context) => {
  const { path, remove } = makeFolder();
  Object.assign(context, { folder: path, remove });
  if (kWithoutOpenssl) return;
  context.authority = makeAuthority(path, 'authority');
  context.stranger = makeAuthority(path, 'stranger');
  context.server = makeCertificate(path, 'server', context.authority);
  context.worker = makeCertificate(path, 'worker', context.authority);
});
test.after(({ remove }) => remove());

const job = jobSchema.parse({ study: '1.2', series: '1.2.3' });

/** Whether a job can be queued within two seconds. */
async function reaches(options: Readonly<Record<string, string>>): Promise<boolean> {
  const queue = new JobQueue(loadConfig(options, {}));
  const added = await within(2000, queue.add(job), () => null);
  await within(500, queue.close(), () => queue.queue.disconnect());
  return added !== null;
}

withRedis('Redis by TLS, with the password of a file', async ({ folder, authority, stranger, server, worker }) => {
  const port = await freePort();
  const files = ['--tls-cert-file', server.cert, '--tls-key-file', server.key, '--tls-ca-cert-file', authority.cert];
  const redis: Redis = await startRedis('--tls-port', String(port), ...files, '--requirepass', 'secret of redis');
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, 'secret of redis\n');
  const known = { redis: `rediss://127.0.0.1:${port}`, redisPasswordFile: passwordFile };
  const shown = { redisCertFile: worker.cert, redisKeyFile: worker.key };
  try {
    assert.ok(await reaches({ ...known, ...shown, redisCaFile: authority.cert }));
    assert.not.ok(await reaches({ ...known, redisCaFile: authority.cert }), 'it asks for a certificate');
    assert.not.ok(await reaches({ ...known, ...shown, redisCaFile: stranger.cert }), 'its authority is a stranger');
    assert.not.ok(await reaches({ ...known, ...shown }), 'its authority is not known');
  } finally {
    await redis.stop();
  }
});

async function codeOf(options: Readonly<Record<string, string>>): Promise<string> {
  const { default: settings } = serversOf(loadConfig(options, {}));
  const server = new DicomWebServer('default', settings as never);
  try {
    await server.searchSeries('1.2.3');
    return 'answered';
  } catch (error) {
    return (error as { code: string }).code;
  } finally {
    await server.close();
  }
}

/** TLS before an archive: Debian's Orthanc (1.10.1) crashes where it does TLS itself. */
async function gateTo(target: string, { authority, server }: Pick<Context, 'authority' | 'server'>) {
  const [cert, key, ca] = [server.cert, server.key, authority.cert].map((file) => readFileSync(file));
  const gate = createSecureServer(
    { cert, key, ca, requestCert: true, rejectUnauthorized: true } as object,
    (incoming, answer) => {
      const outgoing = request(`${target}${incoming.url}`, {
        method: incoming.method,
        headers: incoming.headers,
      } as object);
      outgoing.on('response', (response) =>
        response.pipe(answer.writeHead(response.statusCode ?? 500, response.headers)),
      );
      incoming.pipe(outgoing);
    },
  );
  await new Promise<void>((resolve) => gate.listen(0, '127.0.0.1', resolve));
  return { url: `https://127.0.0.1:${(gate.address() as AddressInfo).port}`, close: () => gate.close() };
}

withOrthanc('an archive by TLS, with user, password and certificate', async (context) => {
  const { folder, authority, stranger, server, worker } = context;
  const users = { AuthenticationEnabled: true, RegisteredUsers: { hepatica: 'secret of orthanc' } };
  const orthanc = await startOrthanc(users);
  const gate = await gateTo(orthanc.url, { authority, server });
  const dicomwebPasswordFile = join(folder, 'orthanc-password');
  writeFileSync(dicomwebPasswordFile, 'secret of orthanc');
  const known = { dicomweb: `${gate.url}/dicom-web`, dicomwebUser: 'hepatica', dicomwebPasswordFile };
  const shown = { dicomwebCertFile: worker.cert, dicomwebKeyFile: worker.key };
  try {
    assert.is(await codeOf({ ...known, ...shown, dicomwebCaFile: authority.cert }), 'answered');
    const { dicomwebPasswordFile: _, ...nameless } = known;
    assert.is(await codeOf({ ...nameless, ...shown, dicomwebCaFile: authority.cert }), 'ACCESS_DENIED');
    assert.is(await codeOf({ ...known, ...shown, dicomwebCaFile: stranger.cert }), 'ACCESS_DENIED');
    assert.is(await codeOf({ ...known, ...shown }), 'ACCESS_DENIED');
    assert.is.not(await codeOf({ ...known, dicomwebCaFile: authority.cert }), 'answered');
  } finally {
    gate.close();
    await orthanc.stop();
  }
});

/** Of whom it is told who asks for what. */
async function listener(
  answer: Parameters<typeof createServer>[1],
): Promise<{ server: Server; url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    answer?.(request as never, response as never);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

test('nobody follows where an archive points to', async () => {
  const inner = await listener((_request, response) => response.end('[]'));
  const archive = await listener((_request, response) =>
    response.writeHead(302, { Location: `${inner.url}/secret` }).end(),
  );
  const server = new DicomWebServer('default', { url: `${archive.url}/dicom-web` });
  try {
    const attempts = [
      () => server.searchSeries('1.2.3'),
      () => server.oneInstance('1.2.3', '1.2.3.4'),
      () => server.store([new Uint8Array(8)], '1.2.3'),
      async () => {
        for await (const _ of server.instances({ study: '1.2.3', series: '1.2.4' }, { maxSlices: 9, maxBytes: 9 }));
      },
    ];
    for (const attempt of attempts) {
      await attempt().then(
        () => assert.unreachable('it followed'),
        ({ code }) => assert.is(code, 'REQUEST_REFUSED'),
      );
    }
    assert.is(archive.asked.length, attempts.length);
    assert.ok(
      archive.asked.every((line) => / \/dicom-web\/studies/.test(line)),
      archive.asked.join(),
    );
    assert.equal(inner.asked, []);
  } finally {
    await server.close();
    archive.server.close();
    inner.server.close();
  }
});

test('no path leads out of the root of an archive', async () => {
  const archive = await listener((_request, response) => response.end('[]'));
  const server = new DicomWebServer('default', { url: `${archive.url}/dicom-web` });
  try {
    for (const uid of ['..', '../..', '1.2/../../..', '1.2%2f..', '1.2?x=y', '1.2#', '', '1.2\r\nHost: x', '//evil']) {
      for (const attempt of [
        () => server.searchSeries(uid),
        () => server.oneInstance('1.2', uid),
        () => server.store([], uid),
      ]) {
        await attempt().then(
          () => assert.unreachable(`${uid} was asked for`),
          ({ code }) => assert.is(code, 'INVALID_JOB', uid),
        );
      }
    }
    assert.equal(archive.asked, []);
  } finally {
    await server.close();
    archive.server.close();
  }
});

test('a password in an address is refused, and not repeated', () => {
  const wrong: Record<string, string>[] = [
    { redis: 'redis://:secret-word@127.0.0.1:6379' },
    { redis: 'rediss://user:secret-word@127.0.0.1' },
    { dicomweb: 'https://user:secret-word@pacs.example/dicom-web' },
    { orthanc: 'http://user:secret-word@127.0.0.1:8042' },
  ];
  for (const options of wrong) {
    try {
      loadConfig(options, {});
      assert.unreachable(JSON.stringify(options));
    } catch (error) {
      assert.match((error as Error).message, /passwords come from files/);
      assert.not.match((error as Error).message, /secret-word/);
    }
  }
});

test.run();
