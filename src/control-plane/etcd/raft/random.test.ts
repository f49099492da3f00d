import { describe, expect, test } from 'vitest';
import type { Raft } from './raft.ts';
import { SafetyChecker } from './safety.ts';
import type { Violation } from './safety.ts';
import { TestNetwork } from './test-network.ts';
import type { TestNetworkOptions } from './test-network.ts';
import type { MemberId } from './types.ts';

interface Outcome {
  readonly violations: readonly Violation[];
  readonly elections: number;
  readonly committed: number;
  readonly crashes: number;
  readonly snapshots: number;
  readonly converged: boolean;
}

const STEPS = 4000;

/** xorshift32: the whole run follows from the seed. */
function generator(seed: number): (limit: number) => number {
  let state = Math.imul(seed + 1, 0x9e3779b1) | 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

function run(seed: number, bugs: Pick<TestNetworkOptions, 'bugs' | 'voteWithoutPersisting'> = {}): Outcome {
  const random = generator(seed);
  const members = ['1', '2', '3', '4', '5'].slice(0, random(2) === 0 ? 3 : 5);
  // Half of the runs have elections all the time: that is where the rules about terms and votes matter.
  const restless = random(2) === 0;
  const counts = { elections: 0, crashes: 0, snapshots: 0 };
  const network = new TestNetwork({
    ...bugs,
    members,
    random,
    preVote: !restless && random(2) === 0,
    checkQuorum: !restless && random(2) === 0,
    // One entry in a message: entries of different terms are acknowledged one by one.
    maxSizePerMessage: random(3) === 0 ? 1000 : 1,
    heartbeatTicks: 3,
    maxInflightMessages: 1 + random(4),
    onEvent: (_, event) => {
      if (event.kind === 'role' && event.role === 'leader') counts.elections++;
      if (event.kind === 'snapshot') counts.snapshots++;
    },
  });
  // How much goes wrong in this run.
  const weather = {
    crash: 2 + random(30),
    cut: random(25),
    campaign: random(60),
    loss: random(restless ? 20 : 100),
    slowDisk: 1 + random(restless ? 3 : 6),
  };
  const checker = new SafetyChecker();
  let proposed = 0;
  const anyOf = <T>(items: readonly T[]): T | undefined => items[random(Math.max(1, items.length))];
  const step = (id: MemberId): void => {
    const { raft } = network.member(id);
    const dice = random(1000);
    if (raft === undefined) {
      if (dice < (restless ? 400 : 200)) network.start(id);
    } else if (restless && random(100) < 3) trouble(id, raft);
    else if (dice < 60) raft.tick();
    else if (dice < 500) {
      const message = anyOf(network.inFlight.filter(({ to }) => to === id).slice(0, 1 + random(3)));
      if (message === undefined) work(id);
      else if (dice < 60 + weather.loss) network.drop(message);
      else if (dice < 70 + weather.loss) network.inFlight.push(structuredClone(message));
      else network.deliver(message);
    } else if (dice < 920) {
      work(id);
    } else if (dice < 940) raft.propose([{ data: `p${proposed++}`, size: 10 }]);
    else if (dice < 945) network.compact(id);
    else if (dice < 950) raft.transferLeader(anyOf(members) ?? '1');
    else if (dice < 955) raft.readIndex(`r${proposed++}`);
    else if (dice < 960) network.heal();
    else trouble(id, raft);
  };
  const work = (id: MemberId): void => {
    if (network.member(id).writing === undefined) network.begin(id);
    else if (random(weather.slowDisk) === 0) network.finish(id);
  };
  const trouble = (id: MemberId, raft: Raft): void => {
    const dice = random(100);
    if (dice < weather.crash) {
      network.crash(id);
      checker.restarted(id);
      counts.crashes++;
    } else if (dice < weather.crash + weather.cut) network.isolate(id, anyOf(members) ?? '1');
    else if (dice < weather.crash + weather.cut + weather.campaign) raft.campaign();
  };
  for (let count = 0; count < STEPS && checker.violations.length === 0; count++) {
    const id = anyOf(members) ?? '1';
    try {
      step(id);
    } catch (error) {
      // Raft refuses to overwrite what it committed: seen from inside, a violation of the same property.
      if (!(error instanceof Error) || !/would overwrite committed|out of range/.test(error.message)) throw error;
      checker.violations.push({ property: 'State Machine Safety', text: error.message });
    }
    checker.observe(count % 20 === 0 ? network.states() : network.states(id));
  }
  const converged = checker.violations.length === 0 && settle(network, checker);
  const committed = Math.max(...network.states().map(({ commit }) => commit));
  return { violations: checker.violations, committed, converged, ...counts };
}

/** With every fault healed the members must agree, and take a new entry. */
function settle(network: TestNetwork, checker: SafetyChecker): boolean {
  network.heal();
  for (const member of network.members.values()) if (member.raft === undefined) network.start(member.id);
  let proposed = false;
  for (let round = 0; round < 300; round++) {
    for (const { id, raft } of network.members.values()) {
      raft?.tick();
      network.begin(id);
      network.finish(id);
    }
    for (const message of [...network.inFlight]) network.deliver(message);
    checker.observe(network.states());
    const leader = [...network.members.values()].find(({ raft }) => raft?.status().role === 'leader');
    if (round > 100 && !proposed) proposed = leader?.raft?.propose([{ data: 'last', size: 4 }]) === 'accepted';
    const applied = [...network.members.values()].map((member) => JSON.stringify(member.applied));
    if (proposed && new Set(applied).size === 1 && applied[0]?.includes('last')) return checker.violations.length === 0;
  }
  return false;
}

describe('random faults', () => {
  test('keep all five safety properties, and the cluster comes back once they are healed', () => {
    const totals = { elections: 0, committed: 0, crashes: 0, snapshots: 0 };
    for (let seed = 0; seed < 150; seed++) {
      const outcome = run(seed);
      expect({ seed, violations: outcome.violations, converged: outcome.converged }).toEqual({
        seed,
        violations: [],
        converged: true,
      });
      totals.elections += outcome.elections;
      totals.committed += outcome.committed;
      totals.crashes += outcome.crashes;
      totals.snapshots += outcome.snapshots;
    }
    // A run in which nothing happens proves nothing.
    expect(totals.elections).toBeGreaterThan(1000);
    expect(totals.committed).toBeGreaterThan(1500);
    expect(totals.crashes).toBeGreaterThan(2000);
    expect(totals.snapshots).toBeGreaterThan(60);
  });

  test('catch commits by counting entries of earlier terms', () => {
    expect(firstCaught({ bugs: { commitByCountingAcrossTerms: true } })).toBeLessThan(600);
  });

  test('catch votes that are answered before they are on disk', () => {
    expect(firstCaught({ voteWithoutPersisting: true })).toBeLessThan(600);
  });
});

/** The first seed that shows the mistake. */
function firstCaught(bugs: Pick<TestNetworkOptions, 'bugs' | 'voteWithoutPersisting'>): number {
  for (let seed = 0; seed < 600; seed++) if (run(seed, bugs).violations.length > 0) return seed;
  return Number.POSITIVE_INFINITY;
}
