import type { ProgramTable } from '../env.ts';
import { createWorkerServer } from '../worker-main.ts';
import type { WorkerFactory } from './workers.ts';

/** A worker on the other end of a message channel, in this thread: what tests in Node use in place of Web Workers. */
export function fakeWorkers(programs: ProgramTable, made: string[] = []): WorkerFactory {
  return (worker) => {
    made.push(worker);
    const { port1, port2 } = new MessageChannel();
    const receive = createWorkerServer(programs, (text) => port2.postMessage(text));
    port2.onmessage = ({ data }) => {
      if (typeof data === 'string') void receive(data);
    };
    return {
      post: (text) => port1.postMessage(text),
      onMessage(handler) {
        port1.onmessage = ({ data }) => {
          if (typeof data === 'string') handler(data);
        };
      },
      onError: () => undefined,
      terminate() {
        port1.close();
        port2.close();
      },
    };
  };
}
