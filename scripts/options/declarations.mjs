// TypeScript declarations of options.
import { detailsOf } from '../../src/schema/option.ts';
import { documentation, typeOf } from './said.mjs';

const kWidth = 120;

function wrapped(text, width) {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line !== '' && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}

function comment(text, indent) {
  const said = text.replaceAll('{', '\\{').replaceAll('}', '\\}').replaceAll('>', '\\>').replaceAll('@', '\\@');
  const line = `${indent}/** ${said} */`;
  if (line.length <= kWidth) return line;
  const lines = wrapped(said, kWidth - indent.length - 3).map((part) => `${indent} * ${part}`);
  return [`${indent}/**`, ...lines, `${indent} */`].join('\n');
}

function member(name, field) {
  const optional = detailsOf(field).required ? '' : '?';
  return `${comment(documentation(field), '  ')}\n  readonly ${name}${optional}: ${typeOf(field)};`;
}

function fieldsOf(name, types) {
  const { schema, bases = [] } = types[name];
  return new Map([...bases.flatMap((base) => [...fieldsOf(base, types)]), ...Object.entries(schema.shape)]);
}

/** What an option type adds to those that it extends, or says otherwise. */
function declaration(name, types) {
  const { text, schema, bases = [] } = types[name];
  const inherited = new Map(bases.flatMap((base) => [...fieldsOf(base, types)]));
  const own = Object.entries(schema.shape).filter(([option, field]) => inherited.get(option) !== field);
  const extending = bases.length > 0 ? ` extends ${bases.join(', ')}` : '';
  const members = own.map(([option, field]) => member(option, field));
  return `${comment(`${text}.`, '')}\nexport interface ${name}${extending} {${members.length > 0 ? `\n${members.join('\n')}\n` : ''}}`;
}

/** A module that declares the types called `names`, with types of `imports`, `{ module: names }`. */
export function declarations(names, types, imports) {
  const body = names.map((name) => declaration(name, types)).join('\n\n');
  const used = Object.entries(imports)
    .map(([module, candidates]) => [
      module,
      candidates.filter((name) => new RegExp(`\\b${name}\\b`).test(body.replace(/\/\*\*[\s\S]*?\*\//g, ''))),
    ])
    .filter(([, found]) => found.length > 0)
    .map(([module, found]) => `import type { ${found.join(', ')} } from '${module}';`);
  return `// Written by scripts/options.mjs from the schemas beside it; change those.\n${used.join('\n')}\n\n${body}\n`;
}
