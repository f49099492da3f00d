import { certificateHeader } from '../../api/certificate.ts';
import {
  EtcdPaths,
  type MemberListResponse,
  type RangeResponse,
  type TxnRequest,
  type TxnResponse,
  type WatchResponse,
} from '../../api/etcd.ts';
import { must } from '../../lib/assert.ts';
import { MILLISECOND, SECOND, type Env, type Micros, type Program } from '../../sim/env.ts';
import { createHttpClient } from '../../sim/http-client.ts';
import { RpcFailure, type HttpClient } from '../../sim/http.ts';
import type { RegisterRecord } from './register-client.ts';

/** Registers lie under it, each beside a copy that is written in the same transaction. */
const PREFIX = '/fuzz/registers/';
const PREFIX_END = '/fuzz/registers0';
const PATIENCE: Micros = 5 * SECOND;
const DEAD_AFTER: Micros = 3 * SECOND;
const PROGRESS_PERIOD: Micros = 300 * MILLISECOND;
/** More than a message of Raft holds together with anything else: followers acknowledge it by itself. */
const LARGE = 1_100_000;

const keyOf = (register: number) => `${PREFIX}${register}`;
/** Values are told apart by what comes before the padding. */
const plain = (value: string) => value.split(' ', 1)[0] ?? '';

function connect(env: Env): HttpClient[] {
  const servers = env.args['servers'];
  const headers = certificateHeader({ subject: 'kube-apiserver-etcd-client', issuer: 'etcd-ca' });
  return (Array.isArray(servers) ? servers : []).map((server) =>
    createHttpClient(env, String(server), { protocol: 'etcd', timeout: PATIENCE, deadAfter: DEAD_AFTER, headers }),
  );
}

/**
 * Reads, writes and compares-and-swaps keys of etcd through any member, one operation at a time, each value written once.
 * Arguments: servers, keys (how many registers), until (µs since power-on), pause (longest wait between operations, µs),
 * large (the longest time between two large writes, µs; 0: none).
 */
export const etcdClient: Program = (env) => {
  const members = connect(env);
  const keys = Number(env.args['keys']);
  const until = Number(env.args['until']);
  const pause = Number(env.args['pause']);
  const large = Number(env.args['large']);
  const seen = new Map<number, string>();
  env.spawn(async () => {
    let next = env.random.below(large + 1);
    for (let count = 1; env.uptime() < until; count++) {
      const value = `${env.host}.${count}`;
      const isLarge = large > 0 && env.uptime() > next;
      const padded = isLarge ? `${value} ${'x'.repeat(LARGE)}` : value;
      if (isLarge) next = env.uptime() + env.random.below(large);
      const member = must(members[env.random.below(members.length)]);
      const certain = await operate(env, member, seen, env.random.below(keys), value, padded);
      await env.sleep(MILLISECOND + env.random.below(certain ? pause : 5 * pause));
    }
  });
};

/** False: it failed, or nobody knows. */
async function operate(
  env: Env,
  member: HttpClient,
  seen: Map<number, string>,
  key: number,
  id: string,
  value: string,
): Promise<boolean> {
  const print = (record: RegisterRecord) => env.print(`${JSON.stringify(record)}\n`);
  const known = seen.get(key);
  const dice = env.random.below(10);
  const op = dice < 4 ? 'read' : dice < 8 || known === undefined ? 'write' : 'cas';
  const written = op === 'read' ? {} : { value: id };
  const expected = op === 'cas' && known !== undefined ? { from: plain(known) } : {};
  print({ kind: 'call', id, key, op, ...written, ...expected });
  try {
    const path = op === 'read' ? EtcdPaths.range : EtcdPaths.txn;
    const body = op === 'read' ? { key: keyOf(key) } : writeOf(key, value, op === 'cas' ? known : undefined);
    const answer = await member.request({ method: 'POST', path, body: JSON.stringify(body) });
    if (answer.status !== 200) return false;
    if (op === 'read') {
      const { kvs } = JSON.parse(answer.body) as RangeResponse;
      const found = kvs[0]?.value ?? '';
      if (found !== '') seen.set(key, found);
      print({ kind: 'return', id, output: plain(found) });
    } else {
      const { succeeded } = JSON.parse(answer.body) as TxnResponse;
      if (succeeded) seen.set(key, value);
      print({ kind: 'return', id, output: succeeded });
    }
    return true;
  } catch (error) {
    if (!(error instanceof RpcFailure)) throw error;
    if (error.definite) print({ kind: 'failed', id });
    return false;
  }
}

/** The register and its copy, together; `from`: only if that is what the register holds. */
function writeOf(key: number, value: string, from: string | undefined): TxnRequest {
  const compare =
    from === undefined ? [] : [{ key: keyOf(key), target: 'VALUE', result: 'EQUAL', value: from } as const];
  const success = [{ put: { key: keyOf(key), value } }, { put: { key: `${keyOf(key)}-copy`, value: plain(value) } }];
  return { compare, success, failure: [] };
}

