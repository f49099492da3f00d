import { describe, expect, test } from 'vitest';
import { EtcdPaths } from '../../../api/etcd.ts';
import type { WatchResponse } from '../../../api/etcd.ts';
import { MILLISECOND, SECOND } from '../../../sim/env.ts';
import type { JsonObject, Program } from '../../../sim/env.ts';
import { createHttpClient } from '../../../sim/http-client.ts';
import { UsageError } from '../../../sim/faults/fault.ts';
import { RpcFailure } from '../../../sim/http.ts';
import type { TraceEvent } from '../../../sim/trace.ts';
import { isLinearizable, register } from '../linearizable.ts';
import type { Operation, RegisterInput, RegisterOutput } from '../linearizable.ts';
import { SafetyChecker } from '../raft/safety.ts';
import type { LogPosition, MemberState } from '../raft/safety.ts';
import { TestCluster } from './test-cluster.ts';

const CLIENTS = 5;
const KEYS = ['x', 'y'];
const FAULTY = 40 * SECOND;

type Recorded = Operation<RegisterInput, RegisterOutput> & { readonly key: string };

/** A client that reads, writes and changes keys through any member, and prints what it asked and what came of it. */
const worker: Program = (env) => {
  let serial = 0;
  const known = new Map<string, string>();
  const clients = [11, 12, 13].map((last) =>
    createHttpClient(env, `10.0.0.${last}:2379`, { protocol: 'etcd', timeout: 8 * SECOND, deadAfter: 4 * SECOND }),
  );
  const choose = (key: string): RegisterInput => {
    const dice = env.random.below(10);
    const value = `${env.name}-${++serial}`;
    if (dice < 4) return { op: 'read' };
    return dice < 8 ? { op: 'write', value } : { op: 'cas', from: known.get(key) ?? 'nothing', to: value };
  };
  env.spawn(async () => {
    for (;;) {
      const key = KEYS[env.random.below(KEYS.length)] ?? '';
      const input = choose(key);
      const client = clients[env.random.below(clients.length)];
      if (client === undefined) return;
      const called = env.uptime();
      const result = await perform(client, key, input);
      const returned = env.uptime();
      // A value that is missing equals nothing.
      if (typeof result.output === 'string' && result.output !== '') known.set(key, result.output);
      if (result.happened !== 'no') {
        const outcome = result.happened === 'yes' ? { output: result.output, returned } : {};
        env.print(`${JSON.stringify({ key, input, called, ...outcome })}\n`);
      }
      await env.sleep((result.happened === 'yes' ? 20 : 200) * MILLISECOND + env.random.below(100) * MILLISECOND);
    }
  });
};

/** Watches both keys, at another member whenever the stream breaks, from where it stood; prints every revision that it is told of. */
const watcher: Program = (env) => {
  let next = 1;
  const open = (): void => {
    const address = `10.0.0.${11 + env.random.below(3)}:2379`;
    const client = createHttpClient(env, address, { protocol: 'etcd', deadAfter: 4 * SECOND });
    const again = (): void => {
      client.close();
      env.after(200 * MILLISECOND, open);
    };
    const stream = client.stream(
      { method: 'POST', path: EtcdPaths.watch, headers: { hasleader: 'true' } },
      {
        data(text) {
          const { events } = JSON.parse(text) as WatchResponse;
          for (const { kv } of events) {
            env.print(`${kv.modRevision} ${kv.key} ${kv.value}\n`);
            next = kv.modRevision + 1;
          }
        },
        end: again,
        fail: again,
      },
    );
    stream.send(JSON.stringify({ create: { watchId: 1, key: 'x', rangeEnd: 'z', startRevision: next } }));
  };
  open();
};

interface Result {
  readonly happened: 'yes' | 'no' | 'perhaps';
  readonly output?: RegisterOutput;
}

