import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DownloadError, fetchWeights, InvalidArgumentError, listPublishedWeights, OutputError } from '../src/index.js';
import { rejection } from './support/rejections.js';

const kFile = Buffer.from(Uint32Array.from({ length: 200_000 }, (_, i) => (i * 2654435761) >>> 0).buffer);
const kHash = createHash('sha256').update(kFile).digest('hex');

interface Context {
  cache: string;
  server: Server;
  url: string;
  /** The Range header of every request, '' where there is none. */
  ranges: string[];
  answer: (request: IncomingMessage, response: ServerResponse) => void;
}

/** The whole file, or the part that is asked for; cut off after `until` bytes of the file. */
function serve(request: IncomingMessage, response: ServerResponse, until = kFile.length): void {
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  response.writeHead(start > 0 ? 206 : 200, {
    'content-length': kFile.length - start,
    ...(start > 0 && { 'content-range': `bytes ${start}-${kFile.length - 1}/${kFile.length}` }),
  });
  response.write(kFile.subarray(start, until), () => {
    if (until < kFile.length) response.destroy();
    else response.end();
  });
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const test = suite<Context>('weights');
test.before.each(async (context) => {
  context.cache = await mkdtemp(join(tmpdir(), 'hepatica-weights-'));
  context.ranges = [];
  context.answer = (request, response) => serve(request, response);
  context.server = createServer((request, response) => {
    context.ranges.push(request.headers.range ?? '');
    context.answer(request, response);
  });
  context.url = `${await listen(context.server)}/models/base.pth`;
});
test.after.each(async ({ cache, server }) => {
  server.closeAllConnections();
  server.close();
  await rm(cache, { recursive: true, force: true });
});

test('a whole download is kept, checked again and not asked for twice', async ({ cache, url, ranges }) => {
  const fractions: number[] = [];
  const onProgress = ({ fraction }: { fraction: number }) => fractions.push(fraction);
  const first = await fetchWeights({ url, sha256: kHash }, { cache, onProgress });
  assert.equal([first.sha256, first.bytes, first.cached], [kHash, kFile.length, false]);
  assert.ok((await readFile(first.path)).equals(kFile));
  assert.equal(await readdir(cache), [`${kHash.slice(0, 16)}-base.pth`]);
  assert.is(fractions.at(-1), 1);
  assert.equal(fractions, [...fractions].sort());
  assert.equal(await fetchWeights({ url, sha256: kHash.toUpperCase() }, { cache }), { ...first, cached: true });
  assert.is(ranges.length, 1);
  await writeFile(first.path, 'damaged');
  assert.is((await fetchWeights({ url, sha256: kHash }, { cache })).cached, false);
  assert.ok((await readFile(first.path)).equals(kFile));
});

test('a connection that is cut is taken up where it ended', async (context) => {
  context.answer = (request, response) => serve(request, response, context.ranges.length === 1 ? 300_000 : undefined);
  const { path } = await fetchWeights({ url: context.url, sha256: kHash }, { cache: context.cache });
  assert.ok((await readFile(path)).equals(kFile));
  assert.is(context.ranges.length, 2);
  assert.match(context.ranges[1] as string, /^bytes=[1-9]\d*-$/);
});

test('an aborted download rejects with the reason, and the next call resumes it', async (context) => {
  const { url, cache } = context;
  const controller = new AbortController();
  const reason = new Error('enough');
  context.answer = (_, response) => {
    response.writeHead(200, { 'content-length': kFile.length });
    response.write(kFile.subarray(0, 300_000));
  };
  const onProgress = ({ fraction }: { fraction: number }) => {
    if (fraction > 0.3) controller.abort(reason);
  };
  const aborted = await fetchWeights({ url, sha256: kHash }, { cache, signal: controller.signal, onProgress }).catch(
    (error: unknown) => error,
  );
  assert.is(aborted, reason);
  assert.equal(await readdir(cache), [`${kHash.slice(0, 16)}-base.pth.part`]);
  context.answer = (request, response) => serve(request, response);
  const { path } = await fetchWeights({ url, sha256: kHash }, { cache });
  assert.ok((await readFile(path)).equals(kFile));
  assert.match(context.ranges[1] as string, /^bytes=[1-9]\d*-$/);
});

test('a beginning of another file is thrown away', async (context) => {
  await writeFile(join(context.cache, `${kHash.slice(0, 16)}-base.pth.part`), Buffer.alloc(1000, 7));
  const { path } = await fetchWeights({ url: context.url, sha256: kHash }, { cache: context.cache });
  assert.ok((await readFile(path)).equals(kFile));
  assert.equal(context.ranges, ['bytes=1000-', '']);
});

test('a server without ranges sends the whole again', async (context) => {
  await writeFile(join(context.cache, `${kHash.slice(0, 16)}-base.pth.part`), kFile.subarray(0, 1000));
  context.answer = (_, response) => response.end(kFile);
  const { path } = await fetchWeights({ url: context.url, sha256: kHash }, { cache: context.cache });
  assert.ok((await readFile(path)).equals(kFile));
});

test('a file of another hash is refused and not kept', async ({ url, cache }) => {
  const expected = 'a'.repeat(64);
  const error = await rejection(fetchWeights({ url, sha256: expected }, { cache }), DownloadError, 'WRONG_HASH');
  assert.match(error.message, kHash);
  assert.match(error.message, expected);
  assert.equal(await readdir(cache), []);
});

test('what the server refuses is said with its status', async (context) => {
  context.answer = (_, response) => {
    response.writeHead(404).end('no such file');
  };
  const fetched = fetchWeights({ url: context.url, sha256: kHash }, { cache: context.cache });
  const error = await rejection(fetched, DownloadError, 'DOWNLOAD_FAILED');
  assert.match(error.message, '404');
  assert.equal(await readdir(context.cache), []);
});

test('an address that nobody answers, a cache that cannot be made', async ({ url, cache, server }) => {
  await writeFile(join(cache, 'file'), '');
  const inFile = fetchWeights({ url, sha256: kHash }, { cache: join(cache, 'file', 'below') });
  await rejection(inFile, OutputError, 'OUTPUT_UNWRITABLE');
  await new Promise((resolve) => server.close(resolve));
  await rejection(fetchWeights({ url, sha256: kHash }, { cache }), DownloadError, 'DOWNLOAD_FAILED');
});

test('an error of onProgress ends the download', async ({ url, cache, ranges }) => {
  const thrown = new Error('mine');
  const onProgress = ({ fraction }: { fraction: number }) => {
    if (fraction > 0) throw thrown;
  };
  const error = await fetchWeights({ url, sha256: kHash }, { cache, onProgress }).catch((reason: unknown) => reason);
  assert.is(error, thrown);
  assert.is(ranges.length, 1);
});

test('HTTP_PROXY is used, NO_PROXY goes past it', async ({ url, cache }) => {
  let proxied = 0;
  const proxy = createServer((request, response) => {
    // The absolute form of the request line: plain http through a proxy.
    ++proxied;
    assert.is(request.url, 'http://weights.invalid/models/base.pth');
    response.end(kFile);
  });
  proxy.on('connect', (_, client, head) => {
    // weights.invalid exists behind the proxy alone.
    ++proxied;
    const upstream = connect(Number(new URL(url).port), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.write(head);
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on('error', () => client.destroy());
    client.on('error', () => upstream.destroy());
  });
  const saved = { ...process.env };
  try {
    process.env.HTTP_PROXY = await listen(proxy);
    process.env.NO_PROXY = '127.0.0.1';
    delete process.env.http_proxy;
    delete process.env.no_proxy;
    await fetchWeights({ url: 'http://weights.invalid/models/base.pth', sha256: kHash }, { cache });
    assert.is(proxied, 1);
    await fetchWeights({ url, sha256: kHash }, { cache: join(cache, 'direct') });
    assert.is(proxied, 1);
  } finally {
    process.env = saved;
    proxy.closeAllConnections();
    proxy.close();
  }
});

test('wrong arguments are refused before anything is asked for', async ({ url, cache, ranges }) => {
  const refused: [unknown, unknown, string][] = [
    ['resnet99', {}, 'source'],
    [{ url, sha256: 'cd907fc2' }, {}, 'sha256'],
    [{ url: 'file:///etc/passwd', sha256: kHash }, {}, 'url'],
    [undefined, {}, 'sha256'],
    [{ url, sha256: kHash }, { cache: 3 }, 'cache'],
  ];
  for (const [source, options, field] of refused) {
    const call = fetchWeights(source as string, { cache, ...(options as object) });
    assert.is((await rejection(call, InvalidArgumentError, 'INVALID_ARGUMENT')).field, field);
  }
  assert.is(ranges.length, 0);
});

test('every published file is pinned by what its name says', () => {
  for (const { name, url, sha256 } of listPublishedWeights()) {
    assert.match(sha256, /^[0-9a-f]{8,64}$/);
    assert.ok(url.startsWith('https://') && url.includes(sha256.slice(0, 8)), name);
  }
});

test.run();
