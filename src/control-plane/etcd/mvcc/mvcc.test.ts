import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Compare, KeyValue, RequestOp, ResponseOp, TxnResponse, WatchEvent } from '../../../api/etcd.ts';
import { runTranscript } from '../../../lib/datadriven.ts';
import { applyDeleteRange, applyLeaseRevoke, applyPut, applyRange, applyTxn } from './apply.ts';
import type { HeaderOf } from './apply.ts';
import { Lessor } from './lessor.ts';
import type { Change } from './revision.ts';
import { Store } from './store.ts';
import { checkTxn } from './validate.ts';
import { WatchHub } from './watch.ts';
import type { Watcher } from './watch.ts';

const directory = new URL('./testdata/', import.meta.url).pathname;
const SECOND = 1_000_000;
const header: HeaderOf = (revision) => ({ clusterId: 'c', memberId: 'm', revision, raftTerm: 1 });

for (const file of readdirSync(directory).sort()) {
  test(`mvcc ${file}`, async () => {
    const session = new Session();
    expect(
      await runTranscript(directory + file, (command, words, input) => session.run(command, words, input)),
    ).toEqual([]);
  });
}

/** One keyspace, driven by words: `put a 1 lease=7`, `range a z rev=3 limit=2`. */
class Session {
  private store = new Store();
  private lessor = new Lessor(2);
  private hub = new WatchHub(this.store);
  private readonly watchers = new Map<string, Watcher>();
  private now = 0;
  private lines: string[] = [];

