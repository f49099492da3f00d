import type { Hop } from '../process-runner.ts';

/**
 * A turn of the event loop: when it is over, every microtask that was pending has run. A message to oneself takes a few
 * microseconds, in a worker as in a page; timers would be throttled.
 */
export function createHop(): Hop {
  const captured = immediate();
  if (captured !== undefined) return () => new Promise<void>((resolve) => void captured(() => resolve()));
  const channel = new MessageChannel();
  const waiting: (() => void)[] = [];
  channel.port1.onmessage = () => waiting.shift()?.();
  return () =>
    new Promise<void>((resolve) => {
      waiting.push(resolve);
      channel.port2.postMessage(0);
    });
}

/** Node's own, where there is one: a MessageChannel would keep the process alive. */
function immediate(): ((action: () => void) => unknown) | undefined {
  return typeof setImmediate === 'function' ? setImmediate : undefined;
}
