// Segments of a SEG as @cornerstonejs/adapters reads them for OHIF and other viewers, on their series: SHA-256 of each
// mask, slices by position. It wants a browser's window and a bundler. ARGS: SEG, folder of the series.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { adaptersSEG } from '@cornerstonejs/adapters';
import { metaData } from '@cornerstonejs/core';
import dcmjs from 'dcmjs';

const [seg, series] = process.argv.slice(2);
const { DicomMessage, DicomMetaDictionary } = dcmjs.data;
dcmjs.log.setLevel('error');

function bytesOf(path) {
  const { buffer, byteOffset, byteLength } = readFileSync(path);
  return buffer.slice(byteOffset, byteOffset + byteLength);
}

const images = readdirSync(series).map((name) =>
  DicomMetaDictionary.naturalizeDataset(DicomMessage.readFile(bytesOf(join(series, name))).dict),
);
const place = ({ ImageOrientationPatient: o, ImagePositionPatient: p }) =>
  p[0] * (o[1] * o[5] - o[2] * o[4]) + p[1] * (o[2] * o[3] - o[0] * o[5]) + p[2] * (o[0] * o[4] - o[1] * o[3]);
images.sort((a, b) => place(a) - place(b));
const imageIds = images.map((_, z) => `image:${z}`);

/** What a viewer's metadata provider says of an image. */
function modulesOf(image) {
  const orientation = image.ImageOrientationPatient.map(Number);
  return {
    instance: image,
    generalSeriesModule: { seriesInstanceUID: image.SeriesInstanceUID, modality: 'CT' },
    generalImageModule: { sopInstanceUID: image.SOPInstanceUID },
    sopCommonModule: { sopInstanceUID: image.SOPInstanceUID, sopClassUID: image.SOPClassUID },
    imagePixelModule: { rows: image.Rows, columns: image.Columns, photometricInterpretation: 'MONOCHROME2' },
    imagePlaneModule: {
      frameOfReferenceUID: image.FrameOfReferenceUID,
      rows: image.Rows,
      columns: image.Columns,
      imageOrientationPatient: orientation,
      rowCosines: orientation.slice(0, 3),
      columnCosines: orientation.slice(3),
      imagePositionPatient: image.ImagePositionPatient.map(Number),
      rowPixelSpacing: Number(image.PixelSpacing[0]),
      columnPixelSpacing: Number(image.PixelSpacing[1]),
    },
  };
}

const modules = new Map(images.map((image, z) => [imageIds[z], modulesOf(image)]));
metaData.addProvider((type, imageId) => modules.get(imageId)?.[type]);
const { Segmentation } = adaptersSEG.Cornerstone3D;
const { labelMapImages, segMetadata } = await Segmentation.createFromDICOMSegBuffer(imageIds, bytesOf(seg), {
  metadataProvider: metaData,
});
const pixels = images[0].Rows * images[0].Columns;
const numbers = segMetadata.data.flatMap((segment) => (segment ? [Number(segment.SegmentNumber)] : []));
const digests = numbers.map((number) => {
  const mask = new Uint8Array(pixels * images.length);
  for (const group of labelMapImages) {
    group.forEach((image, z) => {
      image.getPixelData().forEach((value, i) => {
        if (value === number) mask[z * pixels + i] = 1;
      });
    });
  }
  return createHash('sha256').update(mask).digest('hex');
});
process.stdout.write(JSON.stringify(digests));
