// Draws docs/overlay.png from TCGA-BC-A10W (TCGA-LIHC, CC BY 3.0): node scripts/readme-picture.mjs
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { classifyLesions, readSeries, renderOverview, segmentLiver } from '../dist/index.js';
import { kRoot } from './setup.mjs';

const kSlices = [41, 45, 48, 50, 53, 56];

const shared = process.env.HEPATICA_SHARED ?? join(kRoot, '../shared');
const volume = await readSeries(join(shared, 'data/dicom/hcc-a10w'));
const liver = await segmentLiver(volume);
const found = await classifyLesions(liver);
const { png } = await renderOverview(volume, found, { slices: kSlices, columns: 3 });
writeFileSync(join(kRoot, 'docs/overlay.png'), png);
