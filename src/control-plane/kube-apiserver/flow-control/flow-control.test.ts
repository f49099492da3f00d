import { describe, expect, it } from 'vitest';
import type { Harness } from '../harness.testing.ts';
import { createHarness } from '../harness.testing.ts';
import { MILLISECOND, SECOND } from '../../../lib/time.ts';
import { handleExchange } from '../handle.ts';
import { allocate } from './concurrency-allocation.ts';
import { DroppedRequests } from './dropped-requests.ts';
import { QueueSet } from './queue-set.ts';
import type { Ticket } from './queue-set.ts';
import { dealHand } from './shuffle-sharding.ts';

describe('hands of queues', () => {
  it('hold different queues, the same for the same flow, and cover the deck', () => {
    const seen = new Set<number>();
    for (let i = 0; i < 500; i++) {
      const hand = dealHand(`flow-${i}`, 64, 6);
      expect(new Set(hand).size).toBe(6);
      expect(hand.every((queue) => queue >= 0 && queue < 64)).toBe(true);
      expect(dealHand(`flow-${i}`, 64, 6)).toEqual(hand);
      for (const queue of hand) seen.add(queue);
    }
    expect(seen.size).toBe(64);
    expect(dealHand('x', 3, 6).sort()).toEqual([0, 1, 2]);
  });
});

describe('seats', () => {
  it.each([
    [[5, 5], [0, 0], [100, 100], 10, [5, 5]],
    [[1, 3], [0, 0], [100, 100], 20, [5, 15]],
    [[1, 3], [0, 0], [100, 10], 20, [10, 10]],
    [[4, 8], [0, 8], [100, 100], 10, [2, 8]],
    [[0, 0], [3, 4], [3, 4], 10, [3, 4]],
  ])('of targets %j from %j to %j share %d as %j', (targets, lows, highs, sum, shares) => {
    const classes = targets.map((target, i) => ({
      target: Math.max(target, lows[i] ?? 0),
      lowerBound: lows[i] ?? 0,
      upperBound: highs[i] ?? 0,
    }));
    expect(allocate(sum, classes).map((share) => Math.round(share * 1e6) / 1e6)).toEqual(shares);
  });
});

describe('those sent away', () => {
  it('are told to stay away longer as there are more of them, and shorter again', () => {
    const dropped = new DroppedRequests();
    const during = (second: number, requests: number): number => {
      for (let i = 0; i < requests; i++) dropped.record(second);
      return dropped.retryAfter;
    };
    expect([during(100, 3), during(101, 6), during(102, 6), during(103, 6)]).toEqual([1, 2, 2, 4]);
    expect([during(130, 1), during(160, 1), during(190, 1)]).toEqual([3, 2, 1]);
  });
});

