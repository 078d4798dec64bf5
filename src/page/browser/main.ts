/** The script of a page (page/report-page.ts), bundled with NiiVue into one file. */
import type { ViewerData } from '../types.js';
import { Controls, element, kWindows, showPlace } from './controls.js';
import { Planes } from './planes.js';
import { Space } from './space.js';
import { unpackHu, unpackLabels } from './unpack.js';

function textOf(id: string): string {
  return element(`#${id}`).textContent ?? '';
}

/** Opens the planes; returns what opens the surfaces, which take longer. */
async function open(): Promise<() => Promise<void>> {
  const data = JSON.parse(textOf('viewer-data')) as ViewerData;
  const [hu, labels] = await Promise.all([unpackHu(textOf('hu')), unpackLabels(textOf('labels'))]);
  const window = (kWindows[0] as (typeof kWindows)[number])[1];
  const planes = await Planes.open(element('#planes'), data, { hu, labels }, window, showPlace);
  const controls = new Controls(planes, data.lesions);
  const middle = data.region.size.map((count, axis) => {
    const [first, step] = [data.region.first[axis] as number, data.region.step[axis] as number];
    return first + Math.floor(count / 2) * step;
  });
  if (data.lesions.length > 0) controls.goToLesion(0);
  else planes.goTo([middle[0] as number, middle[1] as number, middle[2] as number]);
  return async () => {
    controls.space = await Space.open(element('#space'), data, labels);
  };
}

const state = element<HTMLElement>('#state');
open().then(
  async (openSpace) => {
    state.textContent = '';
    document.documentElement.dataset.state = 'ready';
    // A device that is short of memory shows the planes alone.
    document.documentElement.dataset.space = await openSpace().then(
      () => 'ready',
      () => 'failed',
    );
  },
  (error: unknown) => {
    const reason = (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
    state.textContent = `The scan cannot be shown: ${reason}. The page needs a browser with WebGL 2; table and texts hold without.`;
    document.documentElement.dataset.state = 'failed';
  },
);
