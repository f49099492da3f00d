import { expect, test } from 'vitest';
import type { ClusterRole, PolicyRule } from '../../../api/types.gen.ts';
import { parseFlags } from '../../../lib/flags.ts';
import { fakeCache } from '../fake-cache.ts';
import { reconcileAggregation } from './clusterrole-aggregation-controller.ts';

const rule = (resource: string): PolicyRule => ({ apiGroups: [''], resources: [resource], verbs: ['get'] });

function role(name: string, labels: Readonly<Record<string, string>>, rules: PolicyRule[], from?: string): ClusterRole {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name, labels },
    rules,
    ...(from === undefined ? {} : { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { to: from } }] } }),
  };
}

function resourcesOf(roles: readonly ClusterRole[], key: string): readonly string[] | undefined {
  const { writes } = reconcileAggregation({
    key,
    object: undefined,
    cache: fakeCache(...roles),
    memory: undefined,
    now: 0,
    uptime: 0,
    flags: parseFlags([]),
  });
  const [write] = writes;
  if (write?.do !== 'patch') return undefined;
  expect([write.type, write.fieldManager]).toEqual([
    'application/apply-patch+yaml',
    'clusterrole-aggregation-controller',
  ]);
  return ((write.patch as ClusterRole).rules ?? []).flatMap(({ resources = [] }) => resources);
}

test('a role that is made of others has their rules, by their names, each once, and not its own', () => {
  const parts = [
    role('z', { to: 'sum' }, [rule('pods'), rule('services')]),
    role('a', { to: 'sum' }, [rule('secrets'), rule('pods')]),
    role('other', {}, [rule('nodes')]),
  ];
  expect(resourcesOf([...parts, role('sum', { to: 'sum' }, [rule('nodes')], 'sum')], 'sum')).toEqual([
    'secrets',
    'pods',
    'services',
  ]);
  const right = role('sum', {}, [rule('secrets'), rule('pods'), rule('services')], 'sum');
  expect(resourcesOf([...parts, right], 'sum')).toBeUndefined();
  expect(resourcesOf([role('sum', {}, [rule('nodes')], 'sum')], 'sum')).toEqual([]);
  expect(resourcesOf(parts, 'z')).toBeUndefined();
});
