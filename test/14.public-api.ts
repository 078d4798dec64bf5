import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as hepatica from '../src/index.js';
import { writeThresholdModel } from './support/models.js';
import { makeFolder } from './support/programs.js';
import { makePhantom } from './support/volumes.js';

type Api = typeof hepatica;
/** What the promise of a call is of; a class is no call. */
type ResultOf<Member> = Member extends (...args: never[]) => infer Result ? Awaited<Result> : never;
type ResultsOf<Names extends keyof Api> = { [Name in Names]: ResultOf<Api[Name]> };
type Named<Results, Test> = { [Name in keyof Results]: Results[Name] extends Test ? Name : never }[keyof Results];

/** Of these nothing can be doubtful: what there is to say is an error, or part of the result itself. */
type WithoutWarnings =
  | 'deviceInfo'
  | 'discoverDataset'
  | 'discoverLesionDataset'
  | 'fetchWeights'
  | 'loadModel'
  | 'splitPatients';
type Nothing = Named<ResultsOf<keyof Api>, void>;
type Lists = Named<ResultsOf<keyof Api>, readonly unknown[]>;
type Bare = Named<ResultsOf<keyof Api>, string | Uint8Array | RenderedPicture>;
interface RenderedPicture {
  readonly png: Uint8Array;
}
type Warned = Named<ResultsOf<keyof Api>, { readonly warnings: readonly hepatica.Warning[] }>;
type Lacking = Exclude<
  { [Name in keyof Api]: Api[Name] extends (...args: never[]) => unknown ? Name : never }[keyof Api],
  Warned | Lists | Nothing | Bare | WithoutWarnings
>;

/** Does not compile where a call's result has no `warnings`, and names the call. */
const kLacking: [Lacking] extends [never] ? 'none' : Lacking = 'none';

type Disposables = Named<ResultsOf<keyof Api>, { dispose(): void }>;
/** Does not compile where a result that can be disposed of cannot be used with `using`. */
const kUndisposable: [Exclude<Disposables, Named<ResultsOf<keyof Api>, Disposable>>] extends [never] ? 'none' : never =
  'none';

test('every result has warnings, and can be disposed of at the end of its block (checked by the compiler)', () => {
  assert.is(kLacking, 'none');
  assert.is(kUndisposable, 'none');
});

test('what is public is listed here', () => {
  assert.equal(Object.keys(hepatica).sort(), [
    'CancelledError',
    'DeviceError',
    'DownloadError',
    'HepaticaError',
    'InputFileError',
    'InvalidArgumentError',
    'ModelError',
    'NativeLoadError',
    'OutputError',
    'TrainingError',
    'classifyLesions',
    'compareStudies',
    'configure',
    'deviceInfo',
    'discoverDataset',
    'discoverLesionDataset',
    'errorMeaning',
    'evaluateLesions',
    'evaluateSegmentation',
    'fetchWeights',
    'listPublishedWeights',
    'listSeries',
    'loadModel',
    'preload',
    'preprocess',
    'readMask',
    'readSeries',
    'readVolume',
    'renderFilters',
    'renderLearningCurves',
    'renderLesionEvaluation',
    'renderMontage',
    'renderOverlay',
    'renderOverview',
    'renderPreprocessing',
    'renderReportPage',
    'saveModel',
    'segmentLiver',
    'segmentStructure',
    'segmentStructures',
    'splitPatients',
    'synthesizeLesions',
    'tracePerimeters',
    'trainLesionClassifier',
    'trainSegmenter',
    'trainStructures',
    'writeMask',
    'writeMesh',
    'writeReport',
    'writeSecondaryCapture',
    'writeSegmentation',
    'writeSeries',
    'writeStructureSet',
    'writeVolume',
  ]);
});

test('what was let go of at the end of a block is disposed of', async () => {
  const folder = makeFolder();
  try {
    const path = `${folder.path}/scan.nii.gz`;
    await hepatica.writeVolume(path, makePhantom());
    const volume = await hepatica.readVolume(path);
    const model = await hepatica.loadModel(writeThresholdModel(`${folder.path}/model.safetensors`));
    const segmentation = await hepatica.segmentStructure(volume, { model });
    const pictures = await hepatica.preprocess(volume);
    for (const result of [segmentation, pictures, model, volume]) result[Symbol.dispose]();
    assert.equal([segmentation.mask.length, pictures.data.length, volume.data.length], [0, 0, 0]);
    const again = await hepatica.segmentStructure(makePhantom(), { model }).catch((error: unknown) => error);
    assert.is((again as hepatica.HepaticaError).code, 'DISPOSED');
  } finally {
    folder.remove();
  }
});

test('a warning of reading is told once by what is computed of the volume, and by a comparison of masks', async () => {
  const warned = { code: 'FEW_SLICES', message: 'the scan has few slices' };
  const phantom = makePhantom({ size: [48, 48, 3] });
  const volume = { ...phantom, report: null, warnings: [warned], dispose() {}, [Symbol.dispose]() {} };
  const folder = makeFolder();
  try {
    const model = await hepatica.loadModel(writeThresholdModel(`${folder.path}/model.safetensors`));
    const segmentation = await hepatica.segmentStructure(volume, { model });
    assert.equal(
      segmentation.warnings.filter(({ code }) => code === 'FEW_SLICES'),
      [warned],
    );
    assert.ok((await hepatica.preprocess(volume)).warnings.includes(warned));
    const { warnings } = await hepatica.evaluateSegmentation(segmentation, segmentation);
    assert.equal(warnings, segmentation.warnings);
  } finally {
    folder.remove();
  }
});

test.run();
