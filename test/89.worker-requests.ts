// What a worker lets itself be told: by its configuration, and by servers that are broken, hostile or know it not.
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Command } from 'commander';
import { InputFileError } from 'hepatica';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { configJsonSchema, kOptions, loadConfig, type ServerConfig, serversOf } from '../packages/worker/src/config.js';
import { DicomWebServer } from '../packages/worker/src/dicomweb.js';
import { failedReasonOf, failureOf, parseFailedReason, WorkerError } from '../packages/worker/src/failure.js';
import { jobIdOf, jobSchema } from '../packages/worker/src/job.js';
import { JobQueue } from '../packages/worker/src/queue.js';
import { withSubmitFlags } from '../packages/worker/src/submit-command.js';
import { freePort } from './support/free-port.js';
import { kRoot, makeFolder } from './support/programs.js';
import { kWithoutRedis, startRedis } from './support/redis.js';
import { writePhantomSeries } from './support/worker/phantoms.js';
import { kWithoutWorker, optionsAsEnvironment, runWorkerCommand } from './support/worker/process.js';

interface Context {
  folder: string;
  remove(): void;
  close: (() => unknown)[];
}

const test = suite<Context>('requests of workers');
test.before.each((context) => {
  const { path, remove } = makeFolder();
  Object.assign(context, { folder: path, remove, close: [] });
});
test.after.each(async ({ remove, close }) => {
  for (const end of close.reverse()) await end();
  remove();
});

async function listen(context: Context, server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.close.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function serverOf(context: Context, answer: RequestListener, config: Partial<ServerConfig> = {}) {
  const port = await listen(context, createServer(answer));
  const server = new DicomWebServer('archive', { url: `http://127.0.0.1:${port}/dicom-web/`, ...config });
  context.close.push(() => server.close());
  return server;
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    assert.instance(error, WorkerError);
    return (error as WorkerError).code;
  }
  return 'none';
}

const kSeries = { study: '1.2.3', series: '1.2.3.4' };
const kLimits = { maxSlices: 2, maxBytes: 1000 };

async function fetchAll(server: DicomWebServer, address = kSeries, signal?: AbortSignal): Promise<number> {
  let count = 0;
  for await (const _ of server.instances(address, kLimits, signal)) count += 1;
  return count;
}

const part = (bytes: number) => `--b\r\nContent-Type: application/dicom\r\n\r\n${'x'.repeat(bytes)}\r\n`;
const related: RequestListener = (_, answer) =>
  answer.setHeader('content-type', 'multipart/related; type="application/dicom"; boundary=b');

test('only UIDs come into an address', async (context) => {
  let requests = 0;
  const server = await serverOf(context, (_, answer) => {
    requests += 1;
    answer.end();
  });
  for (const uid of [
    '../../instances',
    '1.2/../3',
    '1.2.3?x',
    '1.2%2f3',
    '1..2',
    '01.2',
    '',
    'http://elsewhere',
    '1.2.',
  ]) {
    assert.is(await codeOf(fetchAll(server, { study: '1.2', series: uid })), 'INVALID_JOB', uid);
    assert.is(await codeOf(fetchAll(server, { study: uid, series: '1.2' })), 'INVALID_JOB', uid);
    assert.is(await codeOf(server.searchSeries(uid)), 'INVALID_JOB', uid);
    assert.is(await codeOf(server.store([], uid)), 'INVALID_JOB', uid);
    assert.not.ok(jobSchema.safeParse({ study: uid, series: '1.2' }).success);
  }
  assert.is(requests, 0);
});

test('a job asks for what networks can be asked for', () => {
  for (const threshold of [0, 1]) assert.not.ok(jobSchema.safeParse({ ...kSeries, options: { threshold } }).success);
  assert.ok(jobSchema.safeParse({ ...kSeries, options: { threshold: 0.5 } }).success);
});

