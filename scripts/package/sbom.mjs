// Software bills of materials (CycloneDX, JSON): the main package's from npm, the binary packages' from what they hold.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library';
import { bundledPackages } from '../bundles.mjs';
import { outputOf, SetupError } from '../setup/process.mjs';
import { kRoot } from '../setup.mjs';
import { kWorkerPackage } from './manifests.mjs';
import { kSources } from './sources.mjs';

/** What lies in files of dist/, and is not installed by npm. */
export function bundledComponents() {
  return bundledPackages().map(({ folder, files }) => {
    const { name, version, license } = JSON.parse(readFileSync(join(kRoot, folder, 'package.json'), 'utf8'));
    return {
      'bom-ref': `${name}@${version}`,
      type: 'library',
      name,
      version,
      licenses: [{ license: { id: license } }],
      purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
      properties: files.map((value) => ({ name: 'hepatica:bundled-in', value })),
    };
  });
}

/** What npm knows of the checkout and its workspaces: what is installed, and what each needs. */
function installedBom() {
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'library', '--omit', 'dev', '--package-lock-only'];
  const text = outputOf('npm', args, { cwd: kRoot });
  if (text === null) throw new SetupError(`npm ${args.join(' ')} failed`);
  return JSON.parse(text);
}

/** All that is needed by what `refs` name. */
function closure(refs, neededBy) {
  const all = new Set(refs);
  for (const ref of all) for (const needed of neededBy.get(ref) ?? []) all.add(needed);
  return all;
}

function packageComponent(name, version) {
  return {
    'bom-ref': `${name}@${version}`,
    type: 'library',
    name,
    version,
    purl: `pkg:npm/${encodeURIComponent(name)}@${version}`.replace('%2F', '/'),
  };
}

/**
 * npm's own, of what a user installs with a package; npm does not know of the packages made here.
 *
 * @param bundled - components that lie in the package's own files
 */
export function npmBom(manifest, bundled = []) {
  const bom = installedBom();
  const { dependencies = {}, optionalDependencies = {} } = manifest;
  // npm takes every workspace for a dependency of the checkout.
  const isWorker = (ref) => ref.startsWith(`${kWorkerPackage}@`);
  const kept = bom.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn.filter((each) => !isWorker(each))]);
  const wanted = Object.entries(dependencies).map((pair) => pair.join('@'));
  const refs = closure(wanted, new Map(kept));
  const installed = bom.components.filter((each) => refs.has(each['bom-ref']));
  const known = new Set(installed.map((each) => each['bom-ref']));
  const made = [
    ...Object.entries(dependencies)
      .filter((pair) => !known.has(pair.join('@')))
      .map((pair) => packageComponent(...pair)),
    ...Object.entries(optionalDependencies).map(([name, version]) => ({
      ...packageComponent(name, version),
      scope: 'optional',
    })),
    ...bundled.filter((each) => !known.has(each['bom-ref'])),
  ];
  const own = packageComponent(manifest.name, manifest.version);
  const license = { license: { name: manifest.license } };
  const { description } = manifest;
  bom.metadata.component = { ...bom.metadata.component, ...own, description, licenses: [license], properties: [] };
  bom.components = [...installed, ...made];
  const direct = [...new Set([...wanted, ...made.map((each) => each['bom-ref'])])];
  bom.dependencies = [
    { ref: own['bom-ref'], dependsOn: direct },
    ...kept.filter(([ref]) => known.has(ref)).map(([ref, dependsOn]) => ({ ref, dependsOn })),
  ];
  return JSON.stringify(bom, null, 2);
}

function component({ name, version, license, purl, file, source }) {
  const made = new Models.Component(file ? Enums.ComponentType.File : Enums.ComponentType.Library, name, { version });
  made.bomRef.value = file ? `file:${name}` : [name, version].filter(Boolean).join('@');
  if (license) made.licenses.add(new Models.LicenseExpression(license));
  if (purl) made.purl = purl;
  if (source) made.properties.add(new Models.Property('hepatica:version-from', source));
  if (file)
    made.hashes.set(Enums.HashAlgorithm['SHA-256'], createHash('sha256').update(readFileSync(file)).digest('hex'));
  return made;
}

/** Debian's source packages inside the add-on, with the hashes of the files that they were built from. */
export function staticComponents() {
  return kSources.map(({ name, version, license, folder, files }) => {
    const purl = `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=source&distro=bookworm`;
    const made = component({ name, version, license: license.replace('LicenseRef-Public-Domain', ''), purl });
    for (const [file, sha256] of Object.entries(files)) {
      const hashes = new Models.HashDictionary([[Enums.HashAlgorithm['SHA-256'], sha256]]);
      made.externalReferences.add(
        new Models.ExternalReference(`${folder}/${file}`, Enums.ExternalReferenceType.Distribution, { hashes }),
      );
    }
    return made;
  });
}

/** `source`: what tells the version, where nothing else of the component does. */
export function libraryComponent(name, version, license, source) {
  return component({ name, version, license, source });
}

/** The bill of a package that holds `components` and `files`. */
export function writeBom(manifest, components, files) {
  const bom = new Models.Bom();
  bom.metadata.component = component({ name: manifest.name, version: manifest.version });
  for (const part of components) bom.components.add(part);
  for (const file of files) bom.components.add(component({ name: basename(file), file }));
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot5));
  return serializer.serialize(bom, { sortLists: true, space: 2 });
}
