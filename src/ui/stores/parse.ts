import type {
  Deployment,
  Event,
  Lease,
  Node,
  Pod,
  Service,
  EndpointSlice,
  Endpoints,
  ReplicaSet,
} from '../../api/types.gen.ts';
import type { StoredObject } from './world.ts';

/** What every stored object has. */
export interface ApiObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: {
    readonly name?: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly creationTimestamp?: string;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly {
      readonly kind: string;
      readonly name: string;
      readonly uid: string;
      readonly controller?: boolean;
    }[];
  };
}

export interface Parsed {
  readonly pods: Pod;
  readonly nodes: Node;
  readonly leases: Lease;
  readonly events: Event;
  readonly services: Service;
  readonly endpoints: Endpoints;
  readonly endpointslices: EndpointSlice;
  readonly replicasets: ReplicaSet;
  readonly deployments: Deployment;
}

/** Where the apiserver keeps a kind; upstream's names. */
export const PREFIX: { readonly [kind in keyof Parsed]: string } = {
  pods: '/registry/pods/',
  nodes: '/registry/minions/',
  leases: '/registry/leases/',
  events: '/registry/events/',
  services: '/registry/services/specs/',
  endpoints: '/registry/services/endpoints/',
  endpointslices: '/registry/endpointslices/',
  replicasets: '/registry/replicasets/',
  deployments: '/registry/deployments/',
};

const cache = new WeakMap<StoredObject, object>();

/** The object behind a key, parsed once for each of its revisions. What is not an object reads as an empty one. */
export function objectOf(stored: StoredObject): ApiObject {
  const known = cache.get(stored);
  if (known !== undefined) return known;
  const parsed = parseObject(stored.value);
  cache.set(stored, parsed);
  return parsed;
}

export function parseObject(value: string): ApiObject {
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch {
    return {};
  }
}

/** An object of a kind that its key vouches for. */
export function readAs<K extends keyof Parsed>(_kind: K, stored: StoredObject): Partial<Parsed[K]> {
  return objectOf(stored) as Partial<Parsed[K]>;
}

export interface KeyParts {
  readonly resource: string;
  readonly namespace?: string;
  readonly name: string;
}

const RENAMED: Readonly<Record<string, string>> = {
  minions: 'nodes',
  'services/specs': 'services',
  'services/endpoints': 'endpoints',
};

/** `/registry/pods/default/web-0` → pods, default, web-0. */
export function partsOfKey(key: string): KeyParts {
  const parts = key.replace(/^\/registry\//, '').split('/');
  const deep = `${parts[0] ?? ''}/${parts[1] ?? ''}`;
  const skip = RENAMED[deep] === undefined ? 1 : 2;
  const resource = RENAMED[deep] ?? RENAMED[parts[0] ?? ''] ?? parts[0] ?? '';
  const rest = parts.slice(skip);
  return rest.length > 1
    ? { resource, namespace: rest[0] ?? '', name: rest.slice(1).join('/') }
    : { resource, name: rest[0] ?? '' };
}
