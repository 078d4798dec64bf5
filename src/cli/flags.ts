/** Flags of the command line, made from the options of calls. */
import { type Command, InvalidArgumentError as CommanderArgumentError, Option } from 'commander';
import type { z } from 'zod';
import { type Flag, flagOf } from '../schema/flag.js';
import { detailsOf } from '../schema/option.js';

/** How the flag of an option is, in a command that takes it otherwise than the call does. */
export interface FlagUse {
  /** `shown`: in the help alone, and the command is told nothing where the flag is not given. Default `taken`. */
  readonly defaults?: 'taken' | 'shown';
  /** How the text of some flags is read. */
  readonly parsers?: Readonly<Record<string, (text: string) => unknown>>;
}

export function finiteNumber(name: string) {
  return (text: string): number => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isFinite(value)) return value;
    throw new CommanderArgumentError(`Expected ${name} to be a number.`);
  };
}

export function integerFrom(least: number, name: string) {
  return (text: string): number => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isInteger(value) && value >= least) return value;
    throw new CommanderArgumentError(`Expected ${name} to be an integer of at least ${least}.`);
  };
}

/** Reads the name of a file or folder: an empty one, as of an unset variable of the shell, means none. */
export function pathOf(name: string) {
  return (text: string): string => {
    if (text.trim() !== '' && !text.includes('\0')) return text;
    throw new CommanderArgumentError(`Expected ${name} to be a path.`);
  };
}

const nameOf = ({ flags }: Flag) => flags.split(' ')[0] as string;

/** Empty names between commas are none. */
const listOf = (text: string): string[] => text.split(',').filter((name) => name !== '');

/** What the field takes of what the text says. */
function fitting<T>(flag: Flag, read: (text: string) => T): (text: string) => T {
  return (text) => {
    const value = read(text);
    if (flag.field.safeParse(value).success) return value;
    throw new CommanderArgumentError(`Expected ${nameOf(flag)} to be ${detailsOf(flag.field).expected}.`);
  };
}

function parserOf(flag: Flag): ((text: string) => unknown) | undefined {
  if (flag.kind === 'list') return listOf;
  if (flag.kind === 'text') return fitting(flag, String);
  if (flag.kind === 'number') return fitting(flag, finiteNumber(nameOf(flag)));
  if (flag.kind === 'integer') return fitting(flag, integerFrom(flag.least, nameOf(flag)));
  return undefined;
}

function commanderOption(flag: Flag, { defaults = 'taken', parsers = {} }: FlagUse): Option {
  const { value, help } = flag;
  const switched = flag.kind === 'switch';
  const shown = defaults === 'shown' && value !== undefined && !switched && !help.includes('(default: ');
  const option = new Option(flag.flags, shown ? `${help} (default: ${value})` : help);
  if (flag.kind === 'choice') option.choices(flag.choices);
  const parser = parsers[flag.option] ?? parserOf(flag);
  if (parser) option.argParser(parser);
  if (defaults === 'taken' && value !== undefined && !switched) option.default(value);
  return option;
}

/** The flags of `names` among the options of a call; all that it has where none are named. */
export function withFlags(
  command: Command,
  { shape }: z.ZodObject,
  names: readonly string[] = Object.keys(shape),
  use: FlagUse = {},
): Command {
  for (const name of names) {
    const flag = flagOf(name, shape[name] as z.ZodType);
    if (flag) command.addOption(commanderOption(flag, use));
  }
  return command;
}

const camelCase = (name: string) => name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** What a command was given of a call's options, by their names; nothing of what it was not given. */
export function givenFlags<Schema extends z.ZodObject>(
  { shape }: Schema,
  command: object,
): { -readonly [Name in keyof z.output<Schema>]?: Exclude<z.output<Schema>[Name], undefined> } {
  const values = command as Record<string, unknown>;
  const given = Object.entries(shape).flatMap(([name, field]) => {
    const flag = flagOf(name, field as z.ZodType);
    const value = flag && values[camelCase(nameOf(flag).slice(2))];
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(given) as ReturnType<typeof givenFlags<Schema>>;
}

/** The flags of `names` among the options of a call. */
export function flagsOf({ shape }: z.ZodObject, names: readonly string[]): string[] {
  const flags = names.map((name) => flagOf(name, shape[name] as z.ZodType));
  return flags.filter((flag) => flag !== undefined).map(nameOf);
}

function optionOf(command: Command, flag: string): Option {
  const option = command.options.find(({ long }) => long === flag);
  if (!option) throw new TypeError(`Expected ${flag} among the options of ${command.name()}`);
  return option;
}

/** Refuses, as the command line is read, each of `flags` beside any of `others`, which leave it nothing to say. */
export function refuseBeside(command: Command, flags: readonly string[], others: readonly string[]): Command {
  const names = others.map((flag) => optionOf(command, flag).attributeName());
  for (const flag of flags) optionOf(command, flag).conflicts(names);
  return command;
}

/** Refuses, as the command line is read, each of `flags` without any of `others`, by which alone it means something. */
export function refuseWithout(command: Command, flags: readonly string[], others: readonly string[]): Command {
  const isGiven = (flag: string) => {
    const source = command.getOptionValueSource(optionOf(command, flag).attributeName());
    return source !== undefined && source !== 'default';
  };
  return command.hook('preAction', () => {
    const lost = others.some(isGiven) ? undefined : flags.find(isGiven);
    if (lost) command.error(`error: option '${optionOf(command, lost).flags}' needs ${others.join(' or ')}`);
  });
}
