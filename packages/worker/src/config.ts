/**
 * The configuration: one schema. Each option comes from a flag, the environment or a file, in this order of precedence;
 * secrets come from files alone.
 */
import { readFileSync } from 'node:fs';
import { InvalidArgumentError } from 'hepatica';
import { z } from 'zod';
import { fileOption, option, textOptions } from './option.js';
import { seriesRulesSchema } from './series-rules.js';

/** Addresses stand in process lists and logs: passwords come from files. */
const withoutPassword = (url: string) => URL.canParse(url) && new URL(url).password === '';
const kNoPassword = 'passwords come from files';
const httpUrl = z.url({ protocol: /^https?$/ }).refine(withoutPassword, kNoPassword);
const path = z.string().min(1);
const name = z.string().regex(/^[\w.-]{1,64}$/);

/** A DICOMweb server that jobs may name. */
export const serverSchema = z
  .strictObject({
    url: httpUrl.describe('Root of its DICOMweb service, as in http://localhost:8042/dicom-web'),
    user: z.string().optional().describe('For HTTP basic authentication'),
    passwordFile: path.optional().describe("File with that user's password"),
    tokenFile: path.optional().describe('File with a bearer token; read anew for each request'),
    caFile: path.optional().describe('PEM file of the authorities that its certificate is checked by'),
    certFile: path.optional().describe('PEM file of the certificate that the worker shows'),
    keyFile: path.optional().describe("PEM file of that certificate's key"),
  })
  .readonly();

/** As {@link WorkerConfig} holds a DICOMweb server. */
export type ServerConfig = z.output<typeof serverSchema>;

const documentName = z.enum(['report', 'lesions', 'perimeters']);

/** What a worker does, and with whom it talks. */
export const configSchema = z.strictObject({
  redis: option(
    z
      .url({ protocol: /^rediss?$/ })
      .refine(withoutPassword, kNoPassword)
      .default('redis://127.0.0.1:6379'),
    'url',
    'Redis of the queue; rediss:// is TLS',
  ),
  redisPasswordFile: option(path.optional(), 'file', 'File with the password for Redis'),
  redisCaFile: option(path.optional(), 'file', "PEM file of the authorities that Redis' certificate is checked by"),
  redisCertFile: option(path.optional(), 'file', 'PEM file of the certificate that the worker shows to Redis'),
  redisKeyFile: option(path.optional(), 'file', "PEM file of that certificate's key"),
  queue: option(name.default('hepatica'), 'name', 'Name of the queue'),
  dicomweb: option(httpUrl.optional(), 'url', 'Root of the DICOMweb service that jobs call "default"'),
  dicomwebUser: option(z.string().optional(), 'name', 'User of that service'),
  dicomwebPasswordFile: option(path.optional(), 'file', "File with that user's password"),
  dicomwebTokenFile: option(path.optional(), 'file', 'File with a bearer token for that service'),
  dicomwebCaFile: option(path.optional(), 'file', 'PEM file of the authorities that its certificate is checked by'),
  dicomwebCertFile: option(path.optional(), 'file', 'PEM file of the certificate that the worker shows to it'),
  dicomwebKeyFile: option(path.optional(), 'file', "PEM file of that certificate's key"),
  servers: fileOption(z.record(name, serverSchema).default({}), 'DICOMweb services by the names that jobs give them'),
  rules: fileOption(seriesRulesSchema.prefault({}), 'Which series of a study is looked at'),
  device: option(
    z.union([z.enum(['auto', 'cpu', 'cuda']), z.templateLiteral(['cuda:', z.int().min(0)])]).default('auto'),
    'device',
    'Where to compute: auto, cpu, cuda or cuda:N; one process a device',
  ),
  precision: option(z.enum(['auto', 'fp32', 'tf32', 'bf16']).default('auto'), 'name', 'Arithmetic of the networks'),
  model: option(path.default('default'), 'what', "The liver's network: default, paper, or a file of weights"),
  lesionModel: option(path.default('default'), 'what', 'The lesion network: default, paper, or a file of weights'),
  threads: option(z.int().min(1).max(1024).optional(), 'n', 'Threads to compute with; all that the container has'),
  concurrency: option(
    z.int().min(1).max(64).default(2),
    'n',
    'Jobs at once: one computes, the others fetch and store meanwhile',
  ),
  deidentify: option(z.boolean().default(false), 'true|false', 'Leave patient and study texts out of SEG and SR'),
  documents: option(
    z.array(documentName).default(['report', 'lesions']),
    'names',
    "JSON documents in a job's result: report, lesions, perimeters",
  ),
  maxSlices: option(z.int().min(1).default(5000), 'n', 'The most objects of a series'),
  maxBytes: option(
    z
      .int()
      .min(1)
      .default(2 ** 32),
    'n',
    'The most bytes of a series',
  ),
  maxMinutes: option(z.number().positive().max(1440).default(30), 'n', 'The longest that a job may take'),
  attempts: option(z.int().min(1).max(100).default(10), 'n', 'Tries of a job whose failures pass'),
  backoffSeconds: option(
    z.number().positive().max(3600).default(5),
    'n',
    'Wait before the second try; twice as long before each further one, up to ten minutes',
  ),
  leaseSeconds: option(
    z.number().min(1).max(600).default(30),
    'n',
    'How long after the last sign of life of a worker its jobs are given to others',
  ),
  maxDeaths: option(z.int().min(1).max(100).default(3), 'n', 'Dead workers after which a job is set aside'),
  graceSeconds: option(
    z.number().min(0).max(3600).default(25),
    'n',
    'After SIGTERM, how long jobs may go on before they are given back',
  ),
  keepHours: option(z.number().positive().default(24), 'n', 'How long results of jobs are kept in Redis'),
  keepJobs: option(z.int().min(1).default(1000), 'n', 'How many results are kept'),
  http: option(
    z
      .string()
      .regex(/^(\[[0-9a-f:]+\]|[\w.-]+):\d{1,5}$/i)
      .optional(),
    'host:port',
    'Where the HTTP front listens; none without it',
  ),
  httpTokenFile: option(path.optional(), 'file', 'File with the token of the HTTP front; needed beyond loopback'),
  orthanc: option(
    httpUrl.optional(),
    'url',
    'Root of an Orthanc, as in http://localhost:8042, whose series become jobs when they have arrived; none without it',
  ),
  orthancServer: option(
    name.default('default'),
    'name',
    'DICOMweb server that the same Orthanc is; its credentials are used',
  ),
  orthancFrom: option(
    z.enum(['now', 'beginning']).default('now'),
    'when',
    'Which series, at the first start: those that come from now on, or from the beginning all that are there',
  ),
  orthancPollSeconds: option(z.number().min(0.1).max(3600).default(5), 'n', 'Between two looks at its changes'),
  logLevel: option(
    z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent']).default('info'),
    'level',
    'What is logged: fatal, error, warn, info, debug or silent',
  ),
});

