import type { Kind } from '../../../api/kind.ts';
import type { Rules } from './rules.ts';
import {
  CERTIFICATE_SIGNING_REQUEST,
  CLUSTER_ROLE,
  CLUSTER_ROLE_BINDING,
  EVENT,
  EVENT_V1,
  LEASE,
  NAMESPACE,
  POD,
  ROLE,
  ROLE_BINDING,
  SERVICE,
  SERVICE_ACCOUNT,
} from '../../../api/kinds/index.ts';
import { roleBindingRules, roleRules } from '../auth/escalation.ts';
import { signingRequestRules } from './certificate-signing-request.ts';
import { namespaceRules } from './namespace.ts';
import { podRules } from './pod.ts';
import { DEFAULT_RULES } from './rules.ts';
import { serviceRules } from './service.ts';

/** Kinds with rules of their own. */
const RULES: ReadonlyMap<Kind, Rules> = new Map<Kind, Rules>([
  [CERTIFICATE_SIGNING_REQUEST, signingRequestRules],
  [CLUSTER_ROLE, roleRules],
  [CLUSTER_ROLE_BINDING, roleBindingRules],
  [EVENT, { ...DEFAULT_RULES, garbageCollected: false }],
  [EVENT_V1, { ...DEFAULT_RULES, garbageCollected: false }],
  [LEASE, { ...DEFAULT_RULES, unconditionalUpdate: false }],
  [NAMESPACE, namespaceRules],
  [POD, podRules],
  [ROLE, roleRules],
  [ROLE_BINDING, roleBindingRules],
  [SERVICE, serviceRules],
  [SERVICE_ACCOUNT, { ...DEFAULT_RULES, unconditionalUpdate: false, returnsDeleted: true }],
]);

export function rulesOf(kind: Kind): Rules {
  return RULES.get(kind) ?? DEFAULT_RULES;
}