test('where a server points to another address, nobody goes there', async (context) => {
  let visits = 0;
  const elsewhere = await listen(
    context,
    createServer((_, answer) => {
      visits += 1;
      answer.end();
    }),
  );
  const location = `http://127.0.0.1:${elsewhere}/latest/meta-data`;
  const server = await serverOf(context, (_, answer) => void answer.writeHead(302, { location }).end());
  assert.is(await codeOf(fetchAll(server)), 'REQUEST_REFUSED');
  assert.is(await codeOf(server.store([Buffer.from('x')])), 'REQUEST_REFUSED');
  assert.is(visits, 0);
});

test('answers that are too large, cut, of another kind, or refusals', async (context) => {
  const cases: [string, RequestListener][] = [
    ['none', (_, answer) => void answer.end(`${part(10)}${part(10)}--b--`)],
    ['SERIES_TOO_LARGE', (_, answer) => void answer.end(`${part(10)}${part(10)}${part(10)}--b--`)],
    ['SERIES_TOO_LARGE', (_, answer) => void answer.end(`${part(600)}${part(600)}--b--`)],
    ['ANSWER_CUT', (_, answer) => void answer.end(part(10))],
    ['ANSWER_CUT', (_, answer) => void answer.write(part(10), () => answer.destroy())],
    ['WRONG_ANSWER', (_, answer) => void answer.setHeader('content-type', 'text/html').end('<html>')],
    ['ACCESS_DENIED', (_, answer) => void answer.writeHead(401).end()],
    ['NOT_IN_ARCHIVE', (_, answer) => void answer.writeHead(404).end()],
    ['SERVER_UNAVAILABLE', (_, answer) => void answer.writeHead(429).end()],
    ['SERVER_UNAVAILABLE', (_, answer) => void answer.destroy()],
  ];
  for (const [index, [code, answerIt]] of cases.entries()) {
    const server = await serverOf(context, (request, answer) => {
      related(request, answer);
      answerIt(request, answer);
    });
    assert.is(await codeOf(fetchAll(server)), code, `case ${index}`);
  }
});

test('a list that is cut, or no list', async (context) => {
  const json: RequestListener = (_, answer) => answer.setHeader('content-type', 'application/dicom+json');
  const cases: [string, RequestListener][] = [
    ['none', (_, answer) => void answer.end('[]')],
    ['none', (_, answer) => void answer.writeHead(204).end()],
    ['ANSWER_CUT', (_, answer) => void answer.setHeader('content-length', 20).write('[{}', () => answer.destroy())],
    ['WRONG_ANSWER', (_, answer) => void answer.end('[{')],
    ['WRONG_ANSWER', (_, answer) => void answer.end('{}')],
  ];
  for (const [index, [code, answerIt]] of cases.entries()) {
    const server = await serverOf(context, (request, answer) => {
      json(request, answer);
      answerIt(request, answer);
    });
    assert.is(await codeOf(server.searchSeries('1.2.3')), code, `case ${index}`);
  }
});

test('pages of a list: smaller than asked for, and always the first', async (context) => {
  const series = Array.from({ length: 120 }, (_, index) => ({ '0020000E': { vr: 'UI', Value: [`1.2.${index}`] } }));
  const pages: ((offset: number, limit: number) => object[])[] = [
    (offset, limit) => series.slice(offset, offset + limit),
    (offset) => series.slice(offset, offset + 50),
    () => series,
  ];
  for (const page of pages) {
    const server = await serverOf(context, ({ url = '' }, answer) => {
      const asked = new URL(url, 'http://archive').searchParams;
      answer.end(JSON.stringify(page(Number(asked.get('offset')), Number(asked.get('limit')))));
    });
    assert.equal(await server.searchSeries('1.2.3'), series);
  }
});

