import { describe, expect, it } from 'vitest';
import type { Harness, Parsed, WatchRun } from './harness.testing.ts';
import { MILLISECOND, MINUTE, SECOND } from '../../lib/time.ts';
import { createHarness } from './harness.testing.ts';

const path = '/api/v1/namespaces/default/configmaps';
const merge = { 'content-type': 'application/merge-patch+json' };

async function make(harness: Harness, name: string, labels: Record<string, string> = {}): Promise<Parsed> {
  const { body } = await harness.call('POST', path, { metadata: { name, labels } });
  return body;
}

const shown = ({ events }: WatchRun): string[] =>
  events.map(({ type, object }) => `${type} ${object.metadata?.name ?? object.reason ?? ''}`.trim());

describe('a watch', () => {
  it('sees what happens after its resourceVersion, in order, each change once', async () => {
    const harness = await createHarness();
    const first = await make(harness, 'a');
    await make(harness, 'b');
    const run = await harness.watch(`${path}?watch=1&resourceVersion=${first.metadata.resourceVersion}`);
    await harness.call('PATCH', `${path}/a`, { data: { x: '1' } }, merge);
    await harness.call('DELETE', `${path}/b`);
    await harness.advance(10 * MILLISECOND);
    expect(shown(run)).toEqual(['ADDED b', 'MODIFIED a', 'DELETED b']);
    const revisions = run.events.map(({ object }) => Number(object.metadata.resourceVersion));
    expect(revisions).toEqual([...revisions].sort((x, y) => x - y));
  });

  it('from a resourceVersion that this server has yet to reach never goes back before it', async () => {
    const harness = await createHarness();
    const first = await make(harness, 'a');
    const ahead = Number(first.metadata.resourceVersion) + 1;
    const run = await harness.watch(`${path}?watch=1&resourceVersion=${ahead}`);
    await make(harness, 'b');
    await make(harness, 'c');
    await harness.advance(10 * MILLISECOND);
    expect(shown(run)).toEqual(['ADDED c']);
  });

  it('turns changes of a selected label into additions and deletions', async () => {
    const harness = await createHarness();
    const run = await harness.watch(`${path}?watch=1&labelSelector=app%3Dweb`);
    await make(harness, 'a');
    await harness.call('PATCH', `${path}/a`, { metadata: { labels: { app: 'web' } } }, merge);
    await harness.call('PATCH', `${path}/a`, { data: { x: '1' } }, merge);
    await harness.call('PATCH', `${path}/a`, { metadata: { labels: { app: null } } }, merge);
    await harness.advance(10 * MILLISECOND);
    expect(shown(run)).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a']);
    expect(run.events[2].object.metadata.labels).toEqual({ app: 'web' });
  });

  it('of the pods of a node sees them come by binding', async () => {
    const harness = await createHarness();
    const pods = '/api/v1/namespaces/default/pods';
    await harness.call('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } });
    const mine = await harness.watch('/api/v1/pods?watch=1&fieldSelector=spec.nodeName%3Dn1');
    const other = await harness.watch('/api/v1/pods?watch=1&fieldSelector=spec.nodeName%3Dn2');
    await harness.call('POST', pods, { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } });
    const target = { metadata: { name: 'p' }, target: { kind: 'Node', name: 'n1' } };
    await harness.call('POST', `${pods}/p/binding`, target);
    await harness.call('PATCH', `${pods}/p`, { metadata: { labels: { a: 'b' } } }, merge);
    await harness.call('DELETE', `${pods}/p?gracePeriodSeconds=0`);
    await harness.advance(10 * MILLISECOND);
    expect(shown(mine)).toEqual(['ADDED p', 'MODIFIED p', 'MODIFIED p', 'DELETED p']);
    expect(shown(other)).toEqual([]);
  });

  it('begins with what is there and says where that ends', async () => {
    const harness = await createHarness();
    await make(harness, 'a');
    const run = await harness.watch(
      `${path}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
    );
    expect(shown(run)).toEqual(['ADDED a', 'BOOKMARK']);
    expect(run.events[1].object).toMatchObject({
      kind: 'ConfigMap',
      metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } },
    });
  });

  it('gets bookmarks that follow writes of other kinds', async () => {
    const harness = await createHarness();
    const run = await harness.watch(`${path}?watch=1&allowWatchBookmarks=true&resourceVersion=1`);
    const { body } = await harness.call('POST', '/api/v1/namespaces', { metadata: { name: 'other' } });
    await harness.advance(MINUTE + SECOND);
    const bookmark = run.events.at(-1);
    expect(bookmark.type).toBe('BOOKMARK');
    expect(Number(bookmark.object.metadata.resourceVersion)).toBeGreaterThanOrEqual(
      Number(body.metadata.resourceVersion),
    );
  });

  it('ends after its timeoutSeconds', async () => {
    const harness = await createHarness();
    const run = await harness.watch(`${path}?watch=1&timeoutSeconds=3`);
    await harness.advance(2 * SECOND);
    expect(run.ended).toBe(false);
    await harness.advance(2 * SECOND);
    expect(run.ended).toBe(true);
  });

  it('from too long ago is told so', async () => {
    const harness = await createHarness({});
    const late = await createHarness({ clock: harness.clock, etcd: harness.etcd });
    const run = await late.watch(`${path}?watch=1&resourceVersion=1`);
    expect(run.events).toMatchObject([{ type: 'ERROR', object: { code: 410, reason: 'Expired' } }]);
    expect(run.events[0].object.message).toMatch(/^too old resource version: 1 \(\d+\)$/);
    expect(run.ended).toBe(true);
  });

  it('misses nothing when the stream to etcd breaks', async () => {
    const harness = await createHarness();
    const run = await harness.watch(`${path}?watch=1&resourceVersion=1`);
    await make(harness, 'a');
    harness.etcd.breakStreams();
    await make(harness, 'b');
    await harness.advance(SECOND);
    expect(shown(run)).toEqual(['ADDED a', 'ADDED b']);
  });

  it('is closed when etcd has compacted what it had not seen, and can start again', async () => {
    const harness = await createHarness();
    const run = await harness.watch(`${path}?watch=1&resourceVersion=1`);
    harness.etcd.breakStreams();
    await make(harness, 'lost');
    harness.etcd.compactTo(harness.etcd.revision + 10);
    await harness.advance(SECOND);
    harness.etcd.compactTo(harness.etcd.revision);
    await harness.advance(5 * SECOND);
    expect(run.ended).toBe(true);
    const again = await harness.watch(`${path}?watch=1`);
    expect(shown(again)).toEqual(['ADDED lost']);
  });
});

describe('a list', () => {
  it('comes in pages that show one moment', async () => {
    const harness = await createHarness();
    for (const name of ['a', 'b', 'c']) await make(harness, name);
    const first = await harness.call('GET', `${path}?limit=2`);
    expect(first.body.metadata.remainingItemCount).toBe(1);
    await harness.call('DELETE', `${path}/c`);
    const second = await harness.call('GET', `${path}?limit=2&continue=${first.body.metadata.continue}`);
    expect(second.body.items.map((item: Parsed) => item.metadata.name)).toEqual(['c']);
    expect(second.body.metadata.resourceVersion).toBe(first.body.metadata.resourceVersion);
  });

  it('whose token is compacted offers an inconsistent rest', async () => {
    const harness = await createHarness();
    for (const name of ['a', 'b', 'c']) await make(harness, name);
    const first = await harness.call('GET', `${path}?limit=2`);
    await make(harness, 'd');
    harness.etcd.compactTo(harness.etcd.revision);
    const expired = await harness.call('GET', `${path}?limit=2&continue=${first.body.metadata.continue}`);
    expect([expired.status, expired.body.reason]).toEqual([410, 'Expired']);
    const rest = await harness.call('GET', `${path}?continue=${expired.body.metadata.continue}`);
    expect(rest.body.items.map((item: Parsed) => item.metadata.name)).toEqual(['c', 'd']);
  });

  it('of a revision that is compacted is refused in upstream’s words, whoever asks and how', async () => {
    const harness = await createHarness();
    await make(harness, 'a');
    const old = harness.etcd.revision - 1;
    harness.etcd.compactTo(harness.etcd.revision);
    for (const query of [`resourceVersionMatch=Exact&resourceVersion=${old}`, `limit=1&resourceVersion=${old}`]) {
      const { status, body } = await harness.call('GET', `${path}?${query}`);
      expect([status, body.reason, body.message]).toEqual([
        410,
        'Expired',
        'The resourceVersion for the provided list is too old.',
      ]);
    }
    const newest = await harness.call('GET', `${path}?resourceVersionMatch=NotOlderThan&resourceVersion=${old}`);
    expect(newest.body.items).toHaveLength(1);
  });

  it('comes from etcd itself when the cache’s watch has stalled', async () => {
    const harness = await createHarness();
    await make(harness, 'a');
    Object.assign(harness.etcd, { watch: () => ({ send: () => undefined, cancel: () => undefined }) });
    harness.etcd.breakStreams();
    await make(harness, 'b');
    const { status, body } = await harness.call('GET', path);
    expect([status, body.items.map((item: Parsed) => item.metadata.name)]).toEqual([200, ['a', 'b']]);
    const told = await harness.call('GET', `${path}?resourceVersion=${harness.etcd.revision}`);
    expect(told.body).toMatchObject({ code: 504, reason: 'Timeout' });
    expect(told.body.message).toMatch(/^Timeout: Too large resource version: \d+, current: \d+$/);
  });

  it('by one apiserver shows what another has just written', async () => {
    const one = await createHarness();
    const two = await createHarness({ clock: one.clock, etcd: one.etcd });
    for (let i = 0; i < 5; i++) {
      await make(one, `n${i}`);
      const { body } = await two.call('GET', path);
      expect(body.items).toHaveLength(i + 1);
    }
  });
});

describe('two apiservers', () => {
  it('let one writer win; writers without a resourceVersion both win', async () => {
    const one = await createHarness();
    const two = await createHarness({ clock: one.clock, etcd: one.etcd });
    const made = await make(one, 'a');
    const write = (harness: Harness, data: object): Promise<{ status: number }> =>
      harness.call('PUT', `${path}/a`, { ...made, data });
    const race = await Promise.all([write(one, { x: '1' }), write(two, { x: '2' })]);
    expect(race.map(({ status }) => status).sort()).toEqual([200, 409]);
    const patch = (harness: Harness, key: string): Promise<{ status: number }> =>
      harness.call('PATCH', `${path}/a`, { data: { [key]: '1' } }, merge);
    const both = await Promise.all([patch(one, 'p'), patch(two, 'q')]);
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    const { body } = await one.call('GET', `${path}/a`);
    expect(Object.keys(body.data).sort()).toEqual(['p', 'q', 'x']);
  });
});
