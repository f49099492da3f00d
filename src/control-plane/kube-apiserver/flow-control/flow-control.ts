// Which priority level a request belongs to. Models apiserver/pkg/util/flowcontrol/rule.go.
import type { Kind } from '../../../api/kind.ts';
import type {
  FlowcontrolSubject,
  FlowSchema,
  KubeObject,
  PriorityLevelConfiguration,
  ResourcePolicyRule,
} from '../../../api/types.gen.ts';
import type { Attributes, User } from '../auth.ts';
import type { WatchCache } from '../storage/watch-cache.ts';
import { FLOW_SCHEMA, PRIORITY_LEVEL_CONFIGURATION } from '../../../api/kinds/index.ts';
import { keyOf } from '../../../api/scheme.ts';
import { must } from '../../../lib/assert.ts';
import { compareStrings } from '../../../lib/order.ts';
import { asFlowSchema } from './dangling.ts';

export interface Flow {
  readonly schema: FlowSchema;
  readonly level: PriorityLevelConfiguration;
  /** What answers carry, made once. */
  readonly headers: Readonly<Record<string, string>>;
}

interface Candidate {
  readonly flow: Flow;
  readonly rules: NonNullable<FlowSchema['spec']['rules']>;
}

const KNOWN_LIMIT = 1000;

export class FlowControl {
  readonly #cacheOf: (kind: Kind) => WatchCache;
  /** In order of precedence. */
  #flows: Flow[] = [];
  readonly #candidates = new Map<string, readonly Candidate[]>();
  #levels: readonly PriorityLevelConfiguration[] = [];
  #generation = -1;

  constructor(cacheOf: (kind: Kind) => WatchCache) {
    this.#cacheOf = cacheOf;
  }

  /** Undefined while the cluster has no schema that takes it. */
  classify(user: User, attributes: Attributes): Flow | undefined {
    for (const { flow, rules } of this.#candidatesOf(user))
      for (const rule of rules) if (matches(rule, attributes)) return flow;
    return undefined;
  }

  /** All of them, in the order of their names; another list once one has changed. */
  get levels(): readonly PriorityLevelConfiguration[] {
    return this.#levels;
  }

  #candidatesOf(user: User): readonly Candidate[] {
    this.#refresh();
    const key = `${user.name}\0${user.groups.join('\0')}`;
    const known = this.#candidates.get(key);
    if (known !== undefined) return known;
    const found = this.#flows
      .map((flow) => ({
        flow,
        rules: (flow.schema.spec.rules ?? []).filter(({ subjects }) =>
          subjects.some((subject) => isSubject(user, subject)),
        ),
      }))
      .filter(({ rules }) => rules.length > 0);
    this.#candidates.set(key, found);
    return found;
  }

  #refresh(): void {
    const schemas = this.#cacheOf(FLOW_SCHEMA);
    const levels = this.#cacheOf(PRIORITY_LEVEL_CONFIGURATION);
    const generation = schemas.generation + levels.generation;
    if (generation === this.#generation && this.#candidates.size <= KNOWN_LIMIT) return;
    this.#generation = generation;
    this.#candidates.clear();
    this.#levels = [...levels.range(levels.prefix)].map(([, object]) => asPriorityLevel(object));
    this.#flows = [...schemas.range(schemas.prefix)]
      .map(([, object]) => asFlowSchema(object))
      .filter((schema) => levels.get(levelKey(schema)) !== undefined)
      .sort((a, b) => precedence(a) - precedence(b) || compareStrings(a.metadata.name, b.metadata.name))
      .map((schema) => flowOf(schema, asPriorityLevel(must(levels.get(levelKey(schema))))));
  }
}

function asPriorityLevel(object: KubeObject): PriorityLevelConfiguration {
  return object as PriorityLevelConfiguration;
}

function levelKey(schema: FlowSchema): string {
  return keyOf(PRIORITY_LEVEL_CONFIGURATION, undefined, schema.spec.priorityLevelConfiguration.name);
}

function precedence(schema: FlowSchema): number {
  return schema.spec.matchingPrecedence ?? 0;
}

function flowOf(schema: FlowSchema, level: PriorityLevelConfiguration): Flow {
  return {
    schema,
    level,
    headers: {
      'x-kubernetes-pf-flowschema-uid': schema.metadata.uid ?? '',
      'x-kubernetes-pf-prioritylevel-uid': level.metadata.uid ?? '',
    },
  };
}

function isSubject(user: User, { kind, user: named, group, serviceAccount }: FlowcontrolSubject): boolean {
  switch (kind) {
    case 'User':
      return named !== undefined && (named.name === '*' || named.name === user.name);
    case 'Group':
      return group !== undefined && (group.name === '*' || user.groups.includes(group.name));
    case 'ServiceAccount': {
      if (serviceAccount === undefined) return false;
      const { namespace, name } = serviceAccount;
      const prefix = `system:serviceaccount:${namespace}:`;
      return name === '*' ? user.name.startsWith(prefix) : user.name === prefix + name;
    }
    default:
      return false;
  }
}

function matches(rule: NonNullable<FlowSchema['spec']['rules']>[number], attributes: Attributes): boolean {
  if (attributes.isResourceRequest) return (rule.resourceRules ?? []).some((each) => matchesResource(each, attributes));
  return (rule.nonResourceRules ?? []).some(
    ({ verbs, nonResourceURLs }) =>
      has(verbs, attributes.verb) && nonResourceURLs.some((url) => isUrl(url, attributes.path)),
  );
}

function matchesResource(rule: ResourcePolicyRule, attributes: Attributes): boolean {
  const { group, resource, subresource, namespace, verb } = attributes;
  if (!has(rule.verbs, verb) || !has(rule.apiGroups, group)) return false;
  if (!has(rule.resources, subresource === '' ? resource : `${resource}/${subresource}`)) return false;
  return namespace === '' ? rule.clusterScope === true : has(rule.namespaces ?? [], namespace);
}

function has(list: readonly string[], value: string): boolean {
  return list.includes('*') || list.includes(value);
}

function isUrl(pattern: string, path: string): boolean {
  if (pattern === '*' || pattern === path) return true;
  return pattern.endsWith('/*') && path.startsWith(pattern.slice(0, -1));
}
