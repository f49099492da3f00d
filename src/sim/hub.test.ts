import { expect, test } from 'vitest';
import { MILLISECOND, SECOND, type Program, type ProgramTable } from './env.ts';
import { createSession } from './hub.ts';
import { createInThread } from './placement/in-thread.ts';
import { fakeWorkers } from './placement/fake-worker.testing.ts';
import type { Placement } from './placement/placement.ts';
import { createPool, createWorkers } from './placement/workers.ts';
import type { WallClock } from './pacing.ts';
import type { Input, InputAction, Machines, Recording, Session } from './session.ts';
import type { TraceEvent } from './trace.ts';

const echo: Program = (env) => {
  env.listen('0.0.0.0:7', { accept: (c) => ({ message: (text) => c.send(text) }) });
  env.onInput((text) => env.print(text));
};
const chatter: Program = (env) => {
  const connect = (): void => {
    const c = env.connect('10.0.0.1:7', {
      open: () => c.send('x'),
      message: (text) => {
        env.disk.append('/log', text);
        env.after(env.random.below(50) * MILLISECOND, () => c.send(text));
      },
      close: () => env.after(100 * MILLISECOND, connect),
    });
  };
  connect();
};
const programs: ProgramTable = { echo, chatter };
const machines: Machines = {
  defaultLatency: 500,
  hosts: [
    { name: 'a', ip: '10.0.0.1', role: 'worker', init: [{ program: 'echo', name: 'echo', args: {}, ownWorker: true }] },
    { name: 'b', ip: '10.0.0.2', role: 'worker', init: [{ program: 'chatter', name: 'chatter', args: {} }] },
  ],
};

/** A wall clock that advances only when the session waits or looks at it. */
function testClock(): WallClock & { advance(ms: number): void } {
  let now = 0;
  return {
    now: () => now,
    advance: (ms) => (now += ms),
    turn: () => new Promise((resolve) => setImmediate(resolve)),
    after(milliseconds, fire) {
      let cancelled = false;
      setImmediate(() => {
        now += milliseconds;
        if (!cancelled) fire();
      });
      return () => {
        cancelled = true;
      };
    },
  };
}

function open(placement: Placement = createInThread(programs), inputs: readonly Input[] = []): Session {
  const clock = testClock();
  return createSession({ seed: 3, machines, topology: { workers: 2 }, epoch: 0, placement, inputs, clock });
}

async function replay(recording: Recording, placement = createInThread(programs)): Promise<string> {
  const session = open(placement, recording.inputs);
  await session.runUntil(recording.until);
  const { hash } = await session.export();
  await session.stop();
  return hash;
}

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

test('starts paused, runs until a time, and pauses again', async () => {
  const session = open();
  await turns(20);
  expect(await session.status()).toMatchObject({ now: 0, running: false, events: 0 });
  await session.runUntil(2 * SECOND);
  expect(await session.status()).toMatchObject({ now: 2 * SECOND, running: false });
  await session.stop();
});

test('virtual time follows the wall at the chosen speed', async () => {
  const clock = testClock();
  const placement = createInThread(programs);
  const session = createSession({ seed: 3, machines, topology: {}, epoch: 0, placement, clock });
  await session.setSpeed(10);
  await session.resume();
  while (clock.now() < 500) await turns(1);
  const { now } = await session.status();
  expect(now).toBeGreaterThan(4.5 * SECOND);
  expect(now).toBeLessThanOrEqual(5.4 * SECOND);
  await session.pause();
  const paused = (await session.status()).now;
  await turns(50);
  expect((await session.status()).now).toBe(paused);
  await session.stop();
});

test('a step executes one instant', async () => {
  const session = open();
  await session.step();
  expect(await session.status()).toMatchObject({ now: 501, events: 2 });
  await session.step();
  expect((await session.status()).events).toBe(3);
  await session.stop();
});

test('observers get the trace in order, in batches', async () => {
  const session = open();
  const seen: TraceEvent[] = [];
  const id = await session.observe((batch) => void seen.push(...batch));
  await session.runUntil(SECOND);
  expect(seen.length).toBeGreaterThan(50);
  for (const [index, event] of seen.entries()) expect(event.at).toBeGreaterThanOrEqual(seen[index - 1]?.at ?? 0);
  expect(seen[0]).toMatchObject({ kind: 'host', host: 'a', state: 'on' });
  await session.unobserve(id);
  const count = seen.length;
  await session.runUntil(2 * SECOND);
  expect(seen.length).toBe(count);
  await session.stop();
});

