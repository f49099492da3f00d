// Models printRoleBinding, printClusterRoleBinding, printFlowSchema, printPriorityLevelConfiguration and printCertificateSigningRequest.
import type {
  CertificateSigningRequest,
  ClusterRoleBinding,
  FlowSchema,
  KubeObject,
  PriorityLevelConfiguration,
  RoleBinding,
  Subject,
} from '../../../api/types.gen.ts';
import type { Kind } from '../../../api/kind.ts';
import type { Column, Printer } from './table.ts';
import {
  CERTIFICATE_SIGNING_REQUEST,
  CLUSTER_ROLE_BINDING,
  FLOW_SCHEMA,
  PRIORITY_LEVEL_CONFIGURATION,
  ROLE_BINDING,
} from '../../../api/kinds/index.ts';
import { humanDuration } from '../../../lib/duration.ts';
import { compareStrings } from '../../../lib/order.ts';
import { SECOND } from '../../../lib/time.ts';
import { AGE, ageOf, NAME, NONE } from './table.ts';

/** Printers see only objects of their kind. */
function as<T extends KubeObject>(object: KubeObject): T {
  return object as T;
}

const BINDING_COLUMNS: readonly Column[] = [
  NAME,
  { name: 'Role' },
  AGE,
  { name: 'Users', wide: true },
  { name: 'Groups', wide: true },
  { name: 'ServiceAccounts', wide: true },
];

function bindingPrinter(kind: Kind): Printer {
  return {
    kind,
    columns: BINDING_COLUMNS,
    cells(object, now) {
      const { roleRef, subjects = [] } = as<ClusterRoleBinding | RoleBinding>(object);
      const named = (of: string, show: (subject: Subject) => string): string =>
        subjects
          .filter((subject) => subject.kind === of)
          .map(show)
          .join(', ');
      return [
        object.metadata.name,
        `${roleRef.kind}/${roleRef.name}`,
        ageOf(object, now),
        named('User', ({ name }) => name),
        named('Group', ({ name }) => name),
        named('ServiceAccount', ({ namespace = '', name }) => `${namespace}/${name}`),
      ];
    },
  };
}

const flowSchemaPrinter: Printer = {
  kind: FLOW_SCHEMA,
  columns: [
    NAME,
    { name: 'PriorityLevel' },
    { name: 'MatchingPrecedence' },
    { name: 'DistinguisherMethod' },
    AGE,
    { name: 'MissingPL' },
  ],
  compare: (a, b) => precedenceOf(a) - precedenceOf(b) || compareStrings(a.metadata.name, b.metadata.name),
  cells(object, now) {
    const { spec, status } = as<FlowSchema>(object);
    return [
      object.metadata.name,
      spec.priorityLevelConfiguration.name,
      spec.matchingPrecedence ?? 0,
      spec.distinguisherMethod?.type ?? NONE,
      ageOf(object, now),
      status?.conditions?.find(({ type }) => type === 'Dangling')?.status ?? '?',
    ];
  },
};

function precedenceOf(object: KubeObject): number {
  return as<FlowSchema>(object).spec.matchingPrecedence ?? 0;
}

const priorityLevelPrinter: Printer = {
  kind: PRIORITY_LEVEL_CONFIGURATION,
  columns: [
    NAME,
    { name: 'Type' },
    { name: 'NominalConcurrencyShares' },
    { name: 'Queues' },
    { name: 'HandSize' },
    { name: 'QueueLengthLimit' },
    AGE,
  ],
  cells(object, now) {
    const { type, limited } = as<PriorityLevelConfiguration>(object).spec;
    const queuing = limited?.limitResponse?.queuing;
    return [
      object.metadata.name,
      type,
      limited?.nominalConcurrencyShares ?? NONE,
      queuing?.queues ?? NONE,
      queuing?.handSize ?? NONE,
      queuing?.queueLengthLimit ?? NONE,
      ageOf(object, now),
    ];
  },
};

const signingRequestPrinter: Printer = {
  kind: CERTIFICATE_SIGNING_REQUEST,
  columns: [
    NAME,
    AGE,
    { name: 'SignerName' },
    { name: 'Requestor' },
    { name: 'RequestedDuration' },
    { name: 'Condition' },
  ],
  cells(object, now) {
    const request = as<CertificateSigningRequest>(object);
    const { signerName, username = '', expirationSeconds } = request.spec;
    return [
      object.metadata.name,
      ageOf(object, now),
      signerName,
      username,
      expirationSeconds === undefined ? NONE : humanDuration(expirationSeconds * SECOND),
      stateOf(request),
    ];
  },
};

/** Models extractCSRStatus. */
function stateOf({ status }: CertificateSigningRequest): string {
  const has = (type: string): boolean => (status?.conditions ?? []).some((condition) => condition.type === type);
  const verdict = has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending';
  return [
    verdict,
    ...(has('Failed') ? ['Failed'] : []),
    ...((status?.certificate ?? '') === '' ? [] : ['Issued']),
  ].join(',');
}

export const policyPrinters: readonly Printer[] = [
  bindingPrinter(CLUSTER_ROLE_BINDING),
  bindingPrinter(ROLE_BINDING),
  flowSchemaPrinter,
  priorityLevelPrinter,
  signingRequestPrinter,
];
