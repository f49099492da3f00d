import type { Kind } from '../../../api/kind.ts';
import type { Rules } from './rules.ts';
import {
  CERTIFICATE_SIGNING_REQUEST,
  EVENT,
  EVENT_V1,
  LEASE,
  NAMESPACE,
  POD,
  SERVICE,
  SERVICE_ACCOUNT,
} from '../../../api/kinds/index.ts';
import { signingRequestRules } from './certificate-signing-request.ts';
import { namespaceRules } from './namespace.ts';
import { podRules } from './pod.ts';
import { DEFAULT_RULES } from './rules.ts';
import { serviceRules } from './service.ts';

/** Kinds with rules of their own. */
const RULES: ReadonlyMap<Kind, Rules> = new Map<Kind, Rules>([
  [CERTIFICATE_SIGNING_REQUEST, signingRequestRules],
  [EVENT, { ...DEFAULT_RULES, garbageCollected: false }],
  [EVENT_V1, { ...DEFAULT_RULES, garbageCollected: false }],
  [LEASE, { ...DEFAULT_RULES, unconditionalUpdate: false }],
  [NAMESPACE, namespaceRules],
  [POD, podRules],
  [SERVICE, serviceRules],
  [SERVICE_ACCOUNT, { ...DEFAULT_RULES, unconditionalUpdate: false, returnsDeleted: true }],
]);

export function rulesOf(kind: Kind): Rules {
  return RULES.get(kind) ?? DEFAULT_RULES;
}
