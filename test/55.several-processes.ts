import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type EpochRecord,
  InvalidArgumentError,
  loadModel,
  TrainingError,
  type TrainingHistory,
  trainSegmenter,
  writeMask,
  writeVolume,
} from '../src/index.js';
import { placeFromEnvironment } from '../src/train/training-processes.js';
import { freePort } from './support/free-port.js';
import { kThresholdArchitecture } from './support/models.js';
import { kMain, makeFolder, runNode } from './support/programs.js';
import { kOrganHu, makePhantom } from './support/volumes.js';

const folder = makeFolder();
const test = suite('several processes');

const kQuick = {
  architecture: { ...kThresholdArchitecture, spacing_mm: 2, subsampling: 2 },
  epochs: 3,
  batchSize: 4,
  seed: 7,
  threads: 2,
  precision: 'fp32',
  validationPatients: ['patient-0', 'patient-1', 'patient-2'],
} as const;

test.before(async () => {
  for (const n of [0, 1, 2, 3, 4]) {
    const volume = makePhantom({ size: [48, 40, 6], organCentre: [16 + 2 * n, 18, 3], organRadius: 7 });
    mkdirSync(join(folder.path, `data/patient-${n}`), { recursive: true });
    await writeVolume(join(folder.path, `data/patient-${n}/image.nii.gz`), volume);
    const data = Uint8Array.from(volume.data, (hu) => (hu === kOrganHu ? 1 : 0));
    await writeMask(join(folder.path, `data/patient-${n}/label.nii.gz`), { ...volume, data });
  }
});
test.after(() => folder.remove());

const dataset = () => join(folder.path, 'data');
const output = (name: string) => join(folder.path, `${name}.safetensors`);

function checkSame(history: TrainingHistory, expected: TrainingHistory): void {
  assert.is(history.epochs.length, expected.epochs.length);
  for (const [i, { trainingLoss, validationLoss, patients }] of expected.epochs.entries()) {
    const epoch = history.epochs[i] as EpochRecord;
    assert.ok(
      Math.abs(epoch.trainingLoss - trainingLoss) < 1e-3 * trainingLoss,
      `${epoch.trainingLoss} ${trainingLoss}`,
    );
    assert.ok(Math.abs((epoch.validationLoss ?? 0) - (validationLoss ?? 9)) < 1e-3 * (validationLoss ?? 0));
    assert.equal(
      epoch.patients.map(({ patient }) => patient),
      patients.map(({ patient }) => patient),
    );
  }
}

let alone: TrainingHistory;

test('two processes of this machine learn what one does', async () => {
  alone = (await trainSegmenter(dataset(), { ...kQuick, output: output('alone') })).history;
  const told: EpochRecord[] = [];
  const options = {
    ...kQuick,
    output: output('two'),
    processes: 2,
    onEpoch: (record: EpochRecord) => told.push(record),
  };
  const { model, history } = await trainSegmenter(dataset(), options);
  checkSame(history, alone);
  assert.equal(history.epochs, told);
  assert.is(model.info.path, output('two'));
});

