import * as assert from 'uvu/assert';
import { HepaticaError } from '../../src/index.js';

type ErrorClass = new (...args: never[]) => HepaticaError;

/** Asserts that `promise` rejects with an error of this class and code that says something, and returns it. */
export async function rejection(promise: Promise<unknown>, kind: ErrorClass, code: string): Promise<HepaticaError> {
  const error = await promise.then(
    () => assert.unreachable(`resolved instead of rejecting with ${code}`),
    (reason: unknown) => reason,
  );
  assert.instance(error, HepaticaError, `not one of hepatica's errors: ${error}`);
  const failure = error as HepaticaError;
  assert.is(failure.code, code, `${failure.code}: ${failure.message}`);
  assert.instance(failure, kind, `${failure.name}: ${failure.message}`);
  assert.ok(failure.message.length > 10);
  return failure;
}
