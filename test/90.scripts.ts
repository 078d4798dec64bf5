import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { buildTypeScript } from '../scripts/build.mjs';
import { includeViolations } from '../scripts/check-includes.mjs';
import { checkLibtorch, incompleteLibtorch, stampLibtorch } from '../scripts/setup/libtorch.mjs';
import { staleModules } from '../scripts/setup/npm.mjs';
import { aptRepositories, fetchFromApt, npmSettings } from '../scripts/setup/package-sources.mjs';
import { registryHosts } from '../scripts/test/checks.mjs';
import { add, doctestTally, parseSummary, summary, uvuTally } from '../scripts/test/tally.mjs';

const test = suite<{ root: string }>('scripts');

test.before.each((context) => {
  context.root = mkdtempSync(join(tmpdir(), 'hepatica-scripts-'));
});
test.after.each((context) => rmSync(context.root, { recursive: true, force: true }));

function write(root: string, files: Record<string, string>) {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
}

test('includes down the layers, beside the file, and of the layer’s own libraries pass', ({ root }) => {
  write(root, {
    'native/core/run.h': '#include <vector>\n',
    'native/nifti/nifti.h': '#include "core/run.h"\n',
    'native/nifti/nifti.cpp': '#include <nifti2_io.h>\n#include "nifti/nifti.h"\n#include "local.h"\n',
    'native/nifti/local.h': '',
    'native/runtime/device.h': '#include "cuda/loader.h"\n',
    'native/cuda/loader.h': '#include "core/run.h"\n',
    'native/models/net.cpp': '#include <torch/torch.h>\n',
    'native/addon.cpp': '#include <napi.h>\n#include "napi/calls.h"\n',
    'native/napi/calls.h': '',
  });
  assert.equal(includeViolations(root), []);
});

test('planted includes against the layers are found, each with its line', ({ root }) => {
  write(root, {
    'native/core/run.h': '// first line\n#include "ops/equalize.h"\n',
    'native/ops/equalize.h': '#include <torch/torch.h>\n',
    'native/ops/relative.h': '#include "../dicom/read.h"\n',
    'native/cuda/kernel.cu': '#include "ops/equalize.h"\n',
    'native/dicom/read.h': '#  include "nifti/nifti.h"\n',
    'native/nifti/nifti.h': '#include <openjpeg.h>\n',
    'native/pipelines/segment.cpp': '#include "dcmtk/dcmdata/dctk.h"\n#include <napi.h>\n',
    'native/ops/vectors.cpp': '#include <immintrin.h>\n#if defined(__x86_64__)\n#endif\n',
    'native/core/system.cpp': 'std::ifstream file("/proc/self/status");\n',
    'native/platform/pages.cpp': '#include <sched.h>\n#if defined(__x86_64__)\n#endif\n',
    'native/stray/file.h': '',
    'native/training/data/read.h': '#include "training/tasks/plan.h"\n',
    'native/training/tasks/plan.h': '#include "training/data/read.h"\n',
  });
  assert.equal(includeViolations(root).sort(), [
    'native/core/run.h:2: "ops/equalize.h": core must not include ops',
    'native/core/system.cpp:1: a file of one system belongs into native/platform',
    'native/cuda/kernel.cu:1: "ops/equalize.h": cuda must not include ops',
    'native/dicom/read.h:1: "nifti/nifti.h": dicom must not include nifti',
    'native/nifti/nifti.h:1: "openjpeg.h": only dicom may include OpenJPEG, not nifti',
    'native/ops/equalize.h:1: "torch/torch.h": only models, nccl, training, runtime, pipelines, check may include torch, not ops',
    'native/ops/relative.h:1: "../dicom/read.h": headers are named from native/, or by their bare name beside the file',
    'native/ops/vectors.cpp:1: a header of one system or processor belongs into native/platform',
    'native/ops/vectors.cpp:2: code of one system or processor belongs into native/platform',
    'native/pipelines/segment.cpp:1: "dcmtk/dcmdata/dctk.h": only dicom may include DCMTK, not pipelines',
    'native/pipelines/segment.cpp:2: "napi.h": only napi, addon may include Node-API, not pipelines',
    'native/stray/file.h: is in no layer of the architecture',
    'native/training/data/read.h:1: "training/tasks/plan.h": training/data must not include training/tasks',
  ]);
});

