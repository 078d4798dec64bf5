/** How an option of the worker is defined: its values by zod, and beside them what help and readers of text need. */
import { z } from 'zod';

interface OptionDetails {
  /** For `--help` and the schema of the configuration file. */
  readonly description: string;
  /** What stands for its value in the help; absent: only the configuration file holds it. */
  readonly placeholder?: string;
}

const kDetails = z.registry<OptionDetails>();

/** An option that flags, environment and file take. */
export function option<Schema extends z.ZodType>(schema: Schema, placeholder: string, description: string): Schema {
  return fileOption(schema, description, placeholder);
}

/** An option that is no single text: the file alone takes it. */
export function fileOption<Schema extends z.ZodType>(
  schema: Schema,
  description: string,
  placeholder?: string,
): Schema {
  const described = schema.meta({ description }) as Schema;
  kDetails.add(described, { description, ...(placeholder && { placeholder }) });
  return described;
}

/** An option as flags and the environment give it. */
export interface TextOption {
  readonly name: string;
  /** As in `--max-slices <n>`. */
  readonly flags: string;
  /** As in `HEPATICA_WORKER_MAX_SLICES`. */
  readonly variable: string;
  readonly description: string;
  readonly defaultValue: unknown;
  /** What the text says; what it cannot say is left as text for the schema to refuse. */
  valueOf(text: string): unknown;
}

const snake = (name: string, between: string) => name.replace(/[A-Z]/g, (letter) => `${between}${letter}`);

function innermost(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodDefault || schema instanceof z.ZodOptional
    ? innermost(schema.unwrap() as z.ZodType)
    : schema;
}

function valueIn(schema: z.ZodType, text: string): unknown {
  if (schema instanceof z.ZodArray) return text.split(',').filter((item) => item !== '');
  if (schema instanceof z.ZodBoolean) return text === 'true' ? true : text === 'false' ? false : text;
  if (schema instanceof z.ZodNumber) return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
  return text;
}

/** Those of a schema that text can give. */
export function textOptions({ shape }: z.ZodObject): TextOption[] {
  return Object.entries(shape).flatMap(([name, field]) => {
    const schema = field as z.ZodType;
    const { description = '', placeholder } = kDetails.get(schema as z.core.$ZodType) ?? {};
    if (placeholder === undefined) return [];
    return [
      {
        name,
        flags: `--${snake(name, '-').toLowerCase()} <${placeholder}>`,
        variable: `HEPATICA_WORKER_${snake(name, '_').toUpperCase()}`,
        description,
        defaultValue: schema instanceof z.ZodDefault ? schema.def.defaultValue : undefined,
        valueOf: (text: string) => valueIn(innermost(schema), text),
      },
    ];
  });
}
