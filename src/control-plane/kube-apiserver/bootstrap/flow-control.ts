// The flow schemas and priority levels that a cluster is born with. Models apiserver/pkg/apis/flowcontrol/bootstrap/default.go.
import { FLOW_SCHEMA, PRIORITY_LEVEL_CONFIGURATION } from '../../../api/kinds/index.ts';
import type {
  FlowcontrolSubject,
  FlowSchemaSpec,
  PolicyRulesWithSubjects,
  PriorityLevelConfigurationSpec,
} from '../../../api/types.gen.ts';
import type { Content } from './policy.ts';

const SUGGESTED = { 'apf.kubernetes.io/autoupdate-spec': 'true' };

export function flowControlObjects(): Content[] {
  return [
    ...Object.entries(LEVELS).map(([name, spec]) => ({
      kind: PRIORITY_LEVEL_CONFIGURATION,
      metadata: { name, annotations: SUGGESTED },
      spec,
    })),
    ...Object.entries(SCHEMAS).map(([name, spec]) => ({
      kind: FLOW_SCHEMA,
      metadata: { name, annotations: SUGGESTED },
      spec,
    })),
  ];
}

function queued(shares: number, lendable: number, queues: number, handSize: number): PriorityLevelConfigurationSpec {
  const queuing = { handSize, queueLengthLimit: 50, queues };
  return {
    limited: {
      lendablePercent: lendable,
      limitResponse: { queuing, type: 'Queue' },
      nominalConcurrencyShares: shares,
    },
    type: 'Limited',
  };
}

const LEVELS: Readonly<Record<string, PriorityLevelConfigurationSpec>> = {
  'catch-all': {
    limited: { lendablePercent: 0, limitResponse: { type: 'Reject' }, nominalConcurrencyShares: 5 },
    type: 'Limited',
  },
  exempt: { exempt: { lendablePercent: 0, nominalConcurrencyShares: 0 }, type: 'Exempt' },
  'global-default': queued(20, 50, 128, 6),
  'leader-election': queued(10, 0, 16, 4),
  'node-high': queued(40, 25, 64, 6),
  system: queued(30, 33, 64, 6),
  'workload-high': queued(40, 50, 128, 6),
  'workload-low': queued(100, 90, 128, 6),
};

const group = (name: string): FlowcontrolSubject => ({ group: { name }, kind: 'Group' });
const user = (name: string): FlowcontrolSubject => ({ kind: 'User', user: { name } });
const ACCOUNTS: FlowcontrolSubject = {
  kind: 'ServiceAccount',
  serviceAccount: { name: '*', namespace: 'kube-system' },
};
const EVERYBODY = [group('system:unauthenticated'), group('system:authenticated')];

function resources(
  groups: string,
  names: readonly string[],
  verbs: readonly string[],
  clusterScope: boolean,
): NonNullable<PolicyRulesWithSubjects['resourceRules']>[number] {
  return { apiGroups: [groups], ...(clusterScope ? { clusterScope } : {}), namespaces: ['*'], resources: names, verbs };
}

function everything(...subjects: readonly FlowcontrolSubject[]): PolicyRulesWithSubjects {
  return {
    nonResourceRules: [{ nonResourceURLs: ['*'], verbs: ['*'] }],
    resourceRules: [resources('*', ['*'], ['*'], true)],
    subjects,
  };
}

function schema(
  matchingPrecedence: number,
  level: string,
  distinguisher: 'ByUser' | 'ByNamespace' | undefined,
  rule: PolicyRulesWithSubjects,
): FlowSchemaSpec {
  return {
    ...(distinguisher === undefined ? {} : { distinguisherMethod: { type: distinguisher } }),
    matchingPrecedence,
    priorityLevelConfiguration: { name: level },
    rules: [rule],
  };
}

const SCHEMAS: Readonly<Record<string, FlowSchemaSpec>> = {
  'catch-all': schema(10_000, 'catch-all', 'ByUser', everything(...EVERYBODY)),
  exempt: schema(1, 'exempt', undefined, everything(group('system:masters'))),
  'global-default': schema(9900, 'global-default', 'ByUser', everything(...EVERYBODY)),
  'kube-controller-manager': schema(
    800,
    'workload-high',
    'ByNamespace',
    everything(user('system:kube-controller-manager')),
  ),
  'kube-scheduler': schema(800, 'workload-high', 'ByNamespace', everything(user('system:kube-scheduler'))),
  'kube-system-service-accounts': schema(900, 'workload-high', 'ByNamespace', everything(ACCOUNTS)),
  probes: schema(2, 'exempt', undefined, {
    nonResourceRules: [{ nonResourceURLs: ['/healthz', '/readyz', '/livez'], verbs: ['get'] }],
    subjects: EVERYBODY,
  }),
  'service-accounts': schema(9000, 'workload-low', 'ByUser', everything(group('system:serviceaccounts'))),
  'system-leader-election': schema(100, 'leader-election', 'ByUser', {
    resourceRules: [resources('coordination.k8s.io', ['leases'], ['get', 'create', 'update'], false)],
    subjects: [user('system:kube-controller-manager'), user('system:kube-scheduler'), ACCOUNTS],
  }),
  'system-node-high': schema(400, 'node-high', 'ByUser', {
    resourceRules: [
      resources('', ['nodes', 'nodes/status'], ['*'], true),
      resources('coordination.k8s.io', ['leases'], ['*'], false),
    ],
    subjects: [group('system:nodes')],
  }),
  'system-nodes': schema(500, 'system', 'ByUser', everything(group('system:nodes'))),
};
