// Nothing of what the files of a scan say in words comes into logs, Redis, figures, errors or answers.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { loadConfig } from '../packages/worker/src/config.js';
import { jobSchema } from '../packages/worker/src/job.js';
import { JobQueue } from '../packages/worker/src/queue.js';
import { freePort } from './support/free-port.js';
import { unless } from './support/unless.js';
import { filesOf, type PhantomSeries, writePhantomSeries } from './support/worker/phantoms.js';
import { optionsAsEnvironment, WorkerProcess } from './support/worker/process.js';
import { kWithoutServers, type Servers, startServers, stopServers } from './support/worker/servers.js';

/** In every text below, and nowhere else. */
const kMarker = 'QZX';
const kBirthDate = '19010203';
const kStudyDate = '19210304';

/** Elements of patient, study, series, equipment and image that hold words, names, or numbers written as text. */
const kTexts = [
  ...['0008,0050', '0008,0070', '0008,0080', '0008,0081', '0008,0090', '0008,0094', '0008,1010', '0008,1030'],
  ...['0008,103e', '0008,1040', '0008,1048', '0008,1050', '0008,1060', '0008,1070', '0008,1080', '0008,1090'],
  ...['0008,2111', '0010,0010', '0010,0020', '0010,0021', '0010,1000', '0010,1001', '0010,1005', '0010,1040'],
  ...['0010,1060', '0010,1080', '0010,1090', '0010,2000', '0010,2110', '0010,2150', '0010,2152', '0010,2154'],
  ...['0010,2160', '0010,2180', '0010,21b0', '0010,21f0', '0010,4000', '0018,0010', '0018,0015', '0018,1000'],
  ...['0018,1016', '0018,1019', '0018,1020', '0018,1030', '0018,1210', '0020,0010', '0020,1040', '0020,4000'],
  ...['0028,4000', '0032,1032', '0032,1060', '0032,4000', '0038,0010', '0038,0300', '0040,0006', '0040,0253'],
  ...['0040,0254', '0040,0280', '0040,1001', '0040,1002', '0040,1400', '0040,2016', '0040,2017'],
];

/** `(0008,0050)=QZX00080050`, in upper case as codes are. */
const markerOf = (tag: string) => `(${tag})=${kMarker}${tag.replace(',', '').toUpperCase()}`;

const test = suite<Servers>('privacy of workers');
const withServers = unless(kWithoutServers, test);

test.before(async (context) => {
  if (kWithoutServers) return;
  Object.assign(context, await startServers((folder) => ['--dir', folder]));
});
test.after(stopServers);

function modify(files: readonly string[], changes: readonly string[]): void {
  execFileSync('dcmodify', ['-nb', ...changes.flatMap((change) => ['-i', change]), ...files]);
}

/** A series of markers, with further changes to all its files, and to every other one. */
async function arrive(
  { folder, orthanc }: Servers,
  seed: number,
  { all = [], some = [], without = -1 }: { all?: string[]; some?: string[]; without?: number } = {},
): Promise<PhantomSeries> {
  const series = await writePhantomSeries(join(folder.path, `${seed}`), seed, [64, 56, 12]);
  const dates = [`(0010,0030)=${kBirthDate}`, `(0008,0020)=${kStudyDate}`];
  modify(series.files, [...kTexts.map(markerOf), ...dates, ...all]);
  if (some.length > 0)
    modify(
      series.files.filter((_, index) => index % 2 === 1),
      some,
    );
  for (const [index, file] of filesOf(series).entries()) if (index !== without) await orthanc.store(file);
  return series;
}

function filesBelow(folder: string): Buffer[] {
  const files = readdirSync(folder, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile());
  return files.map((entry) => readFileSync(join(entry.parentPath, entry.name)));
}

withServers('markers in every text of the files are found nowhere else', async (context) => {
  const { redis, proxy, networks, folder } = context;
  const good = await arrive(context, 1);
  const bad = [
    await arrive(context, 2, { without: 5 }),
    await arrive(context, 3, { all: [`(0008,0060)=${kMarker}MOD`] }),
    await arrive(context, 4, { some: [`(0010,0020)=${kMarker}OTHER`] }),
    await arrive(context, 5, { all: [`(0028,1053)=${kMarker}SLOPE`] }),
    await arrive(context, 6, { some: [`(0008,0008)=ORIGINAL\\PRIMARY\\LOCALIZER\\${kMarker}TYPE`] }),
    await arrive(context, 7, { all: [`(0020,0037)=${kMarker}\\1\\0\\0\\0\\1`] }),
    await arrive(context, 8, { some: [`(0020,0012)=7`, `(0008,0033)=010203`] }),
  ];
  const refused = await arrive(context, 9);
  proxy.treatments = {
    before: ({ study, kind }) => (study === refused.studyInstanceUid && kind === 'fetch' ? 'unavailable' : 'pass'),
  };

  const port = await freePort();
  const options = { redis: redis.url, dicomweb: `${proxy.url}/dicom-web`, logLevel: 'debug', ...networks };
  const worker = new WorkerProcess(
    'worker',
    optionsAsEnvironment({ ...options, http: `127.0.0.1:${port}`, documents: 'report,lesions,perimeters' }),
  );
  const queue = new JobQueue(loadConfig({ redis: redis.url, attempts: '2', backoffSeconds: '0.1' }, {}));
  const said: string[] = [];
  const codes: string[] = [];
  try {
    for (const { studyInstanceUid: study, seriesInstanceUid } of [good, ...bad, refused]) {
      const { id } = await queue.add(jobSchema.parse({ study, series: seriesInstanceUid }));
      let status = await queue.get(id);
      for (; status?.state !== 'completed' && status?.state !== 'failed'; status = await queue.get(id)) await sleep(50);
      codes.push(status.failure?.code ?? status.state);
      said.push(JSON.stringify(status));
      said.push(await (await fetch(`http://127.0.0.1:${port}/jobs/${id}`)).text());
    }
    said.push(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text());
  } finally {
    await queue.close();
    await worker.kill('SIGTERM');
  }
  assert.is(codes[0], 'completed');
  assert.ok(new Set(codes).size >= 5, `many ways to fail: ${codes}`);
  const journal = filesBelow(join(folder.path, 'appendonlydir')).map((bytes) => bytes.toString('latin1'));
  assert.ok(journal.join('').includes(good.seriesInstanceUid), "Redis' journal is there");
  for (const [place, text] of Object.entries({
    'the log': worker.output,
    'errors, answers and figures': said.join('\n'),
    Redis: journal.join('\n'),
  })) {
    for (const word of [kMarker, kBirthDate, kStudyDate, 'UNAVAILABLE</html>']) {
      const at = text.indexOf(word);
      assert.is(at, -1, `${place}: ${text.slice(Math.max(0, at - 200), at + 60)}`);
    }
  }
});

test.run();
