import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { poisonGlobals } from '../sim/poison.ts';
import { createPool, type WorkerFactory } from '../sim/placement/workers.ts';
import type { Placement } from '../sim/placement/placement.ts';
import { createWorkerServer } from '../sim/worker-main.ts';
import { programs } from './programs.ts';

/** A placement whose workers are threads of Node. `file` is a bundle that calls `serveThread` when it is not the main thread. */
export function createThreadPool(file: URL, size: number): Placement {
  const create: WorkerFactory = (name) => {
    const thread = new Worker(file, { name });
    return {
      post: (text) => thread.postMessage(text),
      onMessage: (handler) => void thread.on('message', (text: unknown) => typeof text === 'string' && handler(text)),
      onError: (handler) => void thread.on('error', (error) => handler(error.message)),
      terminate: () => void thread.terminate(),
    };
  };
  return createPool({ create, size });
}

/** True: this is one of the pool's threads, and from now on it does what the pool asks of it. */
export function serveThread(): boolean {
  const port = parentPort;
  if (isMainThread || port === null) return false;
  const receive = createWorkerServer(programs, (text) => port.postMessage(text));
  port.on('message', (text: unknown) => {
    if (typeof text === 'string') void receive(text);
  });
  poisonGlobals();
  return true;
}
