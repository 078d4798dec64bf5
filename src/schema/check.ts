/** Checks what a caller gives, with one form of message. */
import { inspect } from 'node:util';
import type { z } from 'zod';
import { InvalidArgumentError } from '../errors.js';
import { detailsOf, type NativeOptions } from './option.js';

/** A value on one line, as a caller would have typed it. */
function received(value: unknown): string {
  if (Array.isArray(value) && value.length <= 16) return `[${value.map(received).join(', ')}]`;
  const settings = { depth: 0, breakLength: Number.POSITIVE_INFINITY, maxArrayLength: 9, maxStringLength: 80 };
  const text = inspect(value, settings).replaceAll('\n', ' ');
  return text.length > 160 ? `${text.slice(0, 160)}…` : text;
}

/** The one message form: "Expected spacing to be three positive numbers, received [0.7, 0.7]". */
export function invalidArgument(what: string, expectation: string, value: unknown, field = what): InvalidArgumentError {
  const message = `Expected ${what} to be ${expectation}, received ${received(value)}`;
  return new InvalidArgumentError('INVALID_ARGUMENT', message, { field });
}

/**
 * Checks options against a schema made by `z.strictObject` of `option()`s, and fills in their defaults; throws
 * `InvalidArgumentError` for the first that is wrong.
 */
export function checkOptions<Schema extends z.ZodObject>(schema: Schema, options: unknown): z.output<Schema> {
  const result = schema.safeParse(options);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  if (issue?.code === 'unrecognized_keys' && issue.path.length === 0) {
    const known = Object.keys(schema.shape).join(', ');
    const unknown = issue.keys.map((key) => [key, (options as Record<string, unknown>)[key]]);
    const others = Object.fromEntries(unknown);
    throw invalidArgument('options', `an object with no other fields than ${known}`, others, issue.keys[0]);
  }
  const field = issue?.path[0];
  if (field === undefined) throw invalidArgument('options', 'an object', options);
  const name = String(field);
  const { expected } = detailsOf(schema.shape[name] as z.ZodType);
  throw invalidArgument(name, expected, (options as Record<string, unknown>)[name]);
}

/** What C++ is given of checked options: those that it knows what to do with, under their names. */
export function nativeOptions(schema: z.ZodObject, checked: object): NativeOptions {
  const entries = Object.entries(checked).filter(([name, value]) => {
    const field = schema.shape[name] as z.ZodType | undefined;
    return value !== undefined && field && detailsOf(field).native !== false;
  });
  const isObject = (value: unknown) => typeof value === 'object' && !Array.isArray(value);
  return Object.fromEntries(entries.map(([name, value]) => [name, isObject(value) ? JSON.stringify(value) : value]));
}

export function checkPath(field: string, value: unknown): asserts value is string {
  if (typeof value !== 'string' || value === '' || value.includes('\0')) {
    throw invalidArgument(field, 'a path', value);
  }
}