/** Watches every register, at another member whenever the stream breaks, from where it stood, and notes what it is told as caches do. */
export const etcdWatcher: Program = (env) => {
  const members = connect(env);
  let seen = 0;
  const note = (by: 'list' | 'event' | 'bookmark', revision: number, revisions: readonly number[]) => {
    env.trace({ type: 'cache', prefix: PREFIX, revision, by, revisions });
    seen = revision;
  };
  const receive = ({ header, events, created, canceled, compactRevision }: WatchResponse): void => {
    if (compactRevision !== undefined && compactRevision > 0) note('list', compactRevision - 1, []);
    else if (created === true || canceled === true) return;
    else if (events.length > 0) {
      const revisions = events.map(({ kv }) => kv.modRevision);
      note('event', must(revisions.at(-1)), revisions);
    } else if (header.revision > seen) note('bookmark', header.revision, []);
  };
  const open = (): void => {
    const member = must(members[env.random.below(members.length)]);
    let over = false;
    const again = (): void => {
      if (over) return;
      over = true;
      env.after(100 * MILLISECOND, open);
    };
    const stream = member.stream(
      { method: 'POST', path: EtcdPaths.watch, headers: { hasleader: 'true' }, body: '' },
      {
        data: (text) => {
          if (over) return;
          const response = JSON.parse(text) as WatchResponse;
          receive(response);
          if (response.canceled !== true) return;
          stream.cancel();
          again();
        },
        end: again,
        fail: again,
      },
    );
    const askProgress = (): void => {
      if (over) return;
      stream.send(JSON.stringify({ progress: {} }));
      env.after(PROGRESS_PERIOD, askProgress);
    };
    const create = { watchId: 1, key: PREFIX, rangeEnd: PREFIX_END, startRevision: seen + 1, progressNotify: true };
    stream.send(JSON.stringify({ create }));
    env.after(PROGRESS_PERIOD, askProgress);
  };
  note('list', 0, []);
  open();
};

/** Nobody is there: a learner that never starts takes nothing from the quorum, and changes the configuration all the same. */
const LEARNER = 'https://10.0.0.250:2380';

/** It comes, and goes the next time. */
function changeOf({ members }: MemberListResponse): [path: string, body: object] {
  const learner = members.find(({ peerUrls }) => peerUrls[0] === LEARNER);
  if (learner !== undefined) return [EtcdPaths.memberRemove, { id: learner.id }];
  return [EtcdPaths.memberAdd, { peerUrls: [LEARNER], isLearner: true }];
}

/** What one member says of itself when all is over. Printed as JSON lines. */
export interface MemberReport {
  readonly member: number;
  readonly revision: number;
  readonly hash: number;
}

/** Compacts now and then (with `upkeep` it defragments and changes the members, too), and in the end asks every member for the hash of what it holds. Arguments: servers, period and end (µs). */
export const etcdKeeper: Program = (env) => {
  const members = connect(env);
  const end = Number(env.args['end']);
  const period = Number(env.args['period']);
  const ask = async (member: HttpClient, path: string, body: object): Promise<Record<string, unknown> | undefined> => {
    try {
      const answer = await member.request({ method: 'POST', path, body: JSON.stringify(body) });
      return answer.status === 200 ? (JSON.parse(answer.body) as Record<string, unknown>) : undefined;
    } catch (error) {
      if (!(error instanceof RpcFailure)) throw error;
      return undefined;
    }
  };
  env.spawn(async () => {
    while (env.uptime() < end - 2 * period) {
      await env.sleep(period);
      const member = must(members[env.random.below(members.length)]);
      const range = await ask(member, EtcdPaths.range, { key: keyOf(0) });
      const revision = range === undefined ? 0 : (range as unknown as RangeResponse).header.revision - 50;
      if (revision > 0) await ask(member, EtcdPaths.compact, { revision });
      if (env.args['upkeep'] !== true) continue;
      await ask(must(members[env.random.below(members.length)]), EtcdPaths.defragment, {});
      const list = await ask(member, EtcdPaths.memberList, {});
      if (list !== undefined) await ask(member, ...changeOf(list as unknown as MemberListResponse));
    }
    await env.sleep(end - env.uptime());
    for (const [at, member] of members.entries()) {
      const answer = await ask(member, EtcdPaths.hashKv, {});
      if (answer === undefined) continue;
      const report: MemberReport = {
        member: at + 1,
        revision: Number(answer['hashRevision']),
        hash: Number(answer['hash']),
      };
      env.print(`${JSON.stringify(report)}\n`);
    }
  });
};
