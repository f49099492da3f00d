import type { KubeObject } from '../../../api/types.gen.ts';
import type { KeyValue } from '../../../api/etcd.ts';
import { isObject, setOwn } from '../../../lib/json.ts';

/** An object as stored, with resourceVersion set. Never changed in place once it is here. */
export type Stored = KubeObject;

/** Reads what is stored under a key. Whatever is stored was written by an apiserver. */
export function decodeStored(kv: KeyValue): Stored {
  return withResourceVersion(JSON.parse(kv.value) as Stored, kv.modRevision);
}

/** What is stored of an object: everything but its resourceVersion, which the key's revision gives. */
export function encodeStored(object: KubeObject): string {
  const { apiVersion, kind, metadata, ...rest } = object;
  const { resourceVersion: _, ...kept } = metadata;
  return JSON.stringify({ kind, apiVersion, metadata: kept, ...rest });
}

/** In the order in which upstream writes an object's members. */
export function withResourceVersion(object: KubeObject, revision: number): Stored {
  const { kind, apiVersion, metadata, ...rest } = object;
  const { name, generateName, namespace, uid, resourceVersion: _, ...others } = metadata;
  return {
    kind,
    apiVersion,
    metadata: {
      name,
      ...(generateName === undefined ? {} : { generateName }),
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      resourceVersion: String(revision),
      ...others,
    },
    ...rest,
  };
}

export function withMetadata(object: KubeObject, change: Partial<KubeObject['metadata']>): KubeObject {
  const metadata: Record<string, unknown> = { ...object.metadata };
  for (const [key, value] of Object.entries(change)) {
    if (value === undefined) delete metadata[key];
    else metadata[key] = value;
  }
  return { ...object, metadata: metadata as unknown as KubeObject['metadata'] };
}

/** A member of an object whose kind is not known statically. */
export function member(object: object | undefined, name: string): unknown {
  return object !== undefined && Object.hasOwn(object, name)
    ? (object as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

export function memberObject(object: object | undefined, name: string): Readonly<Record<string, unknown>> | undefined {
  const value = member(object, name);
  return isObject(value) ? value : undefined;
}

export function withMember(object: KubeObject, name: string, value: unknown): KubeObject {
  const copy: Record<string, unknown> = { ...object };
  if (value === undefined) delete copy[name];
  else setOwn(copy, name, value);
  return copy as unknown as KubeObject;
}
