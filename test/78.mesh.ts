import { readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  InvalidArgumentError,
  type MaskInput,
  type Matrix3,
  OutputError,
  readMask,
  type Vector3,
  writeMask,
  writeMesh,
} from '../src/index.js';
import { surfaceOf, volumeMm3 } from '../src/mesh/surface.js';
import { positionMm } from '../src/volume/geometry.js';
import { makeFolder } from './support/programs.js';
import { rejection } from './support/rejections.js';
import { forEachVoxel, kAxial } from './support/volumes.js';

const test = suite<{ folder: ReturnType<typeof makeFolder> }>('meshes');
test.before((context) => {
  context.folder = makeFolder();
});
test.after(({ folder }) => folder.remove());

const kOblique: Matrix3 = [0.8, -0.6, 0, 0.6, 0.8, 0, 0, 0, 1];
const kMirrored: Matrix3 = [-1, 0, 0, 0, 1, 0, 0, 0, 1];
/** A gantry's tilt: the third axis leans, and a voxel is smaller than the product of its sides. */
const kTilted: Matrix3 = [1, 0, 0, 0, 1, 0.5, 0, 0, Math.sqrt(0.75)];

function ball(radius: number, direction: Matrix3 = kAxial, size: Vector3 = [40, 36, 30]): MaskInput {
  const data = new Uint8Array(size[0] * size[1] * size[2]);
  forEachVoxel(size, (index, x, y, z) => {
    data[index] = Math.hypot(x - 22, y - 16, z - 14) <= radius ? 2 : 0;
  });
  return { data, size, spacing: [0.7, 0.7, 1.5], origin: [-120.5, 80, -1030], direction };
}

function voxelMl({ data }: MaskInput, share = 1): number {
  return (data.reduce((sum, value) => sum + (value > 0 ? 1 : 0), 0) * 0.7 * 0.7 * 1.5 * share) / 1000;
}

type Triangle = readonly [number[], number[], number[]];

/** The two formats read anew, by their specifications. */
function trianglesOfStl(bytes: Buffer): Triangle[] {
  const corner = (at: number) => [0, 4, 8].map((offset) => bytes.readFloatLE(at + offset));
  return Array.from({ length: bytes.readUInt32LE(80) }, (_, index) => {
    const at = 84 + 50 * index + 12;
    return [corner(at), corner(at + 12), corner(at + 24)];
  });
}

function trianglesOfPly(bytes: Buffer): Triangle[] {
  const header = bytes.toString('latin1', 0, bytes.indexOf('end_header\n') + 11);
  assert.match(header, /^ply\nformat binary_little_endian 1\.0\n/);
  const count = (name: string) => Number(header.match(new RegExp(`element ${name} (\\d+)`))?.[1]);
  const faces = header.length + 12 * count('vertex');
  const vertex = (number: number) => [0, 4, 8].map((offset) => bytes.readFloatLE(header.length + 12 * number + offset));
  return Array.from({ length: count('face') }, (_, index) => {
    const at = faces + 13 * index;
    assert.is(bytes[at], 3);
    return [1, 5, 9].map((offset) => vertex(bytes.readUInt32LE(at + offset))) as unknown as Triangle;
  });
}

/** How many edges are not gone along once in each direction. */
function openEdges(triangles: readonly Triangle[]): number {
  const balance = new Map<string, number>();
  for (const triangle of triangles) {
    const names = triangle.map((corner) => corner.join(' '));
    for (const k of [0, 1, 2]) {
      const [a, b] = [names[k] as string, names[(k + 1) % 3] as string];
      const [key, way] = a < b ? [`${a}|${b}`, 1] : [`${b}|${a}`, -1];
      balance.set(key, (balance.get(key) ?? 0) + way);
    }
  }
  return [...balance.values()].filter((ways) => ways !== 0).length;
}

function enclosedMl(triangles: readonly Triangle[]): number {
  const from = triangles[0]?.[0] as number[];
  const sum = triangles.reduce((six, corners) => {
    const [a, b, c] = corners.map((corner) => corner.map((mm, axis) => mm - (from[axis] as number))) as [
      number[],
      number[],
      number[],
    ];
    const [ax = 0, ay = 0, az = 0] = a;
    const [bx = 0, by = 0, bz = 0] = b;
    const [cx = 0, cy = 0, cz = 0] = c;
    return six + ax * (by * cz - bz * cy) + ay * (bz * cx - bx * cz) + az * (bx * cy - by * cx);
  }, 0);
  return sum / 6000;
}