  run(command: string, words: readonly string[], input: string): string {
    this.lines = [];
    const args = words.filter((word) => !word.includes('='));
    const option = (name: string): string | undefined =>
      words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);
    const [first = '', second] = args;
    const at = { store: this.store, lessor: this.lessor };
    switch (command) {
      case 'put': {
        const { changes } = applyPut(at, putOf(args, option), undefined, header);
        this.changed(changes);
        break;
      }
      case 'del': {
        const { response, changes } = applyDeleteRange(at, { key: first, ...end(second) }, undefined, header);
        this.lines.push(`deleted ${response.deleted}`);
        this.changed(changes);
        break;
      }
      case 'range':
        this.range(words, option);
        break;
      case 'txn':
        this.txn(input);
        break;
      case 'compact':
        this.store.compact(Number(first));
        break;
      case 'watch':
        this.watch(args, option);
        break;
      case 'unwatch': {
        const watcher = this.watchers.get(first);
        if (watcher !== undefined) this.hub.cancel(watcher);
        break;
      }
      case 'sync':
        this.hub.sync();
        break;
      case 'hash':
        this.hash(Number(first || 0));
        break;
      case 'restore':
        this.restore();
        break;
      case 'grant':
        this.lines.push(`ttl ${this.lessor.grant(first, Number(second), this.now)}`);
        break;
      case 'revoke':
        this.changed(applyLeaseRevoke(at, first, undefined));
        break;
      case 'keepalive':
        this.lines.push(`ttl ${this.lessor.renew(first, this.now)}`);
        break;
      case 'ttl': {
        const { ttl, grantedTtl, keys } = this.lessor.timeToLive(first, this.now);
        this.lines.push(`ttl ${ttl} of ${grantedTtl} keys ${keys.join(' ')}`);
        break;
      }
      case 'promote':
        this.lessor.promote(SECOND, this.now);
        break;
      case 'demote':
        this.lessor.demote();
        break;
      case 'wait':
        this.now += Number(first) * SECOND;
        break;
      case 'expired':
        this.lines.push(this.lessor.expired(this.now, 500).join(' ') || 'none');
        break;
      default:
        throw new Error(`unknown command ${command}`);
    }
    return this.lines.join('\n') || 'ok';
  }

  private changed(changes: readonly Change[]): void {
    this.lines.push(`revision ${this.store.revision}`);
    if (changes.length > 0) this.hub.notify(changes);
  }

  private range(words: readonly string[], option: (name: string) => string | undefined): void {
    const args = words.filter((word) => !word.includes('=') && !word.startsWith('-'));
    const [sortTarget, sortOrder] = (option('sort') ?? 'KEY:NONE').split(':');
    const response = applyRange(
      this.store,
      {
        key: args[0] ?? '',
        ...end(args[1]),
        revision: Number(option('rev') ?? 0),
        limit: Number(option('limit') ?? 0),
        sortTarget: targetOf(sortTarget),
        sortOrder: sortOrder === 'DESCEND' ? 'DESCEND' : sortOrder === 'ASCEND' ? 'ASCEND' : 'NONE',
        keysOnly: words.includes('-keys'),
        countOnly: words.includes('-count'),
      },
      header,
    );
    this.lines.push(...response.kvs.map(kvText));
    this.lines.push(`count ${response.count}${response.more ? ' more' : ''} at ${response.header.revision}`);
  }

  private watch(args: readonly string[], option: (name: string) => string | undefined): void {
    const [name = '', key = '', rangeEnd] = args;
    const filter = option('filter');
    const watcher = this.hub.watch(
      {
        key,
        ...end(rangeEnd),
        startRevision: Number(option('rev') ?? 0),
        prevKv: option('prev') === 'yes',
        filters: filter === 'NOPUT' || filter === 'NODELETE' ? [filter] : [],
      },
      (delivery) => {
        if (delivery.kind === 'compacted') this.lines.push(`  ${name}: compacted at ${delivery.compactRevision}`);
        else this.lines.push(`  ${name}: at ${delivery.revision} ${delivery.events.map(eventText).join(', ')}`);
      },
    );
    this.watchers.set(name, watcher);
    this.lines.push(this.hub.isSynced(watcher) ? 'synced' : 'behind');
  }

  private txn(input: string): void {
    const branches: Record<string, string[]> = { if: [], then: [], else: [] };
    let branch: string[] = [];
    for (const line of input.split('\n')) {
      const next = branches[line.trim()];
      if (next === undefined) branch.push(line);
      else branch = next;
    }
    const request = {
      compare: (branches['if'] ?? []).map(compareOf),
      success: (branches['then'] ?? []).map(opOf),
      failure: (branches['else'] ?? []).map(opOf),
    };
    checkTxn(request);
    const { response, changes } = applyTxn({ store: this.store, lessor: this.lessor }, request, undefined, header);
    this.lines.push(...txnText(response));
    this.changed(changes);
  }

  private hash(revision: number): void {
    const { hash } = this.store.hash(revision);
    const copy = Store.fromImage(JSON.parse(JSON.stringify(this.store.image())));
    this.lines.push(copy.hash(revision).hash === hash ? 'the copy has the same hash' : 'the copy has another hash');
  }

  private restore(): void {
    this.store = Store.fromImage(JSON.parse(JSON.stringify(this.store.image())));
    const attached = this.store
      .range('\0', '\0')
      .kvs.flatMap(({ key, lease }): [string, string][] => (lease === undefined ? [] : [[key, lease]]));
    this.lessor = Lessor.fromImage(2, this.lessor.image(), attached);
    this.hub.restore(this.store);
  }
}

function end(rangeEnd: string | undefined): { rangeEnd?: string } {
  if (rangeEnd === undefined) return {};
  return { rangeEnd: rangeEnd === '<end>' ? '\0' : rangeEnd };
}

function putOf(args: readonly string[], option: (name: string) => string | undefined): { key: string; value: string } {
  const lease = option('lease');
  const ignore = option('ignore');
  return {
    key: args[0] ?? '',
    value: args[1] ?? '',
    ...(lease === undefined ? {} : { lease }),
    ...(ignore === 'value' ? { ignoreValue: true } : {}),
    ...(ignore === 'lease' ? { ignoreLease: true } : {}),
  };
}

function targetOf(text: string | undefined): 'KEY' | 'VERSION' | 'CREATE' | 'MOD' | 'VALUE' {
  return text === 'VERSION' || text === 'CREATE' || text === 'MOD' || text === 'VALUE' ? text : 'KEY';
}

