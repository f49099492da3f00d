import type { Micros } from '../../src/sim/env.ts';
import type { InputAction, Session, SessionStatus } from '../../src/sim/session.ts';
import type { TraceEvent } from '../../src/sim/trace.ts';
import type { Hub, OpenOptions } from '../../src/ui/session/hub.ts';
import { storyOf, trafficOf } from './demo-story.ts';

type Listener = (batch: readonly TraceEvent[], status: SessionStatus) => void;

/** A session made of a story written beforehand: for looking at the page without a cluster. */
export const demoHub: Hub = {
  open: async (options) => openDemo(options),
  openDoor: async () => undefined,
  takeDoor: async () => undefined,
};

const STARTS_AT: Micros = 134_350_000;

export function openDemo(options: OpenOptions): Session {
  const listeners = new Map<number, Listener>();
  const story = storyOf(options.epoch, STARTS_AT);
  let now = STARTS_AT;
  let running = new URLSearchParams(location.search).get('run') !== null;
  let speed = 1;
  let seq = 1_000_000;
  let last = performance.now();
  const status = (): SessionStatus => ({
    now,
    running,
    speed,
    seed: options.seed,
    placement: 'workers',
    events: story.length,
    windows: 0,
    eventsPerSecond: 1284,
    behind: false,
    hash: '',
  });
  const send = (events: readonly TraceEvent[]): void => {
    for (const listener of listeners.values()) listener(events, status());
  };
  const emit = (record: object): void =>
    send([{ at: now, source: 'kernel', seq: seq++, ...record } as unknown as TraceEvent]);
  setInterval(() => {
    const wall = performance.now();
    const passed = Math.min(100, wall - last);
    last = wall;
    if (!running || speed === Infinity) return;
    const from = now;
    now += Math.round(passed * 1_000 * speed);
    send(trafficOf(from, now));
  }, 16);
  let faults = 100;
  const input = (action: InputAction): void => {
    if (action.kind !== 'fault') {
      if (action.kind === 'text' && action.process === 'laptop/terminal') answer(action.text, emit);
      return;
    }
    const [verb = '', ...words] = action.command.split(/\s+/);
    if (verb === 'heal') {
      emit({ kind: 'fault', id: words[0] ?? '', command: '', state: 'healed', text: '', targets: [] });
      return;
    }
    emit({
      kind: 'fault',
      id: String(++faults),
      command: action.command,
      state: 'injected',
      text: action.command,
      targets: words.filter((word) => /^[a-z]/.test(word)),
    });
    if (verb === 'power-off') emit({ kind: 'host', host: words[0], state: 'off' });
  };
  return {
    status: async () => status(),
    workers: async () => [],
    setSpeed: async (next) => void (speed = next),
    pause: async () => {
      running = false;
      send([]);
    },
    resume: async () => {
      running = true;
      send([]);
    },
    step: async () => {
      const from = now;
      now += 20_000;
      send(trafficOf(from, now));
    },
    runUntil: async (at) => void (now = at),
    input: async (action) => {
      input(action);
      return { at: now, ...action };
    },
    export: async () => ({
      format: 'kubarium/1',
      seed: options.seed,
      topology: options.topology,
      epoch: options.epoch,
      inputs: [],
      until: now,
      hash: '',
    }),
    terminateWorker: async () => undefined,
    observe: async (on) => {
      listeners.set(listeners.size + 1, on);
      on(story, status());
      setTimeout(() => send(trafficOf(now - 150_000, now)), 500);
      return listeners.size;
    },
    unobserve: async (id) => void listeners.delete(id),
    stop: async () => listeners.clear(),
  };
}

/** Echoes what the terminal would print. */
function answer(text: string, emit: (record: object) => void): void {
  const message: { session: number; kind: string; text: string } = JSON.parse(text);
  const print = (kind: string, body: string): void =>
    emit({
      kind: 'output',
      process: 'laptop/terminal',
      stream: 'stdout',
      text: `${JSON.stringify({ session: message.session, kind, text: body })}\n`,
    });
  if (message.kind === 'line') print('output', `you said: ${message.text}\n`);
  print('prompt', 'laptop:~$ ');
}
