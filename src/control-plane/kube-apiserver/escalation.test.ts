// What one may give others is what one has.
import { describe, expect, it } from 'vitest';
import type { Answer, Harness } from './harness.testing.ts';
import { createHarness } from './harness.testing.ts';
import { SECOND } from '../../lib/time.ts';

const GROUP = 'rbac.authorization.k8s.io';
const RBAC = `/apis/${GROUP}/v1`;
const ROLES = `${RBAC}/namespaces/default/roles`;
const BINDINGS = `${RBAC}/namespaces/default/rolebindings`;

const rule = (verbs: string[], resources: string[], apiGroups = [''], more: object = {}): object => ({
  apiGroups,
  resources,
  verbs,
  ...more,
});
const MANAGE = rule(
  ['create', 'update', 'patch'],
  ['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings'],
  [GROUP],
);

/** alice has these rules everywhere. */
async function withAlice(
  rules: object[],
): Promise<{ harness: Harness; alice: Harness['call']; give(rules: object[]): Promise<void> }> {
  const harness = await createHarness({ flags: ['--authorization-mode=RBAC'] });
  await harness.advance(5 * SECOND);
  const give = async (all: object[]): Promise<void> => {
    const role = { metadata: { name: 'alices' }, rules: all };
    const { status } = await harness.call('POST', `${RBAC}/clusterroles`, role);
    if (status === 409) await harness.call('PUT', `${RBAC}/clusterroles/alices`, role);
    await harness.advance(SECOND);
  };
  await give(rules);
  const roleRef = { apiGroup: GROUP, kind: 'ClusterRole', name: 'alices' };
  const subjects = [{ apiGroup: GROUP, kind: 'User', name: 'alice' }];
  await harness.call('POST', `${RBAC}/clusterrolebindings`, { metadata: { name: 'alices' }, roleRef, subjects });
  await harness.advance(SECOND);
  const alice: Harness['call'] = (method, path, body) =>
    harness.call(method, path, body, { 'x-remote-user': 'alice', 'x-remote-group': 'dev' });
  return { harness, alice, give };
}

const refusal = (what: string, missing: string): string =>
  `${what} is forbidden: user "alice" (groups=["dev" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n${missing}`;

describe('a role', () => {
  it('gives no more than its maker has, unless he may escalate', async () => {
    const { alice, give } = await withAlice([MANAGE, rule(['get', 'list'], ['pods', '*/status'])]);
    const make = (name: string, ...rules: object[]): Promise<Answer> =>
      alice('POST', ROLES, { metadata: { name }, rules });
    expect((await make('fits', rule(['get'], ['pods', 'nodes/status']))).status).toBe(201);
    const more = await make(
      'more',
      rule(['get', 'watch', 'delete'], ['pods']),
      rule(['get'], ['secrets'], [''], { resourceNames: ['s'] }),
    );
    expect([more.status, more.body.message]).toEqual([
      403,
      refusal(
        `roles.${GROUP} "more"`,
        '{APIGroups:[""], Resources:["pods"], Verbs:["watch" "delete"]}\n{APIGroups:[""], Resources:["secrets"], ResourceNames:["s"], Verbs:["get"]}',
      ),
    ]);
    const patch = await alice('PUT', `${ROLES}/fits`, { metadata: { name: 'fits' }, rules: [rule(['*'], ['pods'])] });
    expect(patch.body.message).toBe(
      refusal(`roles.${GROUP} "fits"`, '{APIGroups:[""], Resources:["pods"], Verbs:["*"]}'),
    );
    await give([MANAGE, rule(['escalate'], ['roles'], [GROUP])]);
    expect((await make('more', rule(['*'], ['*'], ['*']))).status).toBe(201);
  });

  it('is made of others by none but those who may do all', async () => {
    const { alice, give } = await withAlice([MANAGE]);
    const role = {
      metadata: { name: 'sum' },
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] },
    };
    expect((await alice('POST', `${RBAC}/clusterroles`, role)).body.message).toBe(
      `clusterroles.${GROUP} "sum" is forbidden: must have cluster-admin privileges to use an aggregationRule`,
    );
    await give([rule(['*'], ['*'], ['*']), { nonResourceURLs: ['*'], verbs: ['*'] }]);
    expect((await alice('POST', `${RBAC}/clusterroles`, role)).status).toBe(201);
  });
});

describe('a binding', () => {
  it('gives no more than its maker has, unless he may bind the role', async () => {
    const { alice, give } = await withAlice([MANAGE, rule(['get'], ['pods'])]);
    const bind = (name: string, kind: string, to: string): Promise<Answer> =>
      alice('POST', BINDINGS, {
        metadata: { name },
        roleRef: { apiGroup: GROUP, kind, name: to },
        subjects: [{ apiGroup: GROUP, kind: 'User', name: 'bob' }],
      });
    expect((await bind('none', 'Role', 'nope')).body.message).toBe(`roles.${GROUP} "nope" not found`);
    expect((await bind('mine', 'ClusterRole', 'alices')).status).toBe(201);
    expect((await bind('all', 'ClusterRole', 'cluster-admin')).body.message).toBe(
      refusal(
        `rolebindings.${GROUP} "all"`,
        '{APIGroups:["*"], Resources:["*"], Verbs:["*"]}\n{NonResourceURLs:["*"], Verbs:["*"]}',
      ),
    );
    await give([MANAGE, rule(['bind'], ['clusterroles'], [GROUP], { resourceNames: ['cluster-admin'] })]);
    expect((await bind('all', 'ClusterRole', 'cluster-admin')).status).toBe(201);
  });
});