for (const [name, read] of [
  ['stl', trianglesOfStl],
  ['ply', trianglesOfPly],
] as const) {
  test(`${name}: closed, as large as the voxels, and where they are, on any grid`, async ({ folder }) => {
    const path = join(folder.path, `ball.${name}`);
    for (const [direction, share] of [
      [kAxial, 1],
      [kMirrored, 1],
      [kOblique, 1],
      [kTilted, Math.sqrt(0.75)],
    ] as const) {
      const mask = ball(9, direction);
      const written = await writeMesh(path, mask);
      const triangles = read(await readFile(path));
      assert.equal([triangles.length, written.warnings], [written.triangles, []]);
      assert.is(openEdges(triangles), 0);
      const wanted = voxelMl(mask, share);
      assert.ok(Math.abs(enclosedMl(triangles) / wanted - 1) < 0.01, `${enclosedMl(triangles)} for ${wanted} ml`);
      assert.ok(Math.abs(written.volumeMl / wanted - 1) < 0.01);
      const corners = triangles.flat();
      const middle = positionMm(mask, [22, 16, 14]);
      for (const axis of [0, 1, 2] as const) {
        const along = corners.map((corner) => corner[axis] as number);
        const centre = (Math.min(...along) + Math.max(...along)) / 2;
        assert.ok(Math.abs(centre - middle[axis]) < 0.1, `${centre} for ${middle[axis]}`);
      }
    }
  });
}

test('small lesions keep their volume: within 2 % from twenty voxels on', async () => {
  for (const radius of [1.8, 2.5, 4]) {
    const mask = ball(radius);
    const surface = await surfaceOf(
      mask,
      (value) => value > 0,
      async () => undefined,
    );
    assert.ok(surface);
    const ratio = volumeMm3(surface) / 1000 / voxelMl(mask);
    assert.ok(Math.abs(ratio - 1) < 0.02, `radius ${radius}: ${ratio}`);
  }
});

test('noise, which touches itself at edges and corners, is closed too', async () => {
  const mask = ball(0);
  let seed = 7;
  const data = mask.data.map(() => {
    seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
    return seed < 0 ? 1 : 0;
  });
  const surface = await surfaceOf(
    { ...mask, data },
    (value) => value > 0,
    async () => undefined,
  );
  assert.ok(surface?.isCut);
  const { points, triangles } = surface;
  const corner = (number: number) => Array.from(points.subarray(3 * number, 3 * number + 3));
  const listed = Array.from({ length: triangles.length / 3 }, (_, i) =>
    [0, 1, 2].map((k) => corner(triangles[3 * i + k] as number)),
  );
  assert.is(openEdges(listed as unknown as Triangle[]), 0);
});

test('one value of several; a mask that reaches the border is closed there, and that is said', async ({ folder }) => {
  const mask = ball(4);
  mask.data.fill(5, 0, 40 * 36 * 2);
  const path = join(folder.path, 'part.stl');
  assert.ok(Math.abs((await writeMesh(path, mask, { value: 2 })).volumeMl / voxelMl(ball(4)) - 1) < 0.01);
  const slab = await writeMesh(path, mask, { value: 5 });
  assert.equal(
    slab.warnings.map(({ code }) => code),
    ['CUT_SURFACE'],
  );
  assert.is(openEdges(trianglesOfStl(await readFile(path))), 0);
  const none = await rejection(writeMesh(path, mask, { value: 9 }), InvalidArgumentError, 'INVALID_ARGUMENT');
  assert.is(none.message, 'Expected mask to have voxels of 9, received one without');
});

test('a mesh in memory is the file, byte for byte', async ({ folder }) => {
  const mask = ball(9);
  for (const format of ['stl', 'ply'] as const) {
    const path = join(folder.path, `memory.${format}`);
    const { file: _, ...facts } = await writeMesh(path, mask);
    const { data, ...same } = await writeMesh(null, mask, { format });
    assert.equal(same, facts);
    assert.ok(data.equals(await readFile(path)), format);
  }
  await rejection(writeMesh(null, mask, { value: 1 }), InvalidArgumentError, 'INVALID_ARGUMENT');
});

test('only a mesh that hepatica wrote, and nobody changed since, is replaced; never what the mask was read from', async ({
  folder,
}) => {
  const path = join(folder.path, 'own.ply');
  const mask = ball(4);
  await writeMesh(path, mask);
  await writeMesh(path, mask);
  const bytes = await readFile(path);
  bytes[bytes.length - 1] = 9;
  await writeFile(path, bytes);
  await rejection(writeMesh(path, mask), OutputError, 'OUTPUT_EXISTS');
  await writeMesh(path, mask, { overwrite: true });
  const source = join(folder.path, 'mask.nii.gz');
  await writeMask(source, mask);
  const link = join(folder.path, 'link.stl');
  await symlink(source, link);
  const read = await readMask(source);
  await rejection(writeMesh(link, read, { overwrite: true }), OutputError, 'OUTPUT_IS_INPUT');
  await rejection(writeMesh(join(source, 'a.stl'), mask), OutputError, 'OUTPUT_UNWRITABLE');
  await rejection(writeMesh(join(folder.path, 'mesh.obj'), mask), InvalidArgumentError, 'INVALID_ARGUMENT');
  await rejection(writeMesh(join(folder.path, 'no/mesh.stl'), mask), OutputError, 'OUTPUT_UNWRITABLE');
  const controller = new AbortController();
  const aborted = writeMesh(join(folder.path, 'aborted.stl'), mask, { signal: controller.signal });
  controller.abort(new Error('enough'));
  const reason = await aborted.then(
    () => undefined,
    (error: Error) => error.message,
  );
  assert.is(reason, 'enough');
});

test.run();