test('who wants no more of a series, or is told to stop, ends its transfer', async (context) => {
  let ended = 0;
  const reason = new Error('stop');
  const controller = new AbortController();
  let seen = 0;
  const server = await serverOf(context, (request, answer) => {
    seen += 1;
    if (seen === 2) setTimeout(() => controller.abort(reason), 50);
    related(request, answer);
    answer.write(`${part(10)}${part(10)}`);
    answer.on('close', () => {
      ended += 1;
    });
  });
  for await (const _ of server.instances(kSeries, kLimits)) break;
  const stopped = await fetchAll(server, kSeries, controller.signal).catch((error: unknown) => error);
  assert.is(stopped, reason);
  for (let tries = 0; ended < 2 && tries < 100; tries++) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.is(ended, 2);
});

test('what an archive has already is stored; what it refuses is told without its words', async (context) => {
  const answers: [string, number, object][] = [
    ['none', 200, {}],
    ['none', 409, { '00081198': { vr: 'SQ', Value: [{ '00081197': { vr: 'US', Value: [0x0111] } }] } }],
    ['STORE_REFUSED', 409, { '00081198': { vr: 'SQ', Value: [{ '00081197': { vr: 'US', Value: [0xa900] } }] } }],
    ['STORE_REFUSED', 200, { '00081198': { vr: 'SQ', Value: [{ '00081197': { vr: 'US', Value: [0x0110] } }] } }],
    ['STORE_REFUSED', 409, { Details: 'Doe^Jane' }],
  ];
  for (const [code, status, document] of answers) {
    const server = await serverOf(context, (request, answer) => {
      request.resume().on('end', () => answer.writeHead(status).end(JSON.stringify(document)));
    });
    const stored = server.store([Buffer.from('x')], '1.2.3');
    assert.is(await codeOf(stored), code);
    if (code !== 'none') await stored.catch(({ message }) => assert.not.match(message, 'Doe'));
  }
});

test('a token is read anew for each request; a password comes from its file', async (context) => {
  const seen: (string | undefined)[] = [];
  const answer: RequestListener = ({ headers }, response) => {
    seen.push(headers.authorization);
    response.end('[]');
  };
  const file = join(context.folder, 'secret');
  const [byToken, byPassword] = [
    await serverOf(context, answer, { tokenFile: file }),
    await serverOf(context, answer, { user: 'worker', passwordFile: file }),
  ];
  for (const secret of ['first', 'second']) {
    writeFileSync(file, `${secret}\n`);
    await byToken.searchSeries('1.2.3');
  }
  await byPassword.searchSeries('1.2.3');
  assert.equal(seen, ['Bearer first', 'Bearer second', `Basic ${Buffer.from('worker:second').toString('base64')}`]);
});

const withOpenssl = spawnSync('openssl', ['version']).error ? test.skip : test;

function makeCertificate(folder: string): [key: string, certificate: string] {
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key, '-out', cert];
  const named = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-days', '2'];
  execFileSync('openssl', ['req', '-x509', ...made, ...named], { stdio: 'ignore' });
  return [key, cert];
}

withOpenssl('a certificate is trusted where its authority is named', async (context) => {
  const [key, cert] = makeCertificate(context.folder);
  const secure = createSecureServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_, answer) => {
    answer.end('[]');
  });
  const url = `https://127.0.0.1:${await listen(context, secure)}`;
  const [stranger, friend] = [new DicomWebServer('a', { url }), new DicomWebServer('a', { url, caFile: cert })];
  context.close.push(() => Promise.all([stranger.close(), friend.close()]));
  assert.is(await codeOf(stranger.searchSeries('1.2.3')), 'ACCESS_DENIED');
  assert.equal(await friend.searchSeries('1.2.3'), []);
});

const withRedis = kWithoutRedis || kWithoutWorker ? test.skip : withOpenssl;