test('being observed does not change the run', async () => {
  const watched = open();
  await watched.observe(() => undefined);
  const alone = open();
  for (const session of [watched, alone]) await session.runUntil(3 * SECOND);
  expect((await watched.status()).hash).toBe((await alone.status()).hash);
});

test('a fault that cannot be parsed rejects and is not recorded', async () => {
  const session = open();
  await session.runUntil(SECOND);
  await expect(session.input({ kind: 'fault', command: 'power-off c' })).rejects.toThrow('unknown machine "c"');
  expect((await session.export()).inputs).toEqual([]);
  await session.stop();
});

test('what is done to a paused run shows at once', async () => {
  const session = open();
  await session.runUntil(SECOND);
  const seen: TraceEvent[] = [];
  await session.observe((batch) => void seen.push(...batch));
  await session.input({ kind: 'fault', command: 'power-off a' });
  expect(seen.some((event) => event.kind === 'host' && event.state === 'off')).toBe(true);
  await session.input({ kind: 'fault', command: 'power-on a' });
  await session.runUntil(2 * SECOND);
  for (const [index, event] of seen.entries()) expect(event.at).toBeGreaterThanOrEqual(seen[index - 1]?.at ?? 0);
  expect(await session.status()).toMatchObject({ running: false });
  await session.stop();
});

const drags: readonly InputAction[] = [
  { kind: 'fault', command: 'loss 10% a | b' },
  { kind: 'text', process: 'a/echo', text: 'typed' },
  { kind: 'fault', command: 'kill b/chatter' },
  { kind: 'fault', command: 'slow-disk b 30ms' },
  { kind: 'fault', command: 'pause a/echo' },
  { kind: 'fault', command: 'heal pause' },
  { kind: 'fault', command: 'power-off a' },
  { kind: 'fault', command: 'power-on a' },
];

const placements: readonly (readonly [string, () => Placement])[] = [
  ['in-thread', () => createInThread(programs)],
  ['workers', () => createWorkers({ create: fakeWorkers(programs) })],
  ['pool', () => createPool({ create: fakeWorkers(programs), size: 2 })],
];

test.each(placements)('a live run on %s replays to the same hash everywhere', async (_, make) => {
  const session = open(make());
  await session.setSpeed(20);
  await session.resume();
  for (const [index, action] of drags.entries()) {
    await turns(5 + ((index * 7) % 11));
    await session.input(action);
  }
  await turns(40);
  await session.terminateWorker((await session.workers())[0]?.worker ?? '');
  await turns(40);
  await session.pause();
  const recording = await session.export();
  await session.stop();
  expect(recording.inputs.length).toBeGreaterThanOrEqual(drags.length + 1);
  expect(recording).toMatchObject({ format: 'kubarium/1', seed: 3, topology: { workers: 2 }, epoch: 0 });
  for (const [, elsewhere] of placements) expect(await replay(recording, elsewhere())).toBe(recording.hash);
  const [first, ...rest] = recording.inputs;
  if (first !== undefined) {
    const changed = { ...recording, inputs: [{ ...first, at: first.at + 1_000 }, ...rest] };
    expect(await replay(changed)).not.toBe(recording.hash);
  }
});

test('workers are told with their processes and events', async () => {
  const session = open(createWorkers({ create: fakeWorkers(programs) }));
  await session.runUntil(SECOND);
  const workers = await session.workers();
  expect(workers.map(({ worker, processes }) => [worker, processes])).toEqual([
    ['a/echo', ['a/echo']],
    ['b', ['b/chatter']],
  ]);
  for (const { events } of workers) expect(events).toBeGreaterThan(5);
  await session.terminateWorker('a/echo');
  await session.runUntil(1_500 * MILLISECOND);
  expect((await session.workers()).map(({ worker }) => worker)).toEqual(['b']);
  expect((await session.export()).inputs).toMatchObject([{ kind: 'worker-lost', worker: 'a/echo' }]);
  await session.stop();
});

test('a placement hears whether the run is watched: at any speed but the fullest, and not on the way to a time', async () => {
  const heard: boolean[] = [];
  const session = open({ ...createInThread(programs), paced: (watched) => heard.push(watched) });
  await session.runUntil(50 * MILLISECOND);
  expect(heard.at(-1)).toBe(false);
  await session.resume();
  await session.input({ kind: 'text', process: 'a/echo', text: 'x' });
  while (heard.at(-1) !== true) await new Promise((resolve) => setImmediate(resolve));
  await session.setSpeed(Infinity);
  while (heard.at(-1) !== false) await new Promise((resolve) => setImmediate(resolve));
  await session.stop();
});
