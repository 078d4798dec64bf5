/** Buttons, keys and the table: what a person does with the page. */
import type { PlacedLesion } from '../types.js';
import { kNarrow, type Place, type Planes, type View, type Window } from './planes.js';
import type { Space } from './space.js';

type Shown = View | 'space';

const kShown: readonly Shown[] = ['all', 'axial', 'coronal', 'sagittal', 'space'];

/** Name, and HU shown as black and white; the first is that of overview.png. */
export const kWindows: readonly (readonly [name: string, window: Window])[] = [
  ['Abdomen −110 to 190', [-110, 190]],
  ['Liver 0 to 200', [0, 200]],
  ['Bone −450 to 1050', [-450, 1050]],
  ['Lung −1350 to 150', [-1350, 150]],
];

export function element<Type extends Element>(selector: string): Type {
  const found = document.querySelector<Type>(selector);
  if (!found) throw new Error(`the page lacks ${selector}`);
  return found;
}

function place({ voxel, mm, hu }: Place): string {
  const directions = ['LR', 'PA', 'SI'] as const;
  const where = mm.map((value, axis) => {
    const pair = directions[axis] as string;
    return `${value < 0 ? pair[1] : pair[0]} ${Math.abs(value).toFixed(1)}`;
  });
  return `${hu} HU · voxel ${voxel.join(', ')} · ${where.join(' ')} mm`;
}

/** Where the crosshair is, to be read, copied and tested. */
export function showPlace(at: Place): void {
  const output = element<HTMLOutputElement>('#place');
  output.textContent = place(at);
  output.dataset.voxel = at.voxel.join(',');
}

function press(buttons: Iterable<Element>, pressed: Element): void {
  for (const button of buttons) button.setAttribute('aria-pressed', String(button === pressed));
}

export class Controls {
  readonly #planes: Planes;
  readonly #lesions: readonly PlacedLesion[];
  #shown: Shown = 'all';
  #current = -1;
  /** Once it stands. */
  space: Space | undefined;

  constructor(planes: Planes, lesions: readonly PlacedLesion[]) {
    this.#planes = planes;
    this.#lesions = lesions;
    this.#connectBar();
    this.#connectTable();
    window.addEventListener('keydown', (event) => this.#onKey(event), { capture: true });
  }

  #connectBar(): void {
    const select = element<HTMLSelectElement>('#window');
    for (const [index, [name]] of kWindows.entries()) select.add(new Option(name, String(index)));
    select.addEventListener('change', () => this.#setWindow(Number(select.value)));
    for (const button of document.querySelectorAll<HTMLElement>('[data-view]')) {
      button.addEventListener('click', () => this.#show(button.dataset.view as Shown));
    }
    element('#outlines').addEventListener('click', () => this.#toggleOutlines());
  }

  #connectTable(): void {
    for (const [index, { id }] of this.#lesions.entries()) {
      const row = element<HTMLElement>(`tr[data-lesion="${id}"]`);
      row.addEventListener('click', () => {
        // Who marks a number to copy it does not want to go anywhere.
        if (getSelection()?.isCollapsed ?? true) this.#leadTo(index);
      });
      row.addEventListener('keydown', (event) => {
        if (event.key === 'Enter') this.#leadTo(index);
      });
    }
    document.querySelector('#copy')?.addEventListener('click', (event) => void copyTable(event.target as HTMLElement));
  }

  goToLesion(index: number): void {
    const lesion = this.#lesions[index];
    if (!lesion) return;
    this.#current = index;
    this.#planes.goTo(lesion.target);
    for (const row of document.querySelectorAll<HTMLElement>('tr[data-lesion]')) {
      const isCurrent = row.dataset.lesion === String(lesion.id);
      row.setAttribute('aria-current', String(isCurrent));
    }
  }

  /** Goes there, and brings into sight what may be out of it: a line of the table, on a telephone the viewer. */
  #leadTo(index: number): void {
    this.goToLesion(index);
    const shown = kNarrow.matches ? '#viewer' : 'tr[aria-current=true]';
    element(shown).scrollIntoView({ block: kNarrow.matches ? 'start' : 'nearest' });
  }

  #stepLesion(by: number): void {
    const count = this.#lesions.length;
    if (count > 0) this.#leadTo(this.#current < 0 ? 0 : (this.#current + by + count) % count);
  }

  #setWindow(index: number): void {
    const preset = kWindows[index];
    if (!preset) return;
    element<HTMLSelectElement>('#window').value = String(index);
    this.#planes.setWindow(preset[1]);
  }

  #show(shown: Shown): void {
    this.#shown = shown;
    press(document.querySelectorAll('[data-view]'), element(`[data-view=${shown}]`));
    element<HTMLElement>('.views').dataset.shown = shown;
    if (shown !== 'space') this.#planes.show(shown);
  }

  #toggleOutlines(): void {
    const button = element('#outlines');
    const shown = button.getAttribute('aria-pressed') !== 'true';
    button.setAttribute('aria-pressed', String(shown));
    this.#planes.showOutlines(shown);
  }

  /** What a key does; undefined where it does nothing here. */
  #actionOf(key: string): (() => void) | undefined {
    const actions: Readonly<Record<string, () => void>> = {
      ArrowUp: () => this.#planes.step(1),
      ArrowDown: () => this.#planes.step(-1),
      PageUp: () => this.#planes.step(5),
      PageDown: () => this.#planes.step(-5),
      n: () => this.#stepLesion(1),
      p: () => this.#stepLesion(-1),
      o: () => this.#toggleOutlines(),
      v: () => this.#show(kShown[(kShown.indexOf(this.#shown) + 1) % kShown.length] as Shown),
      '+': () => this.#planes.zoom(1.25),
      '=': () => this.#planes.zoom(1.25),
      '-': () => this.#planes.zoom(0.8),
      '0': () => {
        this.#planes.showWhole();
        this.space?.reset();
      },
    };
    if (/^[1-4]$/.test(key)) return () => this.#setWindow(Number(key) - 1);
    return actions[key.length === 1 ? key.toLowerCase() : key];
  }

  #onKey(event: KeyboardEvent): void {
    const target = event.target as Element;
    // NiiVue listens to keys of its own on its canvas.
    if (target instanceof HTMLCanvasElement) event.stopImmediatePropagation();
    if (event.ctrlKey || event.metaKey || event.altKey || target instanceof HTMLSelectElement) return;
    const action = this.#actionOf(event.key);
    if (!action) return;
    event.preventDefault();
    action();
  }
}

/** As lines of tab-separated cells, which spreadsheets take. */
async function copyTable(button: HTMLElement): Promise<void> {
  const table = element<HTMLTableElement>('table');
  const rows = [...table.rows];
  const text = rows.map((row) => [...row.cells].map((cell) => cell.textContent).join('\t')).join('\n');
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = 'Copied';
  } catch {
    // Not every browser lets a file write there.
    getSelection()?.selectAllChildren(table);
    button.textContent = 'Marked: copy it with Ctrl+C';
  }
}
