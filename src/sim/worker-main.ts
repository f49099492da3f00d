import type { ProgramTable } from './env.ts';
import { createHop } from './placement/hop.ts';
import type { WorkerPort } from './placement/workers.ts';
import { poisonGlobals } from './poison.ts';
import { ProcessRunner } from './process-runner.ts';
import type { Delivery } from './wire.ts';

/** What a file in `workers/` calls with the programs that its worker can run. */
export function serveWorker(programs: ProgramTable): void {
  const scope = globalThis;
  const post = scope.postMessage.bind(scope);
  const receive = createWorkerServer(programs, (text) => post(text));
  scope.addEventListener('message', (event) => {
    if (typeof event.data === 'string') void receive(event.data);
  });
  poisonGlobals();
}

type Request = { readonly deliveries: readonly Delivery[]; readonly observed: boolean } | { readonly drop: string };

/** The worker's side of a placement: text in, text out. */
export function createWorkerServer(
  programs: ProgramTable,
  post: (text: string) => void,
): (text: string) => Promise<void> {
  const runner = new ProcessRunner(programs, createHop());
  return async (text) => {
    // The other side is the placement.
    const request = JSON.parse(text) as Request;
    if ('drop' in request) {
      runner.drop(request.drop);
      return;
    }
    try {
      post(JSON.stringify(await runner.run(request.deliveries, request.observed)));
    } catch (error) {
      post(JSON.stringify({ lost: error instanceof Error ? error.message : 'failed' }));
    }
  };
}

/** The hub's end of a real Web Worker. */
export function portOfWorker(worker: Worker): WorkerPort {
  return {
    post: (text) => worker.postMessage(text),
    onMessage(handler) {
      worker.addEventListener('message', (event) => {
        if (typeof event.data === 'string') handler(event.data);
      });
    },
    onError(handler) {
      worker.addEventListener('error', (event) =>
        handler(event.message === '' ? 'could not be loaded' : event.message),
      );
      worker.addEventListener('messageerror', () => handler('sent what cannot be read'));
    },
    terminate: () => worker.terminate(),
  };
}
