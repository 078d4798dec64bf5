import { readSeries, segmentLiver } from 'hepatica';
import { redirect } from 'next/navigation';

/** Of a series that a browser uploads, without a file on the server. */
async function segment(form) {
  'use server';
  const volume = await readSeries(form.getAll('files'));
  const { volumeMl } = await segmentLiver(volume);
  redirect(`/?volumeMl=${volumeMl}`);
}

export default function Page() {
  return (
    <form action={segment}>
      <input type="file" name="files" multiple />
      <button type="submit">Find the liver</button>
    </form>
  );
}
