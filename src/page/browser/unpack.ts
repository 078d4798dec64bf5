/** The way back from what page/voxels.ts packed. */

async function gunzip(base64: string): Promise<Uint8Array<ArrayBuffer>> {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

export function unpackLabels(base64: string): Promise<Uint8Array<ArrayBuffer>> {
  return gunzip(base64);
}

export async function unpackHu(base64: string): Promise<Int16Array<ArrayBuffer>> {
  const planes = await gunzip(base64);
  const hu = new Int16Array(planes.length / 2);
  let value = 0;
  for (let i = 0; i < hu.length; i++) {
    const code = (planes[i] as number) | ((planes[hu.length + i] as number) << 8);
    value += (code >>> 1) ^ -(code & 1);
    hu[i] = value;
    value = hu[i] as number;
  }
  return hu;
}
