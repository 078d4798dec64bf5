import { type Command, Option } from 'commander';
import { type StructureSegmentation, segmentStructures, writeMask } from '../index.js';
import { segmentOptions } from '../schema/segment.js';
import { givenFlags } from './flags.js';
import { type InputOptions, readInput } from './input.js';
import { withModel } from './model.js';
import { outOption, type ScanNetworkOptions, withScanNetworkOptions } from './options.js';
import { OutputFolder } from './output.js';
import { type ImplausibleOptions, setExitCode, verdictLines, warnOfResult } from './plausibility.js';
import { type OutputOptions, runCommand, type Session } from './session.js';

interface StructuresCommandOptions extends InputOptions, OutputOptions, ImplausibleOptions, ScanNetworkOptions {}

const kNames = ['structures.nii.gz', 'structures.json'] as const;

/** `structures.json`: the labels of `structures.nii.gz`. */
function structuresDocument(input: string, found: StructureSegmentation, warnings: readonly object[]) {
  const { structures, plausibility, plausibilityReasons, device, precision, timings } = found;
  return {
    format: 'hepatica-structures',
    version: 1,
    notice: 'For research use only. Not a medical device.',
    input,
    structures,
    plausibility,
    plausibilityReasons,
    device,
    precision,
    timingsMs: timings,
    warnings: [...found.warnings, ...warnings],
  };
}

async function structures(input: string, options: StructuresCommandOptions, session: Session): Promise<void> {
  const { model, overwrite, grid } = options;
  const output = await OutputFolder.plan(options.out, { writes: [...kNames], inputs: [input, model], overwrite });
  const volume = await readInput(input, options, session);
  const { signal, onProgress } = session;
  const given = givenFlags(segmentOptions.omit({ model: true }), options);
  const found = await withModel(model, signal, (loaded) =>
    segmentStructures(volume, { signal, onProgress, ...given, ...(loaded && { model: loaded }) }),
  );
  warnOfResult(found, session);
  const document = await output.write(async (folder) => {
    const { warnings } = await writeMask(await folder.place(kNames[0]), found, { grid, signal });
    session.warn(warnings);
    const written = structuresDocument(input, found, warnings);
    await folder.writeJson(kNames[1], written);
    return written;
  }, signal);
  const lines = found.structures.map(({ name, label, volumeMl }) => `${label} ${name}: ${volumeMl.toFixed(1)} ml`);
  session.result(document, [...verdictLines(found), ...lines, output.summary]);
  setExitCode(found, options);
}

export function addStructuresCommand(program: Command): void {
  const command = program
    .command('structures')
    .description('label liver, lungs, bone and the rest of the body in a CT scan')
    .argument('<input>', 'DICOM folder or file, or NIfTI')
    .addOption(outOption(`where to write ${kNames.join(' and ')}`))
    .addOption(new Option('--model <file>', 'weights of your own (safetensors) that tell structures apart'));
  withScanNetworkOptions(command).action((input: string, options) =>
    runCommand(options, (session) => structures(input, options, session)),
  );
}
