import { ok } from 'node:assert/strict';
import { test } from 'node:test';
import { readSeries, segmentLiver } from 'hepatica';

test('the liver is found in a process of its own', async () => {
  const liver = await segmentLiver(await readSeries(process.env.HEPATICA_APP_INPUT));
  ok(liver.volumeMl > 0);
});
