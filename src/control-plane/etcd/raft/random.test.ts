import { describe, expect, test } from 'vitest';
import type { Raft } from './raft.ts';
import { SafetyChecker } from './safety.ts';
import type { Violation } from './safety.ts';
import { TestNetwork } from './test-network.ts';
import type { TestMember, TestNetworkOptions } from './test-network.ts';
import { membersOf } from './quorum.ts';
import type { ConfChange, ConfChangeSingle, MemberId } from './types.ts';

/** `changes`: configurations that members came to have; `joint`: those of two sets of voters. */
const counted = ['elections', 'committed', 'crashes', 'snapshots', 'changes', 'joint'] as const;
type Count = (typeof counted)[number];

interface Outcome extends Record<Count, number> {
  readonly violations: readonly Violation[];
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

type Mistakes = Pick<TestNetworkOptions, 'bugs' | 'voteWithoutPersisting'>;

/** `change`: machines that are not of the cluster at first stand by, and its configuration changes all the time. */
function run(seed: number, change: boolean, bugs: Mistakes = {}): Outcome {
  const random = generator(seed);
  const members = ['1', '2', '3', '4', '5'].slice(0, random(2) === 0 ? 3 : 5);
  const machines = change ? ['1', '2', '3', '4', '5', '6'] : members;
  // Half of the runs have elections all the time: that is where the rules about terms and votes matter.
  const restless = random(2) === 0;
  const counts = { elections: 0, crashes: 0, snapshots: 0, changes: 0, joint: 0 };
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
      if (event.kind !== 'configuration') return;
      counts.changes++;
      if (event.configuration.outgoing.length > 0) counts.joint++;
    },
  });
  for (const id of machines) if (!members.includes(id)) network.add(id);
  // How much goes wrong in this run.
  const weather = {
    crash: 2 + random(30),
    cut: random(25),
    campaign: random(60),
    loss: random(restless ? 20 : 100),
    slowDisk: 1 + random(restless ? 3 : 6),
    change: change ? 10 + random(40) : 0,
  };
  const checker = new SafetyChecker();
  let proposed = 0;
  const anyOf = <T>(items: readonly T[]): T | undefined => items[random(Math.max(1, items.length))];
  const step = (id: MemberId): void => {
    const { raft } = network.member(id);
    const dice = random(1000);
    if (raft === undefined) {
      if (dice < (restless ? 400 : 200)) network.start(id);
    } else if (change && random(1000) < weather.change) {
      raft.propose([{ data: null, size: 0, change: anyChange(random, machines) }]);
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
    else if (dice < 950) raft.transferLeader(anyOf(machines) ?? '1');
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
    } else if (dice < weather.crash + weather.cut) network.isolate(id, anyOf(machines) ?? '1');
    else if (dice < weather.crash + weather.cut + weather.campaign) raft.campaign();
  };
  for (let count = 0; count < STEPS && checker.violations.length === 0; count++) {
    const id = anyOf(machines) ?? '1';
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

function anyChange(random: (limit: number) => number, machines: readonly MemberId[]): ConfChange {
  const types = ['add-voter', 'add-voter', 'add-learner', 'remove'] as const;
  const one = (): ConfChangeSingle => ({
    type: types[random(types.length)] ?? 'add-voter',
    id: machines[random(machines.length)] ?? '1',
  });
  const shape = random(8);
  if (shape === 0) return { transition: 'auto', changes: [] };
  if (shape < 4) return { transition: 'auto', changes: [one()] };
  const transition = shape === 4 ? 'joint-explicit' : shape === 5 ? 'joint-implicit' : 'auto';
  return { transition, changes: Array.from({ length: 1 + random(4) }, one) };
}

/** With every fault healed the members must agree, and take a new entry. */
function settle(network: TestNetwork, checker: SafetyChecker): boolean {
  network.heal();
  for (const member of network.members.values()) if (member.raft === undefined) network.start(member.id);
  let proposed = false;
  let cleared = false;
  const running = (): TestMember[] => [...network.members.values()].filter(({ raft }) => raft !== undefined);
  for (let round = 0; round < 300; round++) {
    for (const { id, raft } of network.members.values()) {
      raft?.tick();
      network.begin(id);
      network.finish(id);
    }
    for (const message of [...network.inFlight]) network.deliver(message);
    checker.observe(network.states());
    const leader = running()
      .filter(({ raft }) => raft?.status().role === 'leader')
      .sort((a, b) => (b.raft?.status().term ?? 0) - (a.raft?.status().term ?? 0))[0];
    // Whoever was removed is switched off, as an operator would.
    if (round >= 100 && !cleared && leader?.raft !== undefined) {
      cleared = true;
      const members = membersOf(leader.raft.inspect().configuration);
      for (const { id } of running()) if (!members.includes(id)) network.crash(id);
    }
    if (round > 100 && !proposed) proposed = leader?.raft?.propose([{ data: 'last', size: 4 }]) === 'accepted';
    const applied = running().map((member) => JSON.stringify(member.applied));
    if (proposed && new Set(applied).size === 1 && applied[0]?.includes('last')) return checker.violations.length === 0;
  }
  return false;
}

describe('random faults', () => {
  test('keep all five safety properties, and the cluster comes back once they are healed', () => {
    const totals = allKept(150, false);
    // A run in which nothing happens proves nothing.
    expect(totals.elections).toBeGreaterThan(1000);
    expect(totals.committed).toBeGreaterThan(1500);
    expect(totals.crashes).toBeGreaterThan(2000);
    expect(totals.snapshots).toBeGreaterThan(60);
  });

  test('keep them while members come, are promoted and go', () => {
    const totals = allKept(100, true);
    expect(totals.elections).toBeGreaterThan(500);
    expect(totals.committed).toBeGreaterThan(800);
    expect(totals.snapshots).toBeGreaterThan(30);
    expect(totals.changes).toBeGreaterThan(700);
    expect(totals.joint).toBeGreaterThan(300);
  });

  test('catch commits by counting entries of earlier terms', () => {
    expect(firstCaught(false, { bugs: { commitByCountingAcrossTerms: true } })).toBeLessThan(600);
  });

  test('catch votes that are answered before they are on disk', () => {
    expect(firstCaught(false, { voteWithoutPersisting: true })).toBeLessThan(600);
  });

  test('catch changes of the configuration that are made at once and without a joint one', () => {
    expect(firstCaught(true, { bugs: { unsafeConfChanges: true } })).toBeLessThan(300);
  });
});

function allKept(seeds: number, change: boolean): Record<Count, number> {
  const totals = { elections: 0, committed: 0, crashes: 0, snapshots: 0, changes: 0, joint: 0 };
  for (let seed = 0; seed < seeds; seed++) {
    const { violations, converged, ...counts } = run(seed, change);
    expect({ seed, violations, converged }).toEqual({ seed, violations: [], converged: true });
    for (const name of counted) totals[name] += counts[name];
  }
  return totals;
}

/** The first seed that shows the mistake. */
function firstCaught(change: boolean, mistakes: Mistakes): number {
  for (let seed = 0; seed < 600; seed++) if (run(seed, change, mistakes).violations.length > 0) return seed;
  return Number.POSITIVE_INFINITY;
}
