import { type Command, Option } from 'commander';
import { renderMontage, renderOverlay, type Segmentation, type Volume, writeMask } from '../index.js';
import { type InputOptions, readInput } from './input.js';
import { segmentWith, withModel } from './model.js';
import { withCommonOptions, withDeviceOption, withInputOptions } from './options.js';
import { type OutputFolder, writeOutputFolder } from './output.js';
import { perimetersDocument, segmentationReport } from './report.js';
import { runCommand, type Session } from './session.js';

interface SegmentCommandOptions extends InputOptions {
  readonly out: string;
  readonly model?: string;
  readonly precision: 'auto' | 'fp32' | 'bf16';
  readonly device: 'auto' | 'cpu' | 'cuda';
  readonly overlay: 'structure' | 'all' | 'none';
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Slices of the overview, spread evenly over the structure. */
const kMontageTiles = 24;

async function writeOverlays(
  folder: OutputFolder,
  volume: Volume,
  segmentation: Segmentation,
  choice: 'structure' | 'all',
  session: Session,
): Promise<void> {
  const { signal, onProgress } = session;
  const pictures = await renderOverlay(volume, segmentation, { slices: choice, signal, onProgress });
  for (const { slice, png } of pictures) await folder.write(`overlay/${String(slice).padStart(4, '0')}.png`, png);
  if (pictures.length === 0) return;
  const step = Math.max(1, pictures.length / kMontageTiles);
  const chosen = Array.from({ length: Math.min(kMontageTiles, pictures.length) }, (_, i) => Math.floor(i * step));
  const tiles = chosen.flatMap((index) => pictures[index] ?? []);
  await folder.write('overview.png', await renderMontage(tiles));
}

async function segment(input: string, options: SegmentCommandOptions, session: Session): Promise<void> {
  const volume = await readInput(input, options, session);
  const { signal, onProgress } = session;
  const segmentation = await withModel(options.model, (model) => {
    const { device, precision } = options;
    const threads = options.threads === undefined ? {} : { threads: options.threads };
    return segmentWith(model, volume, { signal, onProgress, device, precision, ...threads });
  });
  session.warn(segmentation.warnings.slice(volume.warnings.length));
  const maskName = `${segmentation.structure}.nii.gz`;
  const report = segmentationReport(input, volume, segmentation);
  await writeOutputFolder(options.out, async (folder) => {
    folder.replaces('overlay', 'overview.png');
    await writeMask(await folder.place(maskName), segmentation);
    await folder.writeJson('perimeters.json', perimetersDocument(volume, segmentation));
    await folder.writeJson('report.json', report);
    if (options.overlay !== 'none') await writeOverlays(folder, volume, segmentation, options.overlay, session);
  });
  const slices = segmentation.slices;
  const extent = slices.length > 0 ? `, slices ${slices[0]} to ${slices.at(-1)}` : '';
  session.result(report, [
    `${segmentation.structure}: ${segmentation.volumeMl.toFixed(1)} ml${extent}, on ${segmentation.device}`,
    `written to ${options.out}: ${maskName}, perimeters.json, report.json, overlay/`,
  ]);
}

export function addSegmentCommand(program: Command): void {
  const command = program
    .command('segment')
    .description('find the liver in a CT scan: its mask, perimeters, volume and pictures')
    .argument('<input>', 'DICOM folder or file, or NIfTI')
    .requiredOption('--out <folder>', 'where to write liver.nii.gz, perimeters.json, report.json and overlay/')
    .option('--model <file>', 'weights of your own (safetensors)')
    .addOption(
      new Option('--precision <what>', 'arithmetic on the CPU').choices(['auto', 'fp32', 'bf16']).default('auto'),
    )
    .addOption(
      new Option('--overlay <slices>', 'which slices to draw')
        .choices(['structure', 'all', 'none'])
        .default('structure'),
    );
  withDeviceOption(withInputOptions(withCommonOptions(command))).action((input: string, options) =>
    runCommand(options, (session) => segment(input, options, session)),
  );
}