/** Every option of a worker, its defaults filled in; `hepatica-worker --help` tells what each does. */
export type WorkerConfig = z.output<typeof configSchema>;

export const kOptions = textOptions(configSchema);

/** Without what a URL may hold of a secret. */
function received(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').replaceAll(/\/\/[^/@]*@/g, '//…@');
}

function valueAt(value: unknown, keys: readonly PropertyKey[]): unknown {
  return keys.reduce((inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key], value);
}

/** What a schema says of a value, or an error that names the field. */
export function checked<Schema extends z.ZodType>(schema: Schema, value: unknown, what: string): z.output<Schema> {
  const { data, error } = schema.safeParse(value);
  if (!error) return data as z.output<Schema>;
  const [issue] = error.issues;
  const path = issue?.path ?? [];
  const field = path.length === 0 ? what : path.join('.');
  const was = path.length === 0 ? '' : `, received ${received(valueAt(value, path))}`;
  throw new InvalidArgumentError('INVALID_ARGUMENT', `Expected ${field} to be valid (${issue?.message})${was}`, {
    field,
    remedy: 'hepatica-worker --help lists every option; hepatica-worker schema prints the schema',
  });
}

/** The text of a file, without white space around it: a secret, or the configuration. */
export function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new InvalidArgumentError('INVALID_ARGUMENT', `Expected ${file} to be a file that can be read`, {
      file,
      cause,
    });
  }
}

function fileValues(file: string | undefined): Record<string, unknown> {
  if (file === undefined) return {};
  try {
    return JSON.parse(textOf(file)) as Record<string, unknown>;
  } catch (cause) {
    if (cause instanceof InvalidArgumentError) throw cause;
    throw new InvalidArgumentError('INVALID_ARGUMENT', `Expected ${file} to be JSON`, { file, cause });
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Options of flags, of environment variables (HEPATICA_WORKER_…) and of a configuration file, in this order of precedence.
 * Throws INVALID_ARGUMENT naming the field.
 *
 * @param flags - by the options' names, as text
 * @param environment - as process.env
 */
export function loadConfig(flags: Readonly<Record<string, string>>, environment: Environment): WorkerConfig {
  const given = (source: Environment, key: (option: (typeof kOptions)[number]) => string) =>
    Object.fromEntries(
      kOptions.flatMap((one) => {
        const text = source[key(one)];
        return text === undefined ? [] : [[one.name, one.valueOf(text)]];
      }),
    );
  return checked(
    configSchema,
    {
      ...fileValues(flags.config ?? environment.HEPATICA_WORKER_CONFIG),
      ...given(environment, ({ variable }) => variable),
      ...given(flags, ({ name }) => name),
    },
    'the configuration',
  );
}

/** All servers that jobs may name; what is not among them is never talked to. */
export function serversOf(config: WorkerConfig): Readonly<Record<string, ServerConfig>> {
  const { dicomweb, servers } = config;
  if (dicomweb === undefined) return servers;
  const server = {
    url: dicomweb,
    user: config.dicomwebUser,
    passwordFile: config.dicomwebPasswordFile,
    tokenFile: config.dicomwebTokenFile,
    caFile: config.dicomwebCaFile,
    certFile: config.dicomwebCertFile,
    keyFile: config.dicomwebKeyFile,
  };
  return { ...servers, default: server };
}

/** JSON Schema (2020-12) of the configuration file. */
export function configJsonSchema(): object {
  return z.toJSONSchema(configSchema, { io: 'input' });
}