async function perform(
  client: ReturnType<typeof createHttpClient>,
  key: string,
  input: RegisterInput,
): Promise<Result> {
  const [path, body] = requestOf(key, input);
  try {
    const response = await client.request({ method: 'POST', path, body: JSON.stringify(body) });
    if (response.status !== 200) return { happened: input.op === 'read' ? 'no' : 'perhaps' };
    const answer = JSON.parse(response.body) as { kvs?: { value: string }[]; succeeded?: boolean };
    if (input.op === 'read') return { happened: 'yes', output: answer.kvs?.[0]?.value ?? '' };
    return { happened: 'yes', output: input.op === 'write' ? true : answer.succeeded === true };
  } catch (error) {
    if (!(error instanceof RpcFailure)) throw error;
    return { happened: error.definite || input.op === 'read' ? 'no' : 'perhaps' };
  }
}

function requestOf(key: string, input: RegisterInput): [string, object] {
  if (input.op === 'read') return [EtcdPaths.range, { key }];
  if (input.op === 'write') return [EtcdPaths.put, { key, value: input.value }];
  const compare = [{ key, target: 'VALUE', result: 'EQUAL', value: input.from }];
  return [EtcdPaths.txn, { compare, success: [{ put: { key, value: input.to } }], failure: [] }];
}

/** What the members' own notes say of their logs. */
class TracedMembers {
  readonly checker = new SafetyChecker();
  private readonly members = new Map<
    string,
    { term: number; role: MemberState['role']; log: LogPosition[]; commit: number }
  >();
  private seen = 0;

  fold(trace: readonly TraceEvent[]): void {
    for (; this.seen < trace.length; this.seen++) {
      const event = trace[this.seen];
      if (event?.kind === 'process' && event.state === 'started') this.restart(event.process.split('/')[0] ?? '');
      if (event?.kind !== 'note' || !('member' in event.note)) continue;
      const { note } = event;
      const member = this.members.get(note.member) ?? { term: 0, role: 'follower', log: [], commit: 0 };
      this.members.set(note.member, member);
      if (note.type === 'raft.role' && note.role !== 'learner') {
        member.term = note.term;
        member.role = note.role;
      } else if (note.type === 'raft.append') {
        const first = note.entries[0]?.index ?? 0;
        member.log = [
          ...member.log.filter(({ index }) => index < first),
          ...note.entries.map(({ index, term }) => ({ index, term, key: '' })),
        ];
      } else if (note.type === 'raft.commit') member.commit = note.index;
      else if (note.type === 'raft.snapshot' && note.direction === 'restored') member.log = [];
      else continue;
      this.checker.observe([{ id: note.member, applied: 0, ...member }]);
    }
  }

  private restart(name: string): void {
    const member = this.members.get(name);
    if (member !== undefined) Object.assign(member, { role: 'follower', commit: 0 });
    this.checker.restarted(name);
  }
}

/** Mischief at random times; more than a minority may be down, only not for ever. */
function randomFault(names: readonly string[], below: (limit: number) => number): string {
  const one = names[below(names.length)] ?? '';
  const others = names.filter((name) => name !== one);
  const other = others[below(others.length)] ?? '';
  const faults = [
    `power-off ${one}`,
    `kill ${one}/etcd`,
    `pause ${one}`,
    `partition ${one} | ${others.join(' ')}`,
    `partition ${one} -> ${other}`,
    `loss 10% ${one}`,
    `latency 30ms+-20ms ${one}`,
    `slow-disk ${one} 300ms`,
    'heal all',
    'heal all',
    'heal all',
  ];
  return faults[below(faults.length)] ?? 'heal all';
}

/** What is off or dead already cannot be powered off or killed: then everything is healed instead. */
function inject({ sim }: TestCluster, command: string): void {
  try {
    sim.fault(command);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    sim.fault('heal all');
  }
}

interface Outcome {
  readonly acknowledged: number;
  readonly watchedEvents: number;
  readonly elections: number;
  readonly faults: number;
}

