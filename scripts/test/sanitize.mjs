// The native tests of the layers without torch under AddressSanitizer and UndefinedBehaviorSanitizer, in a build of
// their own. libtorch is not instrumented, and its allocator and OpenMP team would only be noise here.
import { join } from 'node:path';
import { buildJobs, kBuildFolder } from '../build.mjs';
import { run, say } from '../setup/process.mjs';
import { kRoot } from '../setup.mjs';
import { runNativeSuite } from './suites.mjs';

const kLayers = ['core', 'ops', 'dicom', 'nifti'];

export async function runSanitized({ libtorch }) {
  const folder = join(kBuildFolder, 'sanitize');
  say(`sanitize: ${kLayers.join(', ')} with address,undefined in ${folder}`);
  const options = ['-DHEPATICA_SANITIZE=address,undefined', `-DHEPATICA_LIBTORCH=${libtorch}`, '-DHEPATICA_CUDA=OFF'];
  run('cmake', ['-S', kRoot, '-B', folder, '-G', 'Ninja', ...options]);
  run('cmake', ['--build', folder, '--parallel', String(buildJobs()), '--target', 'hepatica_sanitized_tests']);
  return runNativeSuite(join(folder, 'tests'), {
    ASAN_OPTIONS: 'detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1',
    UBSAN_OPTIONS: 'halt_on_error=1:print_stacktrace=1',
  });
}