/** The processes that this one started for a training. */
function workers(): number[] {
  const children = readdirSync('/proc/self/task').flatMap((task) =>
    readFileSync(`/proc/self/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
  return children.filter((pid) => {
    const commandLine = `/proc/${pid}/cmdline`;
    try {
      return readFileSync(commandLine, 'utf8').includes('training-worker');
    } catch {
      return false; // It has ended meanwhile.
    }
  });
}

test('a killed process ends the training within a minute, and it goes on with another number of processes', async () => {
  const checkpoints = join(folder.path, 'checkpoints');
  const options = { ...kQuick, checkpoints, output: output('killed') };
  let killed = 0;
  let told = 0;
  const onEpoch = ({ epoch }: EpochRecord) => {
    told = epoch;
    killed ||= Date.now();
    for (const pid of workers()) process.kill(pid, 'SIGKILL');
  };
  const error = await trainSegmenter(dataset(), { ...options, epochs: 500, processes: 2, onEpoch }).catch(
    (cause) => cause,
  );
  assert.ok(Date.now() - killed < 60_000);
  assert.instance(error, TrainingError, String(error));
  assert.is((error as TrainingError).code, 'PROCESS_LOST');
  assert.not.ok(existsSync(output('killed')));
  assert.equal(workers(), []);
  await loadModel(join(checkpoints, 'best.safetensors'));
  const goOn = { ...options, resume: true, processes: 3, epochs: told + 1 };
  const { history } = await trainSegmenter(dataset(), goOn);
  assert.ok(
    history.epochs.length === told + 1 || history.epochs.length === told + 2,
    `${history.epochs.length} ${told}`,
  );
});

test('an aborted training leaves no process behind', async () => {
  const controller = new AbortController();
  const onEpoch = () => controller.abort('stop');
  const aborted = trainSegmenter(dataset(), {
    ...kQuick,
    epochs: 500,
    processes: 2,
    output: output('aborted'),
    signal: controller.signal,
    onEpoch,
  });
  assert.is(await aborted.catch((reason) => reason), 'stop');
  assert.equal(workers(), []);
});

test('processes that have no share of a mini-batch are refused', async () => {
  const error = await trainSegmenter(dataset(), { ...kQuick, processes: 5, output: output('five') }).catch(
    (cause) => cause,
  );
  assert.instance(error, InvalidArgumentError);
  assert.is((error as InvalidArgumentError).field, 'processes');
});

test('the environment of torchrun and of a PyTorchJob says where a process stands', () => {
  const common = { RANK: '1', WORLD_SIZE: '4', MASTER_ADDR: 'job-master-0', MASTER_PORT: '23456' };
  const expected = { rank: 1, size: 4, address: 'job-master-0', port: 23456 };
  assert.equal(placeFromEnvironment(common), expected);
  assert.is(placeFromEnvironment({}), undefined);
  assert.is(placeFromEnvironment({ ...common, WORLD_SIZE: '1', RANK: '0' }), undefined);
  const agent = { TORCHELASTIC_USE_AGENT_STORE: 'True', TORCHELASTIC_RUN_ID: 'run', TORCHELASTIC_RESTART_COUNT: '2' };
  assert.equal(placeFromEnvironment({ ...common, ...agent }), { ...expected, agent_prefix: 'run/2/' });
  assert.throws(() => placeFromEnvironment({ ...common, RANK: '4' }), /Expected RANK to be/);
  assert.throws(() => placeFromEnvironment({ ...common, MASTER_ADDR: '' }), /Expected MASTER_ADDR to be/);
});

test('commands that the environment joins write one result', async () => {
  const out = join(folder.path, 'joined');
  const port = String(await freePort());
  const { architecture, precision, validationPatients } = kQuick;
  const config = join(folder.path, 'config.json');
  writeFileSync(config, JSON.stringify({ architecture, precision, validationPatients }));
  const options = ['--epochs', '3', '--batch', '4', '--seed', '7', '--threads', '1', '--out', out, '--config', config];
  const start = (rank: number) =>
    runNode(['--import', 'tsx', kMain, 'train', dataset(), ...options], {
      RANK: String(rank),
      WORLD_SIZE: '2',
      MASTER_ADDR: '127.0.0.1',
      MASTER_PORT: port,
    });
  for (const { exitCode, stderr } of await Promise.all([start(1), start(0)])) assert.is(exitCode, 0, stderr);
  checkSame(JSON.parse(readFileSync(join(out, 'history.json'), 'utf8')) as TrainingHistory, alone);
  await loadModel(join(out, 'liver.safetensors'));
});

const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
const timersBefore = timers();

test('no timer of a training that ended keeps the program alive', () => {
  assert.is(timers(), timersBefore);
});

test.run();
