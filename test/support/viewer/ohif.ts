// OHIF's built files on loopback, with a configuration of the test's own, and an archive's DICOMweb under the same
// address: one origin, isolated (COOP, COEP) as OHIF's shared memory asks for.
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { extname, join, normalize } from 'node:path';

const kTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
};

const kIsolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

function configuration(origin: string): string {
  const root = `${origin}/dicom-web`;
  const configured = {
    name: 'hepatica test',
    routerBasename: null,
    extensions: [],
    modes: [],
    showStudyList: true,
    investigationalUseDialog: { option: 'never' },
    showCPUFallbackMessage: false,
    strictZSpacingForVolumeViewport: true,
    defaultDataSourceName: 'archive',
    dataSources: [
      {
        namespace: '@ohif/extension-default.dataSourcesModule.dicomweb',
        sourceName: 'archive',
        configuration: {
          friendlyName: 'Orthanc',
          name: 'archive',
          wadoUriRoot: root,
          qidoRoot: root,
          wadoRoot: root,
          qidoSupportsIncludeField: false,
          imageRendering: 'wadors',
          thumbnailRendering: 'wadors',
          enableStudyLazyLoad: true,
          supportsFuzzyMatching: false,
          supportsWildcard: true,
          omitQuotationForMultipartRequest: true,
          bulkDataURI: { enabled: true },
        },
      },
    ],
  };
  return `window.config = ${JSON.stringify(configured)};`;
}

function forward(archive: string, incoming: IncomingMessage, response: ServerResponse): void {
  // The archive writes addresses of its own answers by the host that it was asked under.
  const target = request(`${archive}${incoming.url}`, { method: incoming.method ?? 'GET', headers: incoming.headers });
  target.once('error', () => response.writeHead(502).end());
  target.once('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, { ...answer.headers, ...kIsolation });
    answer.pipe(response);
  });
  incoming.pipe(target);
}

function sendFile(folder: string, path: string, response: ServerResponse): void {
  const wanted = join(folder, normalize(path));
  const file = existsSync(wanted) && statSync(wanted).isFile() ? wanted : join(folder, 'index.html');
  const type = kTypes[extname(file)] ?? 'application/octet-stream';
  response.writeHead(200, { 'Content-Type': type, ...kIsolation });
  createReadStream(file).pipe(response);
}

export interface Ohif {
  readonly url: string;
  stop(): Promise<void>;
}

/** `folder`: OHIF's built files; `archive`: the address that /dicom-web lies under. */
export function serveOhif(folder: string, archive: string): Promise<Ohif> {
  const server = createServer((incoming, response) => {
    const { pathname } = new URL(incoming.url ?? '/', 'http://viewer');
    if (pathname.startsWith('/dicom-web/')) return forward(archive, incoming, response);
    if (pathname !== '/app-config.js') return sendFile(folder, pathname, response);
    response.writeHead(200, { 'Content-Type': 'text/javascript', ...kIsolation });
    response.end(configuration(`http://${incoming.headers.host}`));
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      const stop = () =>
        new Promise<void>((stopped) => {
          server.closeAllConnections();
          server.close(() => stopped());
        });
      resolve({ url: `http://127.0.0.1:${port}`, stop });
    });
  });
}
