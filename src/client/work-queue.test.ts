import { expect, test } from 'vitest';
import { MILLISECOND } from '../sim/env.ts';
import { RpcFailure } from '../sim/http.ts';
import { createFakeClock } from './fake-clock.ts';
import { createWorkQueue } from './work-queue.ts';

test('a key is worked on once however often it was added, with the cause of the first add', async () => {
  const clock = createFakeClock();
  const seen: string[] = [];
  const queue = createWorkQueue(clock.env, {
    name: 'q',
    workers: 1,
    work: (key) => void seen.push(`${key} because ${clock.env.cause()}`),
  });
  clock.env.because('first', () => queue.add('a'));
  clock.env.because('second', () => queue.add('a'));
  clock.env.because('third', () => queue.add('b'));
  expect(seen).toEqual([]);
  await clock.settle();
  expect(seen).toEqual(['a because first', 'b because third']);
});

test('an add during work runs the key again, never beside itself', async () => {
  const clock = createFakeClock();
  const log: string[] = [];
  const queue = createWorkQueue(clock.env, {
    name: 'q',
    workers: 2,
    async work(key) {
      log.push(`start ${key}`);
      if (log.length === 1) queue.add(key);
      await clock.env.sleep(MILLISECOND);
      log.push(`end ${key}`);
    },
  });
  queue.add('a');
  await clock.advance(10 * MILLISECOND);
  expect(log).toEqual(['start a', 'end a', 'start a', 'end a']);
});

test('failures back off, doubling from 5 ms, and success forgets them', async () => {
  const clock = createFakeClock();
  const at: number[] = [];
  const queue = createWorkQueue(clock.env, {
    name: 'q',
    workers: 1,
    work() {
      at.push(clock.env.uptime() / MILLISECOND);
      if (at.length < 4 || at.length === 5) throw new RpcFailure('reset', false, 'x');
    },
  });
  queue.add('a');
  await clock.advance(100 * MILLISECOND);
  expect(at).toEqual([0, 5, 15, 35]);
  queue.add('a');
  await clock.advance(100 * MILLISECOND);
  expect(at.slice(4)).toEqual([100, 105]);
});

test('of two delayed adds the earlier counts', async () => {
  const clock = createFakeClock();
  const at: number[] = [];
  const queue = createWorkQueue(clock.env, {
    name: 'q',
    workers: 1,
    work: () => void at.push(clock.env.uptime() / MILLISECOND),
  });
  queue.addAfter('a', 50 * MILLISECOND);
  queue.addAfter('a', 20 * MILLISECOND);
  queue.addAfter('a', 90 * MILLISECOND);
  await clock.advance(200 * MILLISECOND);
  expect(at).toEqual([20]);
});

test('a bug in the work crashes the process instead of being tried again', async () => {
  const clock = createFakeClock();
  const queue = createWorkQueue(clock.env, {
    name: 'q',
    workers: 1,
    work() {
      throw new TypeError('x is undefined');
    },
  });
  queue.add('a');
  await clock.settle();
  expect(clock.crashed).toHaveLength(1);
});