test('a network that convolves by itself is found, models/layers are not', ({ root }) => {
  write(root, {
    'native/models/layers/layers.cpp': 'return at::conv2d(x, w);\nat::batch_norm(x);\nmkldnn::_convolution_pointwise\n',
    'native/models/net/network.cpp': 'x = layers.conv(conv2d, x);\nx = at::conv3d(x, w);\n',
    'native/training/task.cpp': 'torch::nn::Conv2d conv;\n',
  });
  assert.equal(includeViolations(root).sort(), [
    'native/models/net/network.cpp:2: "at::conv3d": only models/layers has layers',
    'native/training/task.cpp:1: "nn::Conv": only models/layers has layers',
  ]);
});

function writeLibtorch(folder: string, version: readonly [number, number, number]) {
  const names = ['MAJOR', 'MINOR', 'PATCH'];
  const header = names.map((name, i) => `#define TORCH_VERSION_${name} ${version[i]}\n`).join('');
  write(folder, {
    'include/torch/headeronly/version.h': header,
    'lib/libtorch.so': 'a',
    'lib/libtorch_cpu.so': 'bb',
    'lib/libc10.so': 'ccc',
    'lib/libgomp-24e2ab19.so.1': 'dddd',
  });
}

test('a libtorch folder is taken once it is complete, and no longer when a library changed', ({ root }) => {
  const folder = join(root, 'libtorch');
  assert.is(incompleteLibtorch(folder), 'absent');
  writeLibtorch(folder, [2, 13, 0]);
  assert.is(incompleteLibtorch(folder), 'only partly unpacked');
  stampLibtorch(folder, 'test');
  assert.is(incompleteLibtorch(folder), null);
  writeFileSync(join(folder, 'lib/libtorch_cpu.so'), 'b');
  assert.is(incompleteLibtorch(folder), 'lib/libtorch_cpu.so is damaged');
});

test('another version of libtorch, and a folder without a library, are refused by name', ({ root }) => {
  writeLibtorch(root, [2, 12, 1]);
  assert.throws(() => checkLibtorch(root), /is libtorch 2\.12\.1, not 2\.13\.0/);
  writeLibtorch(root, [2, 13, 0]);
  rmSync(join(root, 'lib/libc10.so'));
  assert.throws(() => checkLibtorch(root), /holds no lib\/libc10\.so/);
});

test('node_modules is stale when it lacks a package or has another version, not for another platform’s package', ({
  root,
}) => {
  assert.is(staleModules(root), 'node_modules is absent');
  const packages = {
    '': {},
    'node_modules/uvu': { version: '0.5.6' },
    'node_modules/other-platform': { version: '1.0.0', optional: true },
  };
  const installed = { 'node_modules/uvu': { version: '0.5.6' } };
  write(root, {
    'package-lock.json': JSON.stringify({ packages }),
    'node_modules/.package-lock.json': JSON.stringify({ packages: installed }),
    'node_modules/uvu/package.json': '{}',
  });
  assert.is(staleModules(root), null);
  packages['node_modules/uvu'].version = '0.5.7';
  write(root, { 'package-lock.json': JSON.stringify({ packages }) });
  assert.is(staleModules(root), 'node_modules/uvu is not 0.5.7');
  rmSync(join(root, 'node_modules/uvu'), { recursive: true });
  assert.is(staleModules(root), 'node_modules/uvu is missing');
});

const kDoctest = '[doctest] test cases:  5 |  4 passed | 1 failed | 2 skipped\n';
const kUvu = '\n  Total:     9\n  Passed:    8\n  Skipped:   1\n  Duration:  4.5ms\n';

