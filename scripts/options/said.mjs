// What is said of an option, as text.
import { z } from 'zod';
import { defaultOf, detailsOf, innerType } from '../../src/schema/option.ts';

const quoted = (value) => `'${value}'`;

/** A value as TypeScript writes it. */
export function literal(value) {
  if (typeof value === 'string') return quoted(value);
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  const fields = Object.entries(value).map(([name, field]) => `${name}: ${literal(field)}`);
  return `{ ${fields.join(', ')} }`;
}

function typeOfObject(schema) {
  const fields = Object.entries(schema.shape).map(([name, field]) => `readonly ${name}: ${typeOfSchema(field)}`);
  return `{ ${fields.join('; ')} }`;
}

/** The TypeScript of a schema's values; what zod alone does not tell has `type` in its details. */
function typeOfSchema(schema) {
  if (schema instanceof z.ZodString) return 'string';
  if (schema instanceof z.ZodNumber) return 'number';
  if (schema instanceof z.ZodBoolean) return 'boolean';
  if (schema instanceof z.ZodDate) return 'Date';
  if (schema instanceof z.ZodLiteral) return schema.def.values.map(literal).join(' | ');
  if (schema instanceof z.ZodEnum) return schema.options.map(quoted).join(' | ');
  if (schema instanceof z.ZodUnion) return schema.options.map(typeOfSchema).join(' | ');
  if (schema instanceof z.ZodTuple) return `readonly [${schema.def.items.map(typeOfSchema).join(', ')}]`;
  if (schema instanceof z.ZodArray) {
    const item = typeOfSchema(schema.element);
    return `readonly ${item.includes('|') ? `(${item})` : item}[]`;
  }
  if (schema instanceof z.ZodObject) return typeOfObject(schema);
  throw new TypeError(`Expected a type beside a schema of ${schema.def.type}`);
}

export function typeOf(field) {
  return detailsOf(field).type ?? typeOfSchema(innerType(field));
}

/** What an option is where it is not given; undefined where there is nothing to say. */
export function defaultText(field) {
  const { otherwise } = detailsOf(field);
  if (otherwise !== undefined) return { words: otherwise };
  const value = defaultOf(field);
  return value === undefined ? undefined : { value: literal(value) };
}

/** Its documentation, in one paragraph of Markdown. */
export function documentation(field) {
  const { text, more = '' } = detailsOf(field);
  const otherwise = defaultText(field);
  const part =
    otherwise === undefined
      ? ''
      : otherwise.value
        ? `; default \`${otherwise.value}\``
        : `; default: ${otherwise.words}`;
  return `${text}${part}.${more && ` ${more}`}`;
}
