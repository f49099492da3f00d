import { proxy, wrap, type Remote } from 'comlink';
import type { Session } from '../../sim/session.ts';
import type { Failure, Hub } from './hub.ts';

/** Starts the hub in a worker of its own. `lost` is told when the worker dies. */
export function connectHub(lost: (failure: Failure) => void): Hub {
  const worker = new Worker(new URL('../../../workers/hub.ts', import.meta.url), { type: 'module', name: 'hub' });
  worker.addEventListener('error', (event) => {
    event.preventDefault();
    lost({
      title: 'The simulation stopped',
      text: 'Its worker ended with an error. Start again with the same seed to see the same run.',
      detail: event.message === '' ? 'The worker could not be loaded.' : event.message,
    });
  });
  const remote = wrap<Hub>(worker);
  return {
    async open(options) {
      return localSession(asRemote(await remote.open(options)));
    },
    openDoor: (offer, tell) => remote.openDoor(offer, proxy(tell)),
    takeDoor: () => remote.takeDoor(),
  };
}

/** What arrives through comlink for a session that was handed out by `proxy`. */
function asRemote(session: unknown): Remote<Session> {
  return session as Remote<Session>;
}

/** A session as the page sees it: callbacks become proxies, everything else is passed on. */
function localSession(remote: Remote<Session>): Session {
  return {
    status: () => remote.status(),
    workers: () => remote.workers(),
    setSpeed: (speed) => remote.setSpeed(speed),
    pause: () => remote.pause(),
    resume: () => remote.resume(),
    step: () => remote.step(),
    runUntil: (at) => remote.runUntil(at),
    input: (action) => remote.input(action),
    export: () => remote.export(),
    terminateWorker: (worker) => remote.terminateWorker(worker),
    observe: (on) => remote.observe(proxy(on)),
    unobserve: (id) => remote.unobserve(id),
    stop: () => remote.stop(),
  };
}

export function workersSupported(): boolean {
  return typeof Worker !== 'undefined' && typeof structuredClone !== 'undefined';
}
