// Debian's Orthanc with its DICOMweb plug-in: a PACS of a test's own, on loopback, in a folder that goes away with it.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../free-port.js';
import { makeFolder } from '../programs.js';

const kProgram = 'Orthanc';
const kPlugin = '/usr/share/orthanc/plugins/libOrthancDicomWeb.so';

export const kWithoutOrthanc =
  spawnSync(kProgram, ['--version'], { stdio: 'ignore' }).error || !existsSync(kPlugin)
    ? 'no Orthanc with DICOMweb (Debian packages orthanc, orthanc-dicomweb)'
    : '';

function configuration(folder: string, httpPort: number, more: object): object {
  return {
    Name: 'hepatica test',
    StorageDirectory: join(folder, 'storage'),
    IndexDirectory: join(folder, 'storage'),
    Plugins: [kPlugin],
    HttpPort: httpPort,
    DicomServerEnabled: false,
    RemoteAccessAllowed: false,
    AuthenticationEnabled: false,
    DicomWeb: { Enable: true, Root: '/dicom-web/', EnableWado: false },
    ...more,
  };
}

/** One that asks for a password is there too. */
async function answers(url: string, hasEnded: () => boolean): Promise<boolean> {
  for (let tries = 0; tries < 300 && !hasEnded(); tries++) {
    const response = await fetch(url).catch(() => null);
    if (response?.ok || response?.status === 401) return true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}

export interface Orthanc {
  readonly url: string;
  /** Of its DICOMweb service, without a slash at the end. */
  readonly dicomWeb: string;
  store(instance: Uint8Array): Promise<void>;
  /** The instances of a kind (SEG, SR) that it has of a study. */
  list(studyInstanceUid: string, modality: string): Promise<{ sopInstanceUid: string; bytes: Buffer }[]>;
  stop(): Promise<void>;
}

async function answerOf(url: string, settings?: RequestInit): Promise<Response> {
  const response = await fetch(url, settings);
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return response;
}

class Archive implements Orthanc {
  readonly dicomWeb: string;

  constructor(
    readonly url: string,
    readonly stop: () => Promise<void>,
  ) {
    this.dicomWeb = `${url}/dicom-web`;
  }

  async store(instance: Uint8Array): Promise<void> {
    await answerOf(`${this.url}/instances`, { method: 'POST', body: instance as Uint8Array<ArrayBuffer> });
  }

  async list(StudyInstanceUID: string, Modality: string) {
    const query = { Level: 'Instance', Query: { StudyInstanceUID, Modality } };
    const found = await answerOf(`${this.url}/tools/find`, { method: 'POST', body: JSON.stringify(query) });
    const instances = ((await found.json()) as string[]).map(async (id) => {
      const uid = await answerOf(`${this.url}/instances/${id}/content/SOPInstanceUID`);
      const file = await answerOf(`${this.url}/instances/${id}/file`);
      return {
        sopInstanceUid: (await uid.text()).replace(/[\0 ]+$/, ''),
        bytes: Buffer.from(await file.arrayBuffer()),
      };
    });
    return Promise.all(instances);
  }
}

/** @param more - of its configuration, as `StableAge` */
export async function startOrthanc(more: object = {}): Promise<Orthanc> {
  const folder = makeFolder();
  const port = await freePort();
  const settings = join(folder.path, 'orthanc.json');
  writeFileSync(settings, JSON.stringify(configuration(folder.path, port, more)));
  // It ends with the test, however that ends.
  const command = ['--pdeathsig', 'TERM', kProgram, settings];
  const child = spawn('setpriv', command, { stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (log += text));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const stop = async () => {
    child.kill();
    await ended;
    folder.remove();
  };
  const url = `http://127.0.0.1:${port}`;
  if (await answers(`${url}/system`, () => child.exitCode !== null)) return new Archive(url, stop);
  await stop();
  throw new Error(`Orthanc does not answer:\n${log}`);
}