withRedis('Redis is reached by TLS, with a password from its file', async (context) => {
  const [key, cert] = makeCertificate(context.folder);
  const port = await freePort();
  const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', cert];
  const tls = ['--tls-port', String(port), '--tls-auth-clients', 'no', ...files];
  const redis = await startRedis(...tls, '--requirepass', 'open sesame');
  context.close.push(() => redis.stop());
  const file = join(context.folder, 'password');
  writeFileSync(file, 'open sesame\n');
  const url = { redis: `rediss://localhost:${port}`, redisPasswordFile: file };
  const queue = new JobQueue(loadConfig({ ...url, redisCaFile: cert }, {}));
  const { id } = await queue.add(jobSchema.parse(kSeries));
  assert.is((await queue.get(id))?.state, 'prioritized');
  await queue.close();
  const stranger = optionsAsEnvironment({ ...url, dicomweb: 'http://localhost:1' });
  const { exitCode, stderr } = await runWorkerCommand(['submit', '--study', '1.2.3'], stranger);
  assert.is(exitCode, 1);
  assert.match(stderr, /certificate.*QUEUE_UNAVAILABLE/);
});

test('flags come before the environment, that before the file, that before defaults', ({ folder }) => {
  const file = join(folder, 'config.json');
  writeFileSync(file, JSON.stringify({ concurrency: 3, queue: 'of-file', attempts: 4 }));
  const environment = { HEPATICA_WORKER_CONFIG: file, HEPATICA_WORKER_QUEUE: 'of-environment' };
  const environmentToo = { ...environment, HEPATICA_WORKER_CONCURRENCY: '5' };
  const { concurrency, queue, attempts, maxDeaths } = loadConfig({ concurrency: '7' }, environmentToo);
  assert.equal([concurrency, queue, attempts, maxDeaths], [7, 'of-environment', 4, 3]);
  const lists = loadConfig({ documents: 'report,perimeters', deidentify: 'true', device: 'cuda:1' }, {});
  assert.equal([lists.documents, lists.deidentify, lists.device], [['report', 'perimeters'], true, 'cuda:1']);
});

test('every option is text or stands in the file alone; one that is wrong is named', ({ folder }) => {
  const { properties } = configJsonSchema() as { properties: object };
  const inFileAlone = Object.keys(properties).filter((name) => !kOptions.some((option) => option.name === name));
  assert.equal(inFileAlone.sort(), ['rules', 'servers']);
  const file = join(folder, 'config.json');
  const wrong: [object, Record<string, string>, RegExp][] = [
    [{ concurency: 3 }, {}, /the configuration.*concurency/],
    [{ servers: { a: { url: 'file:///etc/passwd' } } }, {}, /servers\.a\.url/],
    [{ servers: { a: { url: 'http://localhost', password: 'secret' } } }, {}, /password/],
    [{}, { concurrency: 'many' }, /concurrency.*received "many"/],
    [{}, { concurrency: '0' }, /concurrency/],
    [{}, { redis: 'redis://:hidden@localhost' }, /redis.*files/],
    [{}, { dicomweb: 'http://user:hidden@localhost/dicom-web' }, /dicomweb.*files/],
  ];
  for (const [content, flags, message] of wrong) {
    writeFileSync(file, JSON.stringify(content));
    try {
      loadConfig({ ...flags, config: file }, {});
      assert.unreachable(String(message));
    } catch (error) {
      assert.match((error as Error).message, message);
      assert.not.match((error as Error).message, 'hidden');
    }
  }
});

