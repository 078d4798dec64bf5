// The tables of options in docs/, between `<!-- options NAME -->` and `<!-- end -->`.

import { flagName } from '../../src/schema/flag.ts';
import { detailsOf } from '../../src/schema/option.ts';
import { defaultText, typeOf } from './said.mjs';

const cell = (text) => text.replaceAll('|', '\\|');

function row(name, field) {
  const { text, more = '', flag, required } = detailsOf(field);
  const otherwise = defaultText(field);
  const fallback = required
    ? 'needed'
    : otherwise === undefined
      ? ''
      : otherwise.value
        ? `\`${otherwise.value}\``
        : otherwise.words;
  const taken = flag ? `\`--${flagName(name, flag)}\`` : '';
  const cells = [`\`${name}\``, `\`${typeOf(field)}\``, fallback, `${text}.${more && ` ${more}`}`, taken];
  return `| ${cells.map(cell).join(' | ')} |`;
}

/** A table of a schema's options, but those in `without`. */
export function optionTable(schema, without = []) {
  const rows = Object.entries(schema.shape).filter(([name]) => !without.includes(name));
  return [
    '| option | type | default | | command line |',
    '|---|---|---|---|---|',
    ...rows.map(([name, field]) => row(name, field)),
  ].join('\n');
}

const kTable = /<!-- options (\w+)(?: without ([\w, ]+))? -->\n[\s\S]*?<!-- end -->/g;

/** A page with its tables made anew. */
export function withTables(page, types) {
  return page.replace(kTable, (_, name, without) => {
    const type = types[name];
    if (!type) throw new TypeError(`Expected the name of a type of options, received ${name}`);
    const left = without?.split(',').map((each) => each.trim());
    const marker = `<!-- options ${name}${without ? ` without ${without}` : ''} -->`;
    return `${marker}\n${optionTable(type.schema, left)}\n<!-- end -->`;
  });
}
