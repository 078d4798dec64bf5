/** How an option is defined: its values by zod, and beside them what documentation and command line say of it. */
import { z } from 'zod';

/** How the command line takes an option, where that is not by its name in kebab case. */
export interface FlagDetails {
  /** As in `--epochs`; default: the option's name in kebab case. */
  readonly name?: string;
  /** What stands for its value in the help; none of an option that is true or false. */
  readonly value?: string;
  /** Default: `text`. */
  readonly help?: string;
}

export interface OptionDetails {
  /** What it is expected to be, in the words of the error message. */
  readonly expected: string;
  /** What it is: the beginning of its documentation, and the flag's help. */
  readonly text: string;
  /** What it is where it is not given, in words, where that is no value. */
  readonly otherwise?: string;
  /** Further sentences of its documentation. */
  readonly more?: string;
  /** Its type in TypeScript, where zod does not tell it by name. */
  readonly type?: string;
  /** True where a call cannot do without it. */
  readonly required?: true;
  /** The command line takes it. */
  readonly flag?: FlagDetails;
  /** What TypeScript deals with itself: no part of what C++ is given. */
  readonly native?: false;
}

const kDetails = z.registry<OptionDetails>();

export function detailsOf(field: z.ZodType): OptionDetails {
  const details = kDetails.get(field as z.core.$ZodType);
  if (!details) throw new TypeError('Expected a field that was made by option()');
  return details;
}

type Defaulted<Schema extends z.ZodType> = OptionDetails & {
  readonly value: z.core.util.NoUndefined<z.output<Schema>>;
};

/** An option of a call; `value` is its default. */
export function option<Schema extends z.ZodType>(schema: Schema, details: Defaulted<Schema>): z.ZodDefault<Schema>;
export function option<Schema extends z.ZodType>(schema: Schema, details: OptionDetails): z.ZodOptional<Schema>;
export function option<Schema extends z.ZodType>(
  schema: Schema,
  details: OptionDetails & { readonly value?: unknown },
) {
  const { value, ...said } = details;
  const field = value === undefined ? schema.optional() : schema.default(value as never);
  kDetails.add(field, said);
  return field;
}

/** The default of an option that has one. */
export function defaultOf(field: z.ZodType): unknown {
  return field instanceof z.ZodDefault ? field.def.defaultValue : undefined;
}

/** The type of what an option holds. */
export function innerType(field: z.ZodType): z.ZodType {
  return field instanceof z.ZodDefault || field instanceof z.ZodOptional ? (field.unwrap() as z.ZodType) : field;
}

/** The same option with other details. */
export function describedAs<Field extends z.ZodType>(field: Field, details: Partial<OptionDetails>): Field {
  const copy = field.clone() as Field;
  kDetails.add(copy as z.core.$ZodType, { ...detailsOf(field), ...details });
  return copy;
}

/** The same option with another default and other details. */
export function defaultedAs<Schema extends z.ZodType>(
  field: z.ZodDefault<Schema>,
  value: z.core.util.NoUndefined<z.output<Schema>>,
  details: Partial<OptionDetails>,
): z.ZodDefault<Schema> {
  return option(field.unwrap() as Schema, { ...detailsOf(field), ...details, value });
}

/** What C++ is given of checked options, under the same names; objects as JSON. */
export type NativeOptions = Readonly<Record<string, string | number | boolean | readonly unknown[]>>;
