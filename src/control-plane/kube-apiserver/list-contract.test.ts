// What a client may ask a list or a watch for, and in which words it is told that it may not.
import { beforeAll, describe, expect, it } from 'vitest';
import type { Harness } from './harness.testing.ts';
import { createHarness } from './harness.testing.ts';

const PATH = '/api/v1/namespaces/default/configmaps';

describe('lists and watches', () => {
  let harness: Harness;
  let last = 0;
  beforeAll(async () => {
    harness = await createHarness();
    for (const name of ['a', 'b', 'c']) {
      const { body } = await harness.call('POST', PATH, { metadata: { name } });
      last = Number(body.metadata.resourceVersion);
    }
  });

  const causesOf = async (query: string): Promise<string[]> => {
    const answer = query.includes('watch=1')
      ? (await harness.watch(`${PATH}?${query}`)).events[0].body
      : (await harness.call('GET', `${PATH}?${query}`)).body;
    return answer.details.causes.map(({ field, message }: Record<string, string>) => `${field}: ${message}`);
  };
  const MATCH = 'resourceVersionMatch';

  it.each([
    [`${MATCH}=Exact`, [`${MATCH}: Forbidden: ${MATCH} is forbidden unless resourceVersion is provided`]],
    [
      `${MATCH}=Exact&resourceVersion=0`,
      [`${MATCH}: Forbidden: ${MATCH} "exact" is forbidden for resourceVersion "0"`],
    ],
    [
      `${MATCH}=Exact&resourceVersion=1&continue=x`,
      [`${MATCH}: Forbidden: ${MATCH} is forbidden when continue is provided`],
    ],
    [
      `${MATCH}=Near&resourceVersion=1`,
      [`${MATCH}: Unsupported value: "Near": supported values: "Exact", "NotOlderThan", ""`],
    ],
    ['sendInitialEvents=true', ['sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list']],
    [
      'watch=1&sendInitialEvents=true',
      [`${MATCH}: Forbidden: sendInitialEvents requires setting ${MATCH} to NotOlderThan`],
    ],
    [
      `watch=1&${MATCH}=NotOlderThan`,
      [`${MATCH}: Forbidden: ${MATCH} is forbidden for watch unless sendInitialEvents is provided`],
    ],
    [
      `watch=1&sendInitialEvents=false&${MATCH}=Exact&continue=x`,
      [
        `${MATCH}: Forbidden: sendInitialEvents requires setting ${MATCH} to NotOlderThan`,
        `${MATCH}: Unsupported value: "Exact": supported values: "NotOlderThan"`,
        `${MATCH}: Forbidden: ${MATCH} is forbidden when continue is provided`,
      ],
    ],
  ])('refuses %s', async (query, causes) => {
    expect(await causesOf(query)).toEqual(causes);
  });

  it('says when a resource version is not there yet, and when to ask again', async () => {
    for (const query of [`resourceVersion=${last + 1000}`, `resourceVersion=${last + 1000}&${MATCH}=Exact`]) {
      const { status, body, headers } = await harness.call('GET', `${PATH}?${query}`);
      expect([status, headers['retry-after'], body.details]).toEqual([
        504,
        '1',
        {
          causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
          retryAfterSeconds: 1,
        },
      ]);
    }
  });

  it('tells a watcher what is there already, unless he says that he does not want that', async () => {
    const names = async (query: string): Promise<string[]> => {
      const run = await harness.watch(`${PATH}?watch=1&${query}`);
      const seen = run.events.map(({ type, object }) => `${type} ${object.metadata.name ?? ''}`);
      run.close();
      return seen;
    };
    const all = ['ADDED a', 'ADDED b', 'ADDED c'];
    const initial = (value: boolean): string =>
      `sendInitialEvents=${value}&${MATCH}=NotOlderThan&allowWatchBookmarks=true`;
    expect(await names('')).toEqual(all);
    expect(await names('resourceVersion=0')).toEqual(all);
    expect(await names(initial(true))).toEqual([...all, 'BOOKMARK ']);
    expect(await names(`${initial(true)}&resourceVersion=${last - 1}`)).toEqual([...all, 'BOOKMARK ']);
    expect(await names(initial(false))).toEqual([]);
    expect(await names(`${initial(false)}&resourceVersion=0`)).toEqual([]);
    expect(await names(`${initial(false)}&resourceVersion=${last - 1}`)).toEqual(['ADDED c']);
    expect(await names(`resourceVersion=${last - 2}`)).toEqual(['ADDED b', 'ADDED c']);
  });

  it('deletes of a collection what it may, by the conditions that the request makes', async () => {
    const dry = await harness.call('DELETE', `${PATH}?labelSelector=!x&dryRun=All`);
    expect(dry.body.items.length).toBeGreaterThanOrEqual(3);
    expect((await harness.call('GET', `${PATH}/a`)).status).toBe(200);
    const other = { kind: 'DeleteOptions', apiVersion: 'v1', preconditions: { uid: 'another' } };
    const refused = await harness.call('DELETE', `${PATH}?fieldSelector=metadata.name=a`, other);
    expect([refused.status, refused.body.message]).toEqual([
      409,
      expect.stringContaining('the UID in the precondition (another) does not match the UID in record'),
    ]);
    const gone = await harness.call('DELETE', `${PATH}?fieldSelector=metadata.name=a`);
    expect(gone.body.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name)).toEqual(['a']);
    expect((await harness.call('GET', `${PATH}/a`)).status).toBe(404);
    expect((await harness.call('GET', `${PATH}/b`)).status).toBe(200);
  });
});