test('commands and options of the README exist', () => {
  const readme = readFileSync(join(kRoot, 'packages/worker/README.md'), 'utf8');
  const submit = withSubmitFlags(new Command()).options.map(({ long }) => long);
  const known = new Set([...kOptions.map(({ flags }) => flags.split(' ')[0]), '--config', '--help', ...submit]);
  const named = [...readme.matchAll(/(?<=[\s`])--[a-z-]+/g)].map(([flag]) => flag);
  assert.ok(named.length > 8);
  assert.equal(
    named.filter((flag) => !known.has(flag)),
    [],
  );
  for (const [, option = ''] of readme.matchAll(/`(max\w+|\w+Seconds)`/g)) {
    assert.ok(
      kOptions.some(({ name }) => name === option),
      option,
    );
  }
});

test('--dicomweb is the server that jobs call default', () => {
  const config = loadConfig({ dicomweb: 'http://localhost:8042/dicom-web', dicomwebTokenFile: '/token' }, {});
  const { default: server } = serversOf(config);
  assert.equal([server?.url, server?.tokenFile], ['http://localhost:8042/dicom-web', '/token']);
});

test('the same series with the same options is the same job', () => {
  const job = jobSchema.parse({ study: '1.2', series: '1.2.3', options: { threshold: 0.5, phase: 1 } });
  const same = jobSchema.parse({ ...job, options: { phase: 1, threshold: 0.5 }, priority: 'emergency' });
  assert.is(jobIdOf(same), jobIdOf(job));
  for (const other of [{ series: '1.2.4' }, { server: 'b' }, { options: { phase: 2, threshold: 0.5 } }]) {
    assert.is.not(jobIdOf(jobSchema.parse({ ...job, ...other })), jobIdOf(job));
  }
});

test('a failure is kept with code and remedy, and quotes no file', () => {
  const quoting = new InputFileError('AMBIGUOUS_SERIES', 'The files hold "Doe^Jane"', { remedy: 'Choose one.' });
  const failure = failureOf(quoting);
  assert.not.match(JSON.stringify(failure), 'Doe');
  assert.equal(parseFailedReason(failedReasonOf(failure)), failure);
  assert.equal(failureOf(new TypeError('Doe^Jane')).message, 'A fault of the worker');
  assert.is(parseFailedReason('job stalled more than allowable limit').code, 'KILLED_WORKERS');
});

withRedis('submit fails where the archive lacks a study, and says what the rules pass over', async (context) => {
  const redis = await startRedis();
  context.close.push(() => redis.stop());
  const thick = { '0020000E': { Value: ['1.2.4.1'] }, '00080060': { Value: ['CT'] }, '00180050': { Value: [8] } };
  const server = createServer(({ method, url = '' }, answer) => {
    const found = url.includes('/studies/1.2.4/series?') && url.includes('offset=0') ? [thick] : [];
    answer.setHeader('content-type', 'application/dicom+json');
    answer.end(JSON.stringify(method === 'POST' ? {} : found));
  });
  const dicomweb = `http://127.0.0.1:${await listen(context, server)}`;
  const submit = (...args: string[]) =>
    runWorkerCommand(['submit', '--redis', redis.url, '--dicomweb', dicomweb, '--wait', ...args]);
  const missing = await submit('--study', '1.2.3');
  assert.is(missing.exitCode, 1, missing.stderr);
  assert.match(missing.stdout, /^passed {2}1\.2\.3: .*\(NOT_IN_ARCHIVE\)$/m);
  const passed = await submit('--study', '1.2.4');
  assert.is(passed.exitCode, 1, passed.stderr);
  assert.match(passed.stdout, '1.2.4.1: Its slices are 8 mm thick, not 0.4 to 7 (rules.sliceThicknessMm)');
  const list = join(context.folder, 'list');
  writeFileSync(list, '1.2.3\n1.2.4\n');
  const listed = await submit('--list', list);
  assert.is(listed.exitCode, 1);
  assert.is(listed.stdout.match(/^passed /gm)?.length, 2, 'the rest of the list is asked for');
  const scans = join(context.folder, 'scans');
  await writePhantomSeries(scans, 60, [64, 56, 12]);
  const folder = await submit(scans);
  assert.is(folder.exitCode, 1);
  assert.match(folder.stdout, 'NOT_IN_ARCHIVE');
  const empty = await submit(context.folder.replace(/[^/]*$/, 'hepatica-no-such-folder'));
  assert.match(empty.stderr, 'FILE_NOT_FOUND');
});

test.run();
