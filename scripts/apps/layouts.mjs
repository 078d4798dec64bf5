// The ways in which package managers lay out node_modules, each with its commands. All run outside the checkout.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const node = process.execPath;
const kAppManifest = { name: 'app', version: '1.0.0', private: true };

function writeManifest(folder, dependencies, more = {}) {
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...kAppManifest, dependencies, ...more }, null, 2));
}

function yarn(linker) {
  return {
    prepare(folder, { registry, dependencies }) {
      writeManifest(folder, dependencies);
      const settings = [
        `nodeLinker: ${linker}`,
        `npmRegistryServer: "${registry.url}"`,
        'unsafeHttpWhitelist: ["127.0.0.1"]',
        // Yarn refuses what was published less than a day ago.
        'npmPreapprovedPackages: ["hepatica", "@hepatica/*"]',
        'enableScripts: false',
        'enableTelemetry: false',
        'enableImmutableInstalls: false',
        `globalFolder: "${join(folder, '.yarn-global')}"`,
      ];
      writeFileSync(join(folder, '.yarnrc.yml'), `${settings.join('\n')}\n`);
      writeFileSync(join(folder, 'yarn.lock'), '');
    },
    install: (tools) => [node, [join(tools, 'node_modules/@yarnpkg/cli-dist/bin/yarn.js'), 'install']],
    // Node 20's require() of an ES module does not ask Yarn's loader where that one's imports lie; Node 22's does.
    requiresOnNode22: linker === 'pnp',
    run: (runtime, args) =>
      linker === 'pnp'
        ? [runtime, ['--require', './.pnp.cjs', '--loader', './.pnp.loader.mjs', ...args]]
        : [runtime, args],
  };
}

function npm(more) {
  return {
    prepare(folder, { registry, dependencies }) {
      writeManifest(folder, dependencies);
      writeFileSync(join(folder, '.npmrc'), `registry=${registry.url}\n`);
    },
    // No script of any package may be wanted.
    install: (tools) => [
      node,
      [
        join(tools, 'node_modules/npm11/bin/npm-cli.js'),
        'install',
        '--strict-allow-scripts',
        '--no-audit',
        '--no-fund',
        ...more,
      ],
    ],
    run: (runtime, args) => [runtime, args],
  };
}

/** As with a lock file that was written on another system: the platform package is not there. */
export const kIncomplete = npm(['--omit=optional']);

export const kLayouts = {
  npm: npm([]),
  'npm, isolated': npm(['--install-strategy=linked']),
  pnpm: {
    prepare(folder, { registry, dependencies }) {
      writeManifest(folder, dependencies);
      writeFileSync(join(folder, '.npmrc'), `registry=${registry.url}\nstore-dir=${join(folder, '.store')}\n`);
    },
    install: (tools) => [node, [join(tools, 'node_modules/pnpm/bin/pnpm.cjs'), 'install', '--ignore-scripts']],
    run: (runtime, args) => [runtime, args],
  },
  'yarn, hoisted': yarn('node-modules'),
  'yarn, isolated': yarn('pnpm'),
  "yarn, Plug'n'Play": yarn('pnp'),
};
