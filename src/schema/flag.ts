/** What the command line makes of an option. */
import { z } from 'zod';
import { defaultOf, detailsOf, type FlagDetails, innerType } from './option.js';

/** Of a flag, without its dashes. */
export function flagName(option: string, { name }: FlagDetails): string {
  return name ?? option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** How a flag's text is read. */
export type FlagKind =
  | { readonly kind: 'switch' | 'text' | 'list' | 'number' }
  | { readonly kind: 'integer'; readonly least: number }
  | { readonly kind: 'choice'; readonly choices: readonly string[] };

function kindOf(field: z.ZodType, value: string | undefined): FlagKind {
  const type = innerType(field);
  if (value === undefined && type.safeParse(true).success) return { kind: 'switch' };
  if (type instanceof z.ZodEnum) return { kind: 'choice', choices: type.options.map(String) };
  if (type instanceof z.ZodArray) return { kind: 'list' };
  if (!(type instanceof z.ZodNumber)) return { kind: 'text' };
  return type.isInt ? { kind: 'integer', least: Math.ceil(Number(type.minValue)) } : { kind: 'number' };
}

/** A flag of the command line, as an option's definition tells it. */
export type Flag = FlagKind & {
  /** The option that it gives. */
  readonly option: string;
  /** As in `--max-voxels <n>`. */
  readonly flags: string;
  readonly help: string;
  /** The option's. */
  readonly value: unknown;
  readonly field: z.ZodType;
};

const lowerFirst = (text: string) => (/^[A-Z][a-z]/.test(text) ? text[0]?.toLowerCase() + text.slice(1) : text);

/** The flag of one option; undefined where the command line does not take it. */
export function flagOf(option: string, field: z.ZodType): Flag | undefined {
  const { text, otherwise, flag } = detailsOf(field);
  if (!flag) return undefined;
  const kind = kindOf(field, flag.value);
  const value = flag.value ?? (kind.kind === 'switch' ? undefined : '<what>');
  const said = otherwise === undefined ? '' : ` (default: ${otherwise})`;
  return {
    ...kind,
    option,
    flags: `--${flagName(option, flag)}${value === undefined ? '' : ` ${value}`}`,
    help: flag.help ?? `${lowerFirst(text)}${said}`,
    value: defaultOf(field),
    field,
  };
}
