type AnyIterator<Item> = Iterator<Item> | AsyncIterator<Item>;

/** Rejects with the signal's reason where it aborts before. */
function nextOf<Item>(iterator: AnyIterator<Item>, signal: AbortSignal | undefined): Promise<IteratorResult<Item>> {
  const next = Promise.resolve(iterator.next());
  if (!signal) return next;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    // It may have aborted while it was asked for: no event follows then.
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    next.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/**
 * The items of an (async) iterable, until a signal aborts: one that gives nothing any more does not keep its caller
 * waiting. It is told when no more is wanted of it.
 *
 * @throws the signal's reason
 */
export async function* abortable<Item>(
  source: Iterable<Item> | AsyncIterable<Item>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Item, void, undefined> {
  const iterator: AnyIterator<Item> =
    Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  let ended = false;
  try {
    for (;;) {
      signal?.throwIfAborted();
      const { done, value } = await nextOf(iterator, signal);
      ended = done === true;
      if (done) return;
      yield value;
    }
  } finally {
    // Not waited for: it may hang where it hung before.
    if (!ended) Promise.resolve(iterator.return?.()).catch(() => {});
  }
}
