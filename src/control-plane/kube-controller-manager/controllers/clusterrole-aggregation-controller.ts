// Models pkg/controller/clusterroleaggregation: a role that is made of others has the rules of those.
import { labelSelector, matchesLabels } from '../../../api/selector.ts';
import type { KubeObject, PolicyRule } from '../../../api/types.gen.ts';
import type { Key } from '../../../client/contract.ts';
import { ClusterRoles } from '../../../client/resources.ts';
import { deepEqual } from '../../../lib/json.ts';
import { compareStrings } from '../../../lib/order.ts';
import type { Cache } from '../cache.ts';
import { NOTHING } from '../controller.ts';
import type { Plan, Request } from '../controller.ts';
import { controller } from '../run-controller.ts';

const NAME = 'clusterrole-aggregation-controller';

export const clusterRoleAggregationController = controller({
  name: NAME,
  watches: [{ resource: ClusterRoles, keys: aggregatedRoles }],
  reconcile: reconcileAggregation,
});

/** Which role is part of which is not known before it is looked at: all are looked at, whatever changes. */
function aggregatedRoles(_role: KubeObject | undefined, _old: KubeObject | undefined, cache: Cache): readonly Key[] {
  return cache
    .list(ClusterRoles)
    .filter(({ aggregationRule }) => aggregationRule !== undefined)
    .map(({ metadata }) => metadata.name);
}

export function reconcileAggregation({ key, cache }: Request<never, undefined>): Plan {
  const role = cache.get(ClusterRoles, key);
  if (role?.aggregationRule === undefined) return NOTHING;
  const rules: PolicyRule[] = [];
  for (const given of role.aggregationRule.clusterRoleSelectors ?? []) {
    const selector = labelSelector(given);
    const parts = cache
      .list(ClusterRoles)
      .filter(({ metadata }) => metadata.name !== key && matchesLabels(selector, metadata.labels))
      .sort((a, b) => compareStrings(a.metadata.name, b.metadata.name));
    for (const rule of parts.flatMap((part) => part.rules ?? []))
      if (!rules.some((known) => deepEqual(known, rule))) rules.push(rule);
  }
  if (deepEqual(rules, role.rules ?? [])) return NOTHING;
  const { apiVersion, kind } = role;
  return {
    writes: [
      {
        do: 'patch',
        resource: ClusterRoles,
        name: key,
        type: 'application/apply-patch+yaml',
        patch: { apiVersion, kind, metadata: { name: key }, ...(rules.length === 0 ? {} : { rules }) },
        fieldManager: NAME,
      },
    ],
  };
}
