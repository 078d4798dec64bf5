/** What the command line says, as a terminal may show it. */

/**
 * Control characters as escapes: headers and file names are strangers' texts, and a terminal obeys what it is sent. Of
 * them, line feeds and tabs are layout.
 */
export function visible(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
  return text.replaceAll(/[\0-\x08\x0b-\x1f\x7f-\x9f]/g, escaped);
}

/** The same of what has to stay on its line. */
export function visibleLine(text: string): string {
  return visible(text).replaceAll(/[\n\t]/g, escaped);
}

function escaped(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}

/** `1 slice`, `2 slices`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
