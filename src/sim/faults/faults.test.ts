import { describe, expect, test } from 'vitest';
import { MILLISECOND } from '../env.ts';
import { createSim, type Sim } from '../testing.ts';
import { describeFault, faults } from './index.ts';

const hosts = ['cp-1', 'cp-2', 'worker-1'].map((name) => ({
  name,
  run: { idle: {} },
  files: { '/etc/motd': 'hello' },
}));

async function world(): Promise<Sim> {
  const sim = createSim({ hosts, programs: { idle: () => undefined } });
  await sim.runFor(10 * MILLISECOND);
  return sim;
}

test('faults are sorted by name', () => {
  const names = faults.map(({ name }) => name);
  expect(names).toEqual([...names].sort());
});

describe('what the words mean', () => {
  test.each([
    ['power-off cp-1', 'cp-1 is powered off'],
    ['kill cp-1/idle', 'cp-1/idle is killed'],
    ['pause cp-1', 'cp-1 is paused'],
    ['pause cp-1/idle', 'cp-1/idle is paused'],
    ['partition cp-1 | cp-2', 'no packets pass between cp-1 and cp-2'],
    ['partition cp-1->cp-2', 'no packets pass from cp-1 to cp-2'],
    ['partition cp-1 cp-2 | worker-1', 'no packets pass between cp-1, cp-2 and worker-1'],
    ['partition cp-1', 'no packets pass between cp-1 and everyone else'],
    ['latency 20ms cp-1', 'packets take 20ms longer between cp-1 and everyone else'],
    ['latency 1.5s+-20ms cp-1 -> cp-2', 'packets take 1.5s longer (and up to 20ms more) from cp-1 to cp-2'],
    ['loss 2.5% cp-1 | cp-2', '2.5% of the packets are lost between cp-1 and cp-2'],
    ['slow-disk cp-1 1s', 'each fsync on cp-1 takes 1s longer'],
    ['clock-skew cp-1 -2m', 'the clock of cp-1 is 120s slow'],
    ['clock-skew cp-1 +10ms/s', 'the clock of cp-1 gains 10ms in every second'],
    ['duplicate 20% cp-1', '20% of the packets arrive twice between cp-1 and everyone else'],
    ['partition --one-way cp-1 cp-2', 'no packets pass from cp-1 to cp-2'],
    ['partition --one-way cp-1', 'no packets pass from cp-1 to everyone else'],
    ['loss 10% cp-1 | cp-2 --one-way', '10% of the packets are lost from cp-1 to cp-2'],
    ['full-disk cp-1', 'the disk of cp-1 is full'],
    ['torn-write cp-1', 'the power of cp-1 is cut in the middle of a write'],
    ['corrupt cp-1/etc motd', 'a bit is flipped in a file of cp-1: etc motd'],
    ['slow cp-1 10x', 'cp-1 is 10 times slower'],
    ['slow cp-1/idle 3x', 'cp-1/idle is 3 times slower'],
  ])('%s: %s', async (command, expected) => {
    expect(describeFault(command, (await world()).world)).toBe(expected);
  });

  test.each([
    ['', 'unknown fault ""; there are: clock-skew, corrupt, duplicate, full-disk, kill, latency'],
    ['burn cp-1', 'unknown fault "burn"; there are:'],
    ['power-off cp-9', 'unknown machine "cp-9"; there are: cp-1, cp-2, worker-1'],
    ['power-off', 'usage: power-off <machine>'],
    ['power-on cp-1', 'cp-1 is on already'],
    ['kill cp-1', 'usage: kill <machine>/<process>'],
    ['kill cp-1/etcd', 'no single process "etcd" runs on cp-1; its processes: idle'],
    ['partition', 'usage: partition'],
    ['partition cp-1 |', 'name at least one machine on each side'],
    ['partition cp-1 | cp-1', 'cp-1 cannot be on both sides'],
    ['latency fast cp-1', 'the latency must be a duration such as 200ms or 1.5s, not "fast"'],
    ['loss 120% cp-1', 'the loss must lie between 0.0001% and 100%, not "120%"'],
    ['clock-skew cp-1 5s', 'usage: clock-skew'],
    ['clock-skew cp-1 +2s/s', 'a clock can drift by less than 1s in a second, not by "+2s/s"'],
    ['clock-skew +5s cp-1', 'usage: clock-skew'],
    ['cp-1 power-off', 'usage: power-off <machine>'],
    ['slow-disk 500ms cp-1', 'usage: slow-disk <machine> <duration>'],
    ['latency cp-1 200ms', 'usage: latency <duration>'],
    ['loss cp-1 | cp-2 20%', 'usage: loss <percent>%'],
    ['duplicate 0% cp-1', 'the share must lie between 0.0001% and 100%, not "0%"'],
    ['full-disk', 'usage: full-disk <machine>'],
    ['torn-write cp-9', 'unknown machine "cp-9"'],
    ['corrupt cp-1', 'usage: corrupt <machine>/<part of a path>'],
    ['corrupt motd cp-1/etc', 'usage: corrupt'],
    ['corrupt cp-1/etcd wal', 'no file on cp-1 has "etcd" and "wal" in its path'],
    ['slow cp-1', 'usage: slow <machine> <n>x'],
    ['slow 10x cp-1', 'usage: slow <machine> <n>x'],
    ['slow cp-1 1x', 'the factor must lie between 2x and 1000x, not "1x"'],
    ['slow cp-1/etcd 2x', 'no single process "etcd" runs on cp-1'],
    ['heal', 'usage: heal'],
    ['heal 4', 'no active fault "4"; nothing is broken'],
  ])('%s is refused: %s', async (command, expected) => {
    const sim = await world();
    expect(() => sim.fault(command)).toThrow(expected);
  });
});

test('faults are numbered, told in the trace and healed by number, name or all', async () => {
  const sim = await world();
  for (const command of ['partition cp-1', 'loss 1% cp-1', 'loss 1% cp-2', 'power-off worker-1']) sim.fault(command);
  await sim.runFor(MILLISECOND);
  expect([...sim.kernel.faults.active.keys()]).toEqual(['1', '2', '3', '4']);
  sim.fault('heal 1');
  await sim.runFor(MILLISECOND);
  sim.fault('heal loss');
  await sim.runFor(MILLISECOND);
  sim.fault('power-on worker-1');
  await sim.runFor(10 * MILLISECOND);
  expect(sim.kernel.faults.active.size).toBe(0);
  expect(sim.world.linkFaults).toEqual([]);
  expect(sim.alive('worker-1/idle')).toBe(true);
  const told = sim.trace.flatMap((event) => (event.kind === 'fault' ? [`${event.id} ${event.state}`] : []));
  expect(told).toEqual([
    '1 injected',
    '2 injected',
    '3 injected',
    '4 injected',
    '1 healed',
    '2 healed',
    '3 healed',
    '4 healed',
    '5 injected',
  ]);
});
