import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { evaluateSegmentation, InvalidArgumentError } from '../src/index.js';
import { rejection } from './support/rejections.js';
import { kAxial } from './support/volumes.js';

const test = suite('evaluation');

/** A mask of ten voxels of 2 mm³, the first `count` after `start` set. */
function row(start: number, count: number) {
  const data = Uint8Array.from({ length: 10 }, (_, i) => (i >= start && i < start + count ? 1 : 0));
  return { data, size: [10, 1, 1], spacing: [1, 1, 2], origin: [0, 0, 0], direction: kAxial } as const;
}

test('counts the overlap (paper, equations 4 to 6)', async () => {
  // 4 voxels against 6, 3 in common: TP 3, FP 1, FN 3.
  const metrics = await evaluateSegmentation(row(0, 4), row(1, 6));
  assert.is(metrics.dice, 6 / 10);
  assert.ok(Math.abs(metrics.voe - 100 * (1 - 3 / 7)) < 1e-9);
  assert.ok(Math.abs((metrics.rvd ?? 0) - (100 * 2) / 6) < 1e-9);
  assert.is(metrics.predictionVoxels, 4);
  assert.is(metrics.referenceVoxels, 6);
  assert.ok(Math.abs(metrics.predictionMl - 0.008) < 1e-12);
});

test('RVD by its three conventions', async () => {
  const rvd = async (convention: 'paper' | 'standard' | 'lits') =>
    (await evaluateSegmentation(row(0, 9), row(0, 6), { convention })).rvd;
  assert.is(await rvd('paper'), -50);
  assert.is(await rvd('standard'), 50);
  assert.is(await rvd('lits'), 50);
});

test('tells how far the surfaces lie apart, on a grid whose axes differ', async () => {
  // Runs of single voxels are surface all through: 1 mm beyond the one end, 3 mm beyond the other.
  const along = await evaluateSegmentation(row(0, 4), row(1, 6));
  assert.ok(Math.abs((along.hd95Mm ?? 0) - 2.75) < 1e-6, 'of 0, 0, 0, 1, 2 and 3 mm');
  assert.is(along.surfaceDice, 9 / 10);
  // The same masks along an axis of 2 mm.
  const turned = (start: number, count: number) => ({ ...row(start, count), size: [1, 1, 10] as const });
  const through = await evaluateSegmentation(turned(0, 4), turned(1, 6));
  assert.ok(Math.abs((through.hd95Mm ?? 0) - 5.5) < 1e-6);
  assert.is(through.surfaceDice, 8 / 10);
});

test('empty masks', async () => {
  const both = await evaluateSegmentation(row(0, 0), row(0, 0));
  assert.equal([both.dice, both.voe, both.rvd, both.hd95Mm, both.surfaceDice], [1, 0, 0, 0, 1]);
  const reference = await evaluateSegmentation(row(0, 3), row(0, 0));
  assert.equal(
    [reference.dice, reference.voe, reference.rvd, reference.hd95Mm, reference.surfaceDice],
    [0, 100, null, null, 0],
  );
});

test('masks on different grids are not compared', async () => {
  const moved = { ...row(0, 4), origin: [0.6, 0, 0] as const };
  const error = await rejection(evaluateSegmentation(row(0, 4), moved), InvalidArgumentError, 'GEOMETRY_MISMATCH');
  assert.is(error.field, 'reference');
  const near = { ...row(0, 4), origin: [0.4, 0, 0] as const };
  assert.is((await evaluateSegmentation(row(0, 4), near)).dice, 1);
  const other = { ...row(0, 4), data: new Uint8Array(5), size: [5, 1, 1] as const };
  await rejection(evaluateSegmentation(row(0, 4), other), InvalidArgumentError, 'GEOMETRY_MISMATCH');
});

test.run();
