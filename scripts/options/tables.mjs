// The tables of options in docs/, from `<!-- options TYPE -->`, or `<!-- options TYPE beyond OTHER -->`, to `<!-- end -->`.

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

/** A table of a schema's options, but those that others have in the same words. */
export function optionTable(schema, others = []) {
  const rows = Object.entries(schema.shape).filter(([name, field]) =>
    others.every(({ shape }) => shape[name] !== field),
  );
  return [
    '| option | type | default | | command line |',
    '|---|---|---|---|---|',
    ...rows.map(([name, field]) => row(name, field)),
  ].join('\n');
}

const kTable = /<!-- options (\w+)(?: beyond ([\w, ]+))? -->\n[\s\S]*?<!-- end -->/g;

/** A page with its tables made anew; `beyond`: without the options of other types. */
export function withTables(page, types) {
  const optionsOf = (name) => {
    if (types[name]) return types[name].schema;
    throw new TypeError(`Expected the name of a type of options, received ${name}`);
  };
  return page.replace(kTable, (_, name, beyond) => {
    const others = beyond?.split(',').map((other) => optionsOf(other.trim()));
    const marker = `<!-- options ${name}${beyond ? ` beyond ${beyond}` : ''} -->`;
    return `${marker}\n${optionTable(optionsOf(name), others)}\n<!-- end -->`;
  });
}