test('counts are read from what doctest and uvu print', () => {
  assert.equal(doctestTally(kDoctest, 1), { passed: 4, failed: 1, skipped: 2 });
  assert.equal(uvuTally(kUvu, 1), { passed: 8, failed: 1, skipped: 1 });
});

test('a test that says that it skips is not counted as passed', () => {
  assert.equal(doctestTally(`a.cpp(1): MESSAGE: skipped: no scans\n${kDoctest}`, 1), {
    passed: 3,
    failed: 1,
    skipped: 3,
  });
});

test('a program that dies, or ends without a summary, is a failure', () => {
  assert.equal(doctestTally('', 139), { passed: 0, failed: 1, skipped: 0 });
  assert.equal(uvuTally('• • •', 0), { passed: 0, failed: 1, skipped: 0 });
  assert.equal(uvuTally('  Total:     2\n  Passed:    2\n  Skipped:   0\n', 134), { passed: 2, failed: 1, skipped: 0 });
});

test('sums are written and read back', () => {
  const sum = add({ passed: 3, failed: 0, skipped: 1 }, { passed: 4, failed: 2, skipped: 0 });
  assert.is(summary(sum), '7 passed, 2 failed, 1 skipped');
  assert.equal(parseSummary(summary(sum)), sum);
  assert.is(summary({ passed: 1, failed: 0, skipped: 0 }), '1 passed, 0 failed');
  assert.is(parseSummary('3 passed'), null);
});

test('the command line can be run after a build of TypeScript, and nothing else builds it', ({ root }) => {
  buildTypeScript(join(root, 'dist'));
  assert.is(statSync(join(root, 'dist/cli/main.js')).mode & 0o111, 0o111);
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
  const own = Object.values<string>(scripts).filter((script) => /\btsc\b/.test(script));
  assert.equal(own, []);
});

test('repositories are those of apt: each once, of one release where it is asked for', () => {
  const listed =
    'http://mirror.local/debian/ bookworm\nhttp://mirror.local/debian/ bookworm\nhttp://mirror.local/security/ bookworm-security\n\n';
  assert.equal(aptRepositories(undefined, listed), ['http://mirror.local/debian', 'http://mirror.local/security']);
  assert.equal(aptRepositories('bookworm', listed), ['http://mirror.local/debian']);
  assert.equal(aptRepositories('trixie', listed), []);
});

test('a file that no repository has is named with each of them', ({ root }) => {
  const nowhere = ['http://127.0.0.1:9/a', 'http://127.0.0.1:9/b'];
  assert.throws(
    () => fetchFromApt('pool/x.dsc', join(root, 'x.dsc'), '0'.repeat(64), nowhere),
    (error: Error) => nowhere.every((place) => error.message.includes(`${place}/pool/x.dsc`)),
  );
});

test("the registry and the proxies are npm's", () => {
  const settings: Record<string, string> = {
    registry: 'http://mirror.local/npm/',
    proxy: 'null',
    'https-proxy': 'http://p:3128',
  };
  assert.equal(
    npmSettings((name: string) => settings[name]),
    { registry: 'http://mirror.local/npm/', httpsProxy: 'http://p:3128' },
  );
  assert.throws(() => npmSettings(() => undefined), /registry/);
});

test('a script that names the host of a registry is found', ({ root }) => {
  write(root, {
    'a.mjs': "const kMirror = 'http://deb.debian.org/debian';",
    'b.mjs': "fetch('https://registry.npmjs.org/hepatica');",
    'c.sh': 'pip download --index-url https://pypi.org/simple torch',
    'd.mjs': "npmSettings().registry; const kPage = 'https://www.debian.org/'",
  });
  assert.equal(registryHosts(root, ['a.mjs', 'b.mjs', 'c.sh', 'd.mjs']), ['a.mjs', 'b.mjs', 'c.sh']);
});

test.run();
