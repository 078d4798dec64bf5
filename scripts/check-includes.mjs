// Checks that #include lines go one way through the layers (native/), that foreign libraries stay in their layer, and
// that networks are made of models/layers.
// usage: node scripts/check-includes.mjs [folder with native/]   exits with 1 and a line for each violation
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { kRoot } from './setup.mjs';

// What each layer may include besides itself. Pipelines reach the kernels through the loader in `cuda`: they hand a picture
// on in the GPU's memory from the kernels to the network.
const kAllowed = {
  platform: [],
  core: ['platform'],
  cuda: ['platform', 'core'],
  ops: ['platform', 'core'],
  grid: ['platform', 'core', 'ops'],
  registration: ['platform', 'core', 'ops'],
  dicom: ['platform', 'core'],
  nifti: ['platform', 'core'],
  runtime: ['platform', 'core', 'cuda'],
  models: ['platform', 'core', 'ops', 'grid', 'runtime'],
  segmentation: ['platform', 'core', 'ops', 'grid', 'runtime', 'models'],
  synthesis: ['platform', 'core', 'ops', 'registration'],
  nccl: [],
  training: ['platform', 'core', 'ops', 'grid', 'runtime', 'models', 'nccl', 'synthesis'],
  pipelines: [
    'platform',
    'core',
    'cuda',
    'ops',
    'grid',
    'dicom',
    'nifti',
    'runtime',
    'models',
    'segmentation',
    'synthesis',
    'registration',
    'training',
  ],
  napi: ['platform', 'core', 'ops', 'dicom', 'nifti', 'runtime', 'models', 'synthesis', 'training', 'pipelines'],
  addon: ['napi'],
  // The GPU check is a program of its own.
  check: ['platform', 'core', 'cuda', 'ops', 'grid', 'runtime', 'models', 'training', 'pipelines'],
};

// What each room of a layer may include of the others.
const kRooms = { training: { data: [], loop: ['data'], tasks: ['data', 'loop'] } };

// Foreign headers, and the only layers that may include them.
const kForeign = [
  { name: 'DCMTK', pattern: /^dcmtk\//, layers: ['dicom'] },
  { name: 'OpenJPEG', pattern: /^openjpeg/, layers: ['dicom'] },
  { name: 'the NIfTI library', pattern: /^(nifti\/)?(nifti|znz)\w*\.h$/, layers: ['nifti'] },
  { name: 'Node-API', pattern: /^(napi|node_api|js_native_api)(-inl)?\.h$/, layers: ['napi', 'addon'] },
  {
    name: 'torch',
    pattern: /^(torch|ATen|c10|caffe2)\//,
    layers: ['models', 'nccl', 'training', 'runtime', 'pipelines', 'check'],
  },
];

// What belongs to one operating system or one processor, and therefore into native/platform alone.
const kPlatform = [
  {
    pattern: /<(sched|cpuid|\w*intrin|sys\/(syscall|prctl|sysinfo|auxv))\.h>/,
    what: 'a header of one system or processor',
  },
  {
    pattern: /\b(__x86_64__|__aarch64__|__linux__|__builtin_cpu_\w+|MADV_\w+|target_clones)\b/,
    what: 'code of one system or processor',
  },
  { pattern: /"\/(proc|sys)\//, what: 'a file of one system' },
];

/** Why a file in `room` of `layer` may not include `header` of the same layer, or null. */
function roomViolationOf(layer, room, header) {
  const rooms = kRooms[layer];
  const target = header.split('/')[1];
  if (!rooms || target === room || rooms[room]?.includes(target)) return null;
  return `${layer}/${room} must not include ${layer}/${target}`;
}

// A network is one forward pass over models/layers: one that convolves by itself would have to be written again for each
// other kind of layers (training, devices, inspection).
const kLayersAlone = {
  folder: 'models/layers/',
  pattern:
    /\bat::(_?convolution|conv\dd|(mkldnn|cudnn)_conv\w*|batch_norm|linear)\b|\bmkldnn::|\bnn::(Conv|BatchNorm|Linear)/,
};

/** Why `layer` may not include `header` (found in the folder `native`, beside the file, or elsewhere), or null. */
function violationOf(layer, room, header, native, besideFile) {
  if (header.startsWith('.')) return 'headers are named from native/, or by their bare name beside the file';
  if (!header.includes('/') && existsSync(join(besideFile, header))) return null;
  if (existsSync(join(native, header))) {
    const target = header.split('/')[0];
    if (target === layer) return roomViolationOf(layer, room, header);
    return kAllowed[layer].includes(target) ? null : `${layer} must not include ${target}`;
  }
  const foreign = kForeign.find(({ pattern }) => pattern.test(header));
  if (!foreign || foreign.layers.includes(layer)) return null;
  return `only ${foreign.layers.join(', ')} may include ${foreign.name}, not ${layer}`;
}

/** One line for each violation: file:line: "header": reason. */
export function includeViolations(root) {
  const native = join(root, 'native');
  const violations = [];
  for (const entry of readdirSync(native, { recursive: true })) {
    if (!/\.(h|cpp|cu|cuh)$/.test(entry)) continue;
    const [folder, room] = entry.split('/');
    const layer = folder === 'addon.cpp' ? 'addon' : folder;
    if (!(layer in kAllowed)) {
      violations.push(`native/${entry}: is in no layer of the architecture`);
      continue;
    }
    const lines = readFileSync(join(native, entry), 'utf8').split('\n');
    for (const [index, line] of lines.entries()) {
      const bound = layer === 'platform' ? undefined : kPlatform.find(({ pattern }) => pattern.test(line));
      if (bound) violations.push(`native/${entry}:${index + 1}: ${bound.what} belongs into native/platform`);
      const header = line.match(/^\s*#\s*include\s*[<"]([^>"]+)[>"]/)?.[1];
      const reason = header ? violationOf(layer, room, header, native, dirname(join(native, entry))) : null;
      if (reason) violations.push(`native/${entry}:${index + 1}: "${header}": ${reason}`);
      const operator = entry.startsWith(kLayersAlone.folder) ? null : line.match(kLayersAlone.pattern)?.[0];
      if (operator) violations.push(`native/${entry}:${index + 1}: "${operator}": only models/layers has layers`);
    }
  }
  return violations;
}

if (process.argv[1]?.endsWith('check-includes.mjs')) {
  const root = process.argv[2] ?? kRoot;
  const violations = existsSync(join(root, 'native'))
    ? includeViolations(root)
    : [`${relative('.', root)}: no native/`];
  for (const violation of violations) process.stderr.write(`${violation}\n`);
  process.exitCode = violations.length > 0 ? 1 : 0;
}
