import { MILLISECOND, SECOND, type Micros, type Random } from '../../sim/env.ts';
import { createRandom } from '../../sim/random.ts';
import type { Input } from '../../sim/session.ts';

/** In a fault's command: whoever leads when it begins. */
export const LEADER = 'LEADER';

/** What a seed stands for where there is nothing but etcd and its clients: runs of seconds, with an election every other one. */
export interface EtcdPlan {
  readonly seed: number;
  readonly members: number;
  /** Between any two machines, one way. */
  readonly latency: Micros;
  /** Committed entries between two snapshots of a member. */
  readonly snapshotCount: number;
  /** The longest time between a client's writes that are so large that Raft's messages are split; 0: none. */
  readonly large: Micros;
  /** Of an election; heartbeats come ten times as often. */
  readonly election: Micros;
  /** Members are defragmented and changed all the while. */
  readonly upkeep: boolean;
  readonly inputs: readonly Input[];
  /** Faults end, and the members must come to agree. */
  readonly calm: Micros;
}

const BOOT: Micros = 3 * SECOND;

function oneOf(random: Random, choices: readonly number[]): number {
  return choices[random.below(choices.length)] ?? 0;
}

type Choice = readonly [inject: string, heal: string | undefined];

export function etcdPlanOf(seed: number, seconds: number, upkeep = false): EtcdPlan {
  const random = createRandom(seed, 'etcd-plan');
  const members = oneOf(random, [3, 3, 5]);
  const latency = oneOf(random, [MILLISECOND / 2, 5 * MILLISECOND, 30 * MILLISECOND, 90 * MILLISECOND]);
  const snapshotCount = random.chance(1, 2) ? 100 : 10_000;
  const large = random.chance(1, 8) ? 4 * SECOND : 0;
  const election = latency < 10 * MILLISECOND && random.chance(1, 2) ? 300 * MILLISECOND : SECOND;
  const calm = seconds * SECOND;
  const names = Array.from({ length: members }, (_, i) => `etcd-${i + 1}`);
  const inputs = [...faults(random, names, calm), { at: calm, kind: 'fault', command: 'heal all' } as const];
  inputs.sort((a, b) => a.at - b.at);
  return { seed, members, latency, snapshotCount, large, election, upkeep, calm, inputs };
}

function faults(random: Random, names: readonly string[], until: Micros): Input[] {
  const inputs: Input[] = [];
  // Half of the runs hardly ever have a leader for long: that is where the rules about terms and votes matter.
  const restless = random.chance(1, 2);
  const pause = restless ? 700 : 3000;
  for (let at = BOOT; at < until - SECOND; at += (100 + random.below(pause)) * MILLISECOND) {
    const choices = restless && random.chance(1, 2) ? AT_LEADER : choicesOf(random, names);
    const [inject, heal] = choices[random.below(choices.length)] ?? ['heal all', undefined];
    inputs.push({ at, kind: 'fault', command: inject });
    if (heal !== undefined)
      inputs.push({ at: at + (300 + random.below(3000)) * MILLISECOND, kind: 'fault', command: heal });
  }
  return inputs;
}

const AT_LEADER: readonly Choice[] = [
  [`kill ${LEADER}/etcd`, undefined],
  [`kill ${LEADER}/etcd`, undefined],
  [`partition ${LEADER}`, 'heal partition'],
  [`partition --one-way ${LEADER}`, 'heal partition'],
];

function choicesOf(random: Random, names: readonly string[]): Choice[] {
  const one = names[random.below(names.length)] ?? '';
  const others = names.filter((name) => name !== one);
  const other = others[random.below(others.length)] ?? '';
  return [
    ...AT_LEADER,
    [`kill ${one}/etcd`, undefined],
    [`power-off ${one}`, `power-on ${one}`],
    [`torn-write ${one}`, `power-on ${one}`],
    [`full-disk ${one}`, 'heal full-disk'],
    [`duplicate ${10 + random.below(60)}% ${one}`, 'heal duplicate'],
    [`slow ${one}/etcd ${5 + random.below(100)}x`, 'heal slow'],
    [`pause ${one}`, 'heal pause'],
    [`partition ${one} | ${others.join(' ')}`, 'heal partition'],
    [`partition ${one} -> ${others.join(' ')}`, 'heal partition'],
    [`partition ${others.join(' ')} -> ${one}`, 'heal partition'],
    [`partition ${one} -> ${other}`, 'heal partition'],
    [`partition ${one} | ${other}`, 'heal partition'],
    [`loss ${5 + random.below(30)}% ${one}`, 'heal loss'],
    [`latency ${20 + random.below(200)}ms+-${10 + random.below(10)}ms ${one}`, 'heal latency'],
    [`slow-disk ${one} ${50 + random.below(500)}ms`, 'heal slow-disk'],
  ];
}