const RESULTS: Readonly<Record<string, Compare['result']>> = {
  '=': 'EQUAL',
  '!=': 'NOT_EQUAL',
  '>': 'GREATER',
  '<': 'LESS',
};

/** `mod a = 3` */
function compareOf(line: string): Compare {
  const [target = '', key = '', result = '', value = ''] = line.trim().split(' ');
  const upper = target.toUpperCase();
  const known = upper === 'MOD' || upper === 'CREATE' || upper === 'VERSION' || upper === 'LEASE' ? upper : 'VALUE';
  return { key, target: known, result: RESULTS[result] ?? 'EQUAL', value };
}

function opOf(line: string): RequestOp {
  const [command, key = '', second] = line.trim().split(' ');
  if (command === 'put') return { put: { key, value: second ?? '' } };
  if (command === 'del') return { deleteRange: { key, ...end(second) } };
  if (command === 'nested')
    return { txn: { compare: [], success: [{ put: { key, value: second ?? '' } }], failure: [] } };
  return { range: { key, ...end(second) } };
}

function txnText(response: TxnResponse): string[] {
  return [response.succeeded ? 'success' : 'failure', ...response.responses.map((op) => `  ${opText(op)}`)];
}

function opText(op: ResponseOp): string {
  if ('range' in op) return `range ${op.range.kvs.map(kvText).join(' | ') || 'nothing'}`;
  if ('put' in op) return 'put';
  if ('deleteRange' in op) return `deleted ${op.deleteRange.deleted}`;
  return `txn ${txnText(op.txn).join(';')}`;
}

function kvText({ key, value, createRevision, modRevision, version, lease }: KeyValue): string {
  return `${key}=${value} create ${createRevision} mod ${modRevision} version ${version}${lease === undefined ? '' : ` lease ${lease}`}`;
}

function eventText({ type, kv, prevKv }: WatchEvent): string {
  return `${type} ${kv.key}${type === 'PUT' ? `=${kv.value}` : ''} mod ${kv.modRevision}${prevKv === undefined ? '' : ` was ${prevKv.value}`}`;
}

describe('many changes', () => {
  test('a watcher that is far behind catches up a thousand revisions at a time', () => {
    const store = new Store();
    const hub = new WatchHub(store);
    for (let count = 0; count < 2500; count++)
      store.write(undefined, (txn) => txn.put(`k${count % 10}`, String(count), undefined));
    const sizes: number[] = [];
    const watcher = hub.watch({ key: 'k', rangeEnd: 'l', startRevision: 2 }, (delivery) => {
      if (delivery.kind === 'events') sizes.push(delivery.events.length);
    });
    for (let round = 0; round < 3; round++) hub.sync();
    expect(sizes).toEqual([1000, 1000, 500]);
    expect(hub.isSynced(watcher)).toBe(true);
  });

  test('compaction keeps what is visible, for readers at and after its revision', () => {
    const store = new Store();
    for (let count = 0; count < 400; count++) {
      store.write(undefined, (txn) => {
        if (count % 7 === 3) txn.deleteRange(`k${count % 13}`, undefined);
        else txn.put(`k${count % 13}`, String(count), undefined);
      });
    }
    const at = (revision: number): string => JSON.stringify(store.range('k', 'l', { revision }).kvs);
    const revisions = [200, 201, 250, store.revision];
    const before = revisions.map(at);
    store.compact(200);
    expect(revisions.map(at)).toEqual(before);
    expect(() => at(199)).toThrow('etcdserver: mvcc: required revision has been compacted');
    expect(store.changesBetween(0, 199).length).toBeLessThan(13);
  });

  test('thousands of leases that end together after a change of leader are spread over time', () => {
    const lessor = new Lessor(2);
    for (let id = 0; id < 3000; id++) lessor.grant(id.toString(16), 10, 0);
    lessor.promote(0, 0);
    expect(lessor.expired(10 * SECOND, 5000).length).toBeLessThan(1000);
    expect(lessor.expired(60 * SECOND, 5000)).toHaveLength(3000);
  });
});
