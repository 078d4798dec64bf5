// The native tests under the sanitizers, each choice of them in a build of its own.
import { join } from 'node:path';
import { buildJobs, kBuildFolder } from '../build.mjs';
import { run, SetupError, say } from '../setup/process.mjs';
import { kRoot } from '../setup.mjs';
import { runNativeSuite } from './suites.mjs';

export const kSanitizers = ['address,undefined', 'thread'];

// CI takes the layers without torch: ATen's headers cost a quarter of an hour more. libtorch is not instrumented, so the
// sanitizers see what our own code does to the memory that they share, and no more.
const kLayers = ['platform', 'core', 'ops', 'grid', 'registration', 'dicom', 'nifti'];
const kTorchLayers = ['runtime', 'models', 'segmentation', 'training', 'pipelines', 'check'];

// libtorch's vectors carry no annotations of their spare room, and its operators stay registered until the process ends.
const kEnvironment = {
  ASAN_OPTIONS: 'detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1:detect_container_overflow=0',
  UBSAN_OPTIONS: 'halt_on_error=1:print_stacktrace=1',
  TSAN_OPTIONS: 'halt_on_error=1:second_deadlock_stack=1',
};

export function sanitizedLayers(choice) {
  const known = [...kLayers, ...kTorchLayers];
  if (choice === undefined) return kLayers;
  const layers = choice === 'all' ? known : choice.split(',');
  const unknown = layers.find((layer) => !known.includes(layer));
  if (unknown === undefined) return layers;
  throw new SetupError(`Expected --layers to be all or some of ${known.join(',')}, received ${unknown}`, 2);
}

export async function runSanitized({ libtorch }, sanitizers, layers) {
  const folder = join(kBuildFolder, `sanitize-${sanitizers.replace(',', '-')}`);
  say(`sanitize: ${layers.join(', ')} with ${sanitizers} in ${folder}`);
  const options = [`-DHEPATICA_SANITIZE=${sanitizers}`, `-DHEPATICA_LIBTORCH=${libtorch}`, '-DHEPATICA_CUDA=OFF'];
  run('cmake', ['-S', kRoot, '-B', folder, '-G', 'Ninja', ...options]);
  const targets = layers.map((layer) => `hepatica_${layer}_tests`);
  run('cmake', ['--build', folder, '--parallel', String(buildJobs()), '--target', ...targets]);
  return runNativeSuite(join(folder, 'tests'), kEnvironment, targets);
}