async function run(seed: number, bugs: JsonObject = {}): Promise<Outcome> {
  let state = (seed + 1) * 7919;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >> 8) % limit;
  };
  const cluster = new TestCluster({
    seed,
    args: { 'snapshot-count': 100, 'snapshot-catchup-entries': 20, bugs },
    workers: [...Array.from({ length: CLIENTS }, () => worker), watcher],
  });
  const { sim, names } = cluster;
  const members = new TracedMembers();
  await cluster.elect();
  let faults = 0;
  while (sim.now < FAULTY) {
    inject(cluster, randomFault(names, below));
    faults++;
    await sim.runFor((500 + below(2500)) * MILLISECOND);
    members.fold(sim.trace);
    expect(members.checker.violations).toEqual([]);
  }
  sim.fault('heal all');
  await sim.runFor(20 * SECOND);
  members.fold(sim.trace);
  expect(members.checker.violations).toEqual([]);
  for (const name of names) expect(await cluster.put(name, 'alive', name)).toMatchObject({ status: 200 });
  await sim.runFor(2 * SECOND);
  // The clients go on: hashes are compared as of one revision.
  const [reference] = await hashesAt(cluster, 0);
  await sim.runFor(2 * SECOND);
  const hashes = await hashesAt(cluster, reference?.revision ?? 0);
  expect(new Set(hashes.map(({ hash }) => hash)).size).toBe(1);
  const history = historyOf(cluster);
  for (const key of KEYS)
    expect(
      isLinearizable(
        register,
        history.filter((record) => record.key === key),
      ),
    ).toBe(true);
  expect(watched(cluster)).toEqual(written(cluster));
  const leaders = new Set(sim.notes('raft.role').flatMap(({ role, term }) => (role === 'leader' ? [term] : [])));
  return {
    acknowledged: history.filter(({ output, input }) => output === true && input.op !== 'read').length,
    watchedEvents: watched(cluster).length,
    elections: leaders.size,
    faults,
  };
}

async function hashesAt(
  cluster: TestCluster,
  revision: number,
): Promise<{ readonly hash: number; readonly revision: number }[]> {
  const answers = await Promise.all(cluster.names.map((name) => cluster.json(name, EtcdPaths.hashKv, { revision })));
  return answers.map((answer) => ({ hash: Number(answer['hash']), revision: Number(answer['hashRevision']) }));
}

function historyOf(cluster: TestCluster): Recorded[] {
  return Array.from({ length: CLIENTS }, (_, at) => cluster.sim.output(`workers/worker-${at}`))
    .flatMap((text) => text.split('\n'))
    .filter((line) => line !== '')
    .map((line) => {
      const record = JSON.parse(line) as Omit<Recorded, 'returned'> & { readonly returned?: number };
      return { ...record, output: record.output, returned: record.returned ?? Number.POSITIVE_INFINITY };
    });
}

/** In the order in which the watcher heard of it. */
function watched({ sim }: TestCluster): string[] {
  return sim.output(`workers/worker-${CLIENTS}`).trim().split('\n');
}

/** What was applied, whoever was the first to do it, up to what the watcher may know by now. */
function written(cluster: TestCluster): string[] {
  const lines = new Map<number, string>();
  for (const { revision, changes } of cluster.sim.notes('etcd.apply')) {
    for (const { key, value } of changes) if (KEYS.includes(key)) lines.set(revision, `${revision} ${key} ${value}`);
  }
  const inOrder = [...lines].sort(([a], [b]) => a - b).map(([, line]) => line);
  return inOrder.slice(0, watched(cluster).length);
}

describe('random faults on a simulated cluster', () => {
  test.each([1, 2, 3, 4, 5])('seed %i: linearizable, safe, watched in order, alive again afterwards', async (seed) => {
    const { acknowledged, watchedEvents, elections, faults } = await run(seed);
    // A run in which nothing happens proves nothing.
    expect(acknowledged).toBeGreaterThan(100);
    expect(watchedEvents).toBeGreaterThan(acknowledged / 2);
    expect(elections).toBeGreaterThan(1);
    expect(faults).toBeGreaterThan(15);
  });
});