describe('a priority level', () => {
  const queuing = { queues: 8, handSize: 2, queueLengthLimit: 3 };
  const level = (seats: number, type: 'Queue' | 'Reject' = 'Queue') => {
    const ran: string[] = [];
    let now = 0;
    const spec = { type: 'Limited', limited: { limitResponse: type === 'Queue' ? { type, queuing } : { type } } };
    const set = new QueueSet(spec, () => now);
    set.limit = set.nominal = seats;
    const tickets = new Map<string, Ticket>();
    return {
      ran,
      enter(name: string, flow = 'f', width = 1) {
        const run = (): void => void ran.push(name);
        const ticket: Ticket = { width, flow, run, state: 'new', queue: undefined, since: 0 };
        tickets.set(name, ticket);
        return set.enter(ticket);
      },
      leave(name: string) {
        now += MILLISECOND;
        const ticket = tickets.get(name);
        if (ticket !== undefined) set.leave(ticket);
      },
    };
  };

  it('runs as many as it has seats for, and the next when one leaves', () => {
    const { ran, enter, leave } = level(2);
    for (const name of ['a', 'b', 'c', 'd']) expect(enter(name)).toBeUndefined();
    expect(ran).toEqual(['a', 'b']);
    leave('a');
    expect(ran).toEqual(['a', 'b', 'c']);
    leave('d');
    leave('b');
    leave('c');
    expect(ran).toEqual(['a', 'b', 'c']);
  });

  it('refuses whom its queues do not hold, and without queues at once', () => {
    const { enter } = level(1);
    const answers = Array.from({ length: 9 }, (_, i) => enter(`r${i}`));
    expect(answers.filter((answer) => answer === undefined)).toHaveLength(1 + 2 * queuing.queueLengthLimit);
    expect(answers.at(-1)).toBe('queue-full');
    const strict = level(1, 'Reject');
    expect([strict.enter('a'), strict.enter('b')]).toEqual([undefined, 'concurrency-limit']);
  });

  it('does not let a crowd keep out a lonely flow', () => {
    const { ran, enter, leave } = level(1);
    for (let i = 0; i < 6; i++) enter(`crowd-${i}`, 'crowd');
    enter('lonely', 'lonely');
    for (let i = 0; i < 3; i++) leave(ran.at(-1) ?? '');
    expect(ran).toContain('lonely');
  });

  it('gives wide requests all their seats at once', () => {
    const { ran, enter, leave } = level(3);
    enter('a');
    enter('wide', 'f', 3);
    expect(ran).toEqual(['a']);
    leave('a');
    expect(ran).toEqual(['a', 'wide']);
    enter('b', 'g');
    expect(ran).toEqual(['a', 'wide']);
  });
});

/** Requests that are all on their way before any is answered. */
function flood(harness: Harness, count: number, user: string): { status: number; headers: object; text: string }[] {
  const answers: { status: number; headers: object; text: string }[] = [];
  for (let i = 0; i < count; i++) {
    handleExchange(harness.server, {
      request: {
        method: 'POST',
        path: '/api/v1/namespaces/default/configmaps',
        headers: { 'x-remote-user': user, 'x-remote-group': '' },
        body: JSON.stringify({ metadata: { name: `${user}-${i}` } }),
      },
      peer: '10.0.0.2:40000',
      respond: (status, text = '', headers = {}) => void answers.push({ status, headers, text }),
      start: () => {
        throw new Error('no stream');
      },
      on: () => undefined,
    });
  }
  return answers;
}

describe('the server', () => {
  const small = ['--max-requests-inflight=2', '--max-mutating-requests-inflight=1'];

  it('lets wait and sends away what is too much, and serves the rest', async () => {
    const harness = await createHarness({ flags: small });
    const LEVELS = '/apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations';
    const { body } = await harness.call('GET', `${LEVELS}/global-default`);
    body.spec.limited.limitResponse.queuing = { queues: 1, handSize: 1, queueLengthLimit: 5 };
    expect((await harness.call('PUT', `${LEVELS}/global-default`, body)).status).toBe(200);
    await harness.advance(SECOND);
    const answers = flood(harness, 10, 'alice');
    expect(answers).toHaveLength(4);
    expect(answers[0]).toMatchObject({
      status: 429,
      text: 'Too many requests, please try again later.\n',
      headers: { 'retry-after': '1', 'content-type': 'text/plain; charset=utf-8' },
    });
    expect(answers[0]?.headers).toHaveProperty('x-kubernetes-pf-flowschema-uid');
    expect((await harness.call('GET', '/api/v1/namespaces/default/configmaps')).status).toBe(200);
    await harness.advance(SECOND);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 201, 201, 201, 201, 429, 429, 429, 429]);
  });

  it('has but two limits where fairness is switched off', async () => {
    const harness = await createHarness({ flags: [...small, '--enable-priority-and-fairness=false'] });
    const answers = flood(harness, 3, 'alice');
    expect(answers.map(({ status }) => status)).toEqual([429, 429]);
    await harness.advance(SECOND);
    expect(answers.map(({ status }) => status)).toEqual([429, 429, 201]);
  });
});
