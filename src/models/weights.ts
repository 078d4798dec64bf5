import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { checkOptions, invalidArgument } from '../schema/check.js';
import { fetchWeightsOptions } from '../schema/files.js';
import type { FetchWeightsOptions } from '../types.js';
import { download } from './download.js';

/** Weights that others published and that hepatica can take as a base. */
export interface PublishedWeights {
  /** By which `fetchWeights` knows them. */
  readonly name: string;
  /** What they are, and whose. */
  readonly description: string;
  /** Where they lie. */
  readonly url: string;
  /** All 64 hex digits of the file's SHA-256, or as many of its first as its publisher made known. */
  readonly sha256: string;
}

/** Weights of any publisher; the hash pins what is downloaded. */
export interface WeightsSource {
  /** Where the file lies. */
  readonly url: string;
  /** 64 hex digits. */
  readonly sha256: string;
}

/** A file in the cache. */
export interface FetchedWeights {
  /** Where it lies. */
  readonly path: string;
  /** Of the file as it is. */
  readonly sha256: string;
  /** Its size. */
  readonly bytes: number;
  /** Whether the file was in the cache already. */
  readonly cached: boolean;
}

/**
 * torchvision puts the first 8 digits of the SHA-256 into a file's name and checks those itself; more it does not
 * publish, so more cannot be pinned here. timm's files on GitHub are of the format before torch 1.6, which isn't read;
 * those on Hugging Face are, with `{ url, sha256 }`: their hashes are shown there alone.
 */
const kPublished: readonly PublishedWeights[] = [
  {
    name: 'resnet101-imagenet-v1',
    description: "torchvision's ResNet101, ImageNet-1K, first recipe",
    url: 'https://download.pytorch.org/models/resnet101-63fe2227.pth',
    sha256: '63fe2227',
  },
  {
    name: 'resnet101-imagenet-v2',
    description: "torchvision's ResNet101, ImageNet-1K, second recipe",
    url: 'https://download.pytorch.org/models/resnet101-cd907fc2.pth',
    sha256: 'cd907fc2',
  },
];

/** The weights that {@link fetchWeights} knows by name. */
export function listPublishedWeights(): readonly PublishedWeights[] {
  return kPublished;
}

/**
 * Downloads published weights into a cache, once; nothing else in hepatica downloads. A download that was cut is
 * resumed; `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` are honoured.
 *
 * @param source - a name of {@link listPublishedWeights}, or where any other file lies and its SHA-256 (for timm's,
 *   Hugging Face shows it on the file's page)
 * @throws {@link InvalidArgumentError} `INVALID_ARGUMENT`; {@link DownloadError} `DOWNLOAD_FAILED`, `WRONG_HASH`; {@link OutputError} `OUTPUT_UNWRITABLE`
 */
export async function fetchWeights(
  source: string | WeightsSource,
  options: FetchWeightsOptions = {},
): Promise<FetchedWeights> {
  checkOptions(fetchWeightsOptions, options);
  const { url, sha256, file } = locate(source);
  return download(url, sha256, join(options.cache ?? cacheFolder(), file), options);
}

function cacheFolder(): string {
  const xdg = process.env.XDG_CACHE_HOME;
  return join(xdg?.startsWith('/') ? xdg : join(homedir(), '.cache'), 'hepatica');
}

function locate(source: unknown): { url: URL; sha256: string; file: string } {
  if (typeof source === 'string') {
    const known = kPublished.find(({ name }) => name === source);
    const names = kPublished.map(({ name }) => name).join(', ');
    if (!known) throw invalidArgument('source', `one of ${names}, or { url, sha256 }`, source);
    return { url: new URL(known.url), sha256: known.sha256, file: basename(known.url) };
  }
  const { url: address, sha256 } = (source ?? {}) as Partial<WeightsSource>;
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/i.test(sha256)) {
    throw invalidArgument('sha256', '64 hex digits', sha256);
  }
  const url = typeof address === 'string' && URL.canParse(address) ? new URL(address) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) throw invalidArgument('url', 'an http or https address', address);
  // Two files of one name are two files in the cache.
  const name = basename(url.pathname)
    .replaceAll(/[^\w.-]/g, '_')
    .slice(-100);
  return { url, sha256: sha256.toLowerCase(), file: `${sha256.slice(0, 16).toLowerCase()}-${name}` };
}
