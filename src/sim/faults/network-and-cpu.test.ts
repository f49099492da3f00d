import { describe, expect, test } from 'vitest';
import { MILLISECOND, SECOND, type Program } from '../env.ts';
import { createSim, type Sim } from '../testing.ts';

/** Tells each number that comes, and when. */
const listener: Program = (env) => {
  env.listen('0.0.0.0:7', {
    accept: () => ({ message: (text) => env.print(`${text}@${Math.floor(env.uptime() / MILLISECOND)} `) }),
  });
};

/** Sends a number every 100 ms. */
const counter: Program = (env) => {
  const connection = env.connect('10.0.0.11:7', {});
  let count = 0;
  const send = (): void => {
    connection.send(String(++count));
    if (count < Number(env.args['messages'])) env.after(100 * MILLISECOND, send);
  };
  send();
};

/** Tells both clocks every second. */
const clock: Program = (env) => {
  const epoch = env.now();
  const tell = (): void => {
    env.print(`${Math.round((env.now() - epoch - env.uptime()) / MILLISECOND)} `);
    env.after(SECOND, tell);
  };
  tell();
};

function world(messages: number): Sim {
  return createSim({
    hosts: [
      { name: 'a', run: { listener: {} } },
      { name: 'b', run: { counter: { messages }, clock: {} } },
    ],
    programs: { listener, counter, clock },
  });
}

const numbers = (sim: Sim): number[] => (sim.output('a/listener').match(/\d+(?=@)/g) ?? []).map(Number);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

describe('duplicate', () => {
  test('copies travel, are dropped by their number, and the application sees each message once', async () => {
    const sim = world(50);
    sim.fault('duplicate 40% b -> a');
    await sim.runFor(8 * SECOND);
    expect(numbers(sim)).toEqual(upTo(50));
    const copies = sim.trace.filter((event) => event.kind === 'packet' && event.copy === true);
    const dropped = sim.trace.filter((event) => event.kind === 'drop' && event.why === 'duplicate');
    expect(copies.length).toBeGreaterThan(10);
    expect(copies.length).toBeLessThan(35);
    expect(dropped).toHaveLength(copies.length);
  });

  test('together with loss nothing is lost, doubled or out of order', async () => {
    const sim = world(50);
    sim.fault('duplicate 50% a | b');
    sim.fault('loss 30% a | b');
    await sim.runFor(60 * SECOND);
    expect(numbers(sim)).toEqual(upTo(50));
  });
});

describe('slow', () => {
  const times = (sim: Sim): number[] => (sim.output('a/listener').match(/(?<=@)\d+/g) ?? []).map(Number);

  test('a process takes its turn over each event, in order, and catches up once healed', async () => {
    const sim = world(30);
    await sim.runFor(50 * MILLISECOND);
    sim.fault('slow a/listener 201x');
    await sim.runFor(SECOND);
    // One event in 200 ms, and ten come in a second.
    expect(numbers(sim).length).toBeLessThanOrEqual(6);
    sim.fault('heal slow');
    await sim.runFor(5 * SECOND);
    expect(numbers(sim)).toEqual(upTo(30));
    expect(times(sim)[4]).toBeGreaterThan(800);
  });

  test('a pause in between changes no order', async () => {
    const sim = world(30);
    await sim.runFor(50 * MILLISECOND);
    for (const command of [
      'slow a 501x',
      'pause a/listener',
      'heal slow',
      'heal pause',
      'slow a 101x',
      'pause a',
      'heal all',
    ]) {
      sim.fault(command);
      await sim.runFor(310 * MILLISECOND);
    }
    await sim.runFor(5 * SECOND);
    expect(numbers(sim)).toEqual(upTo(30));
  });

  test('what is started in its place is as slow', async () => {
    const sim = world(30);
    await sim.runFor(50 * MILLISECOND);
    sim.fault('slow a/listener 301x');
    sim.fault('kill a/listener');
    await sim.runFor(1_200 * MILLISECOND);
    expect(sim.world.hosts.get('a')?.processes.get('listener')?.slow).toBe(301);
  });
});

describe('clock-skew', () => {
  test('a drifting clock gains in every second and is set right when healed', async () => {
    const sim = world(1);
    await sim.runFor(10 * MILLISECOND);
    sim.fault('clock-skew b +100ms/s');
    await sim.runFor(3_500 * MILLISECOND);
    sim.fault('clock-skew b -5s');
    await sim.runFor(SECOND);
    sim.fault('heal 1');
    await sim.runFor(SECOND);
    sim.fault('heal all');
    await sim.runFor(SECOND);
    expect(sim.output('b/clock').trim().split(' ').map(Number)).toEqual([0, 99, 199, 299, -4601, -5000, 0]);
  });

  test('a paused or slow process finds the clock as it is', async () => {
    const sim = world(1);
    await sim.runFor(10 * MILLISECOND);
    sim.fault('slow b 1000x');
    sim.fault('clock-skew b +7s');
    await sim.runFor(3 * SECOND);
    expect(sim.output('b/clock')).toContain('7000');
  });
});
