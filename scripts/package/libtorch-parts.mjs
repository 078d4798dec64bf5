// What libtorch is built of, by the folders of its licences. Versions are those that its headers or the folders' names
// tell; of the other parts the wheel tells none.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError } from '../setup/process.mjs';

/** Macros in headers beside the libraries: one for each number, or all in one, `step` apart. */
const kHeaders = {
  fmt: { header: 'include/fmt/base.h', macros: ['FMT_VERSION'], step: 100 },
  oneDNN: {
    header: 'include/oneapi/dnnl/dnnl_version.h',
    macros: ['DNNL_VERSION_MAJOR', 'DNNL_VERSION_MINOR', 'DNNL_VERSION_PATCH'],
  },
  protobuf: { header: 'include/google/protobuf/stubs/common.h', macros: ['GOOGLE_PROTOBUF_VERSION'], step: 1000 },
  pybind11: {
    header: 'include/pybind11/detail/common.h',
    macros: ['PYBIND11_VERSION_MAJOR', 'PYBIND11_VERSION_MINOR', 'PYBIND11_VERSION_MICRO'],
  },
  sleef: {
    header: 'include/sleef.h',
    macros: ['SLEEF_VERSION_MAJOR', 'SLEEF_VERSION_MINOR', 'SLEEF_VERSION_PATCHLEVEL'],
  },
};

/** The part's own name where its licence lies in a folder of another. */
const kRenamed = { 'ideep/mkl-dnn': 'oneDNN' };

function headerVersion(libtorch, { header, macros, step }) {
  const text = readFileSync(join(libtorch, header), 'utf8');
  const numbers = macros.map((macro) => Number(text.match(new RegExp(`define ${macro} (\\d+)\\b`))?.[1]));
  if (numbers.some(Number.isNaN)) throw new SetupError(`${header} of libtorch does not tell ${macros.join(', ')}`);
  const [whole] = numbers;
  const split = step ? [Math.floor(whole / step ** 2), Math.floor(whole / step) % step, whole % step] : numbers;
  return split.join('.');
}

function describe(libtorch, folder) {
  const [, stem, version] = folder.match(/^(.+)-(\d+(?:\.\d+)+)$/) ?? [];
  if (stem) return { name: stem, version, source: `the folder of its licence, third_party/${folder}` };
  const name = kRenamed[folder] ?? folder;
  const known = kHeaders[name];
  return known ? { name, version: headerVersion(libtorch, known), source: known.header } : { name };
}

/** `[{ name, version?, source? }]`, the source being what tells the version. */
export function libtorchParts(libtorch, licenses) {
  if (!licenses) return [];
  const below = readdirSync(licenses, { recursive: true }).map((path) => path.match(/.*third_party\/(.+)$/)?.[1]);
  const folders = below.filter((folder) => folder && (!folder.includes('/') || folder in kRenamed));
  return [...new Set(folders)].sort().map((folder) => describe(libtorch, folder));
}
