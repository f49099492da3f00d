// Models k8s.io/apimachinery/pkg/api/validation objectmeta.go and ValidateObjectMeta of pkg/apis/core/validation.
import { utf8Bytes } from '../../lib/fnv.ts';
import { deepEqual } from '../../lib/json.ts';
import { sortedKeys } from '../../lib/order.ts';
import type { Kind, NameRule } from '../kind.ts';
import type { KubeObject } from '../meta.ts';
import {
  dns1035Label,
  dns1123Label,
  dns1123Subdomain,
  labelKey,
  labelValue,
  pathSegment,
  qualifiedName,
} from '../names.ts';
import { quote } from '../status.ts';
import type { ObjectMeta, OwnerReference } from '../types.gen.ts';
import type { FieldErrors } from './field.ts';
import { complaints, forbiddenField, IMMUTABLE, invalid, notNegative, required, tooLong } from './field.ts';

const ANNOTATIONS_LIMIT = 256 * 1024;
const STANDARD_FINALIZERS = ['kubernetes', 'orphan', 'foregroundDeletion'];

export function nameComplaints(rule: NameRule, name: string): string[] {
  switch (rule) {
    case 'subdomain':
      return dns1123Subdomain(name);
    case 'label':
      return dns1123Label(name);
    case 'label1035':
      return dns1035Label(name);
    case 'label-or-empty':
      return name === '' ? [] : dns1123Label(name);
    case 'path-segment':
      return pathSegment(name);
  }
}

export function validateObjectMeta(kind: Kind, object: KubeObject): FieldErrors {
  const meta: Partial<ObjectMeta> = object.metadata;
  const { name = '', generateName = '', namespace = '' } = meta;
  const errors: FieldErrors = [];
  if (generateName !== '') {
    const masked =
      generateName.length > 1 && generateName.endsWith('-') ? `${generateName.slice(0, -2)}a` : generateName;
    errors.push(...complaints('metadata.generateName', generateName, nameComplaints(kind.nameRule, masked)));
  }
  if (name === '') errors.push(required('metadata.name', 'name or generateName is required'));
  else errors.push(...complaints('metadata.name', name, nameComplaints(kind.nameRule, name)));
  if (!kind.namespaced) {
    if (namespace !== '') errors.push(forbiddenField('metadata.namespace', 'not allowed on this type'));
  } else if (namespace === '') errors.push(required('metadata.namespace'));
  else errors.push(...complaints('metadata.namespace', namespace, dns1123Label(namespace)));
  errors.push(...notNegative('metadata.generation', meta.generation));
  errors.push(...validateLabels(meta.labels, 'metadata.labels'));
  errors.push(...validateAnnotations(meta.annotations, 'metadata.annotations'));
  errors.push(...validateOwnerReferences(meta.ownerReferences ?? [], 'metadata.ownerReferences'));
  errors.push(...validateFinalizers(meta.finalizers ?? [], 'metadata.finalizers'));
  return errors;
}

export function validateLabels(labels: Readonly<Record<string, string>> | undefined, path: string): FieldErrors {
  return sortedKeys(labels ?? {}).flatMap((key) => [
    ...complaints(path, key, labelKey(key)),
    ...complaints(path, labels?.[key], labelValue(labels?.[key] ?? '')),
  ]);
}

export function validateAnnotations(
  annotations: Readonly<Record<string, string>> | undefined,
  path: string,
): FieldErrors {
  const errors: FieldErrors = [];
  let size = 0;
  for (const key of sortedKeys(annotations ?? {})) {
    errors.push(...complaints(path, key, labelKey(key.toLowerCase())));
    size += utf8Bytes(key).length + utf8Bytes(annotations?.[key] ?? '').length;
  }
  if (size > ANNOTATIONS_LIMIT) errors.push(tooLong(path, ANNOTATIONS_LIMIT));
  return errors;
}

function validateOwnerReferences(references: readonly OwnerReference[], path: string): FieldErrors {
  const errors: FieldErrors = [];
  let controller: string | undefined;
  for (const reference of references) {
    if (reference.apiVersion === '') {
      errors.push(invalid(`${path}.apiVersion`, reference.apiVersion, 'version must not be empty'));
    }
    for (const key of ['kind', 'name', 'uid'] as const) {
      if (reference[key] === '') errors.push(invalid(`${path}.${key}`, reference[key], 'must not be empty'));
    }
    if (reference.apiVersion === 'v1' && reference.kind === 'Event') {
      errors.push(invalid(path, reference, '/v1, Kind=Event is disallowed from being an owner'));
    }
    if (reference.controller !== true) continue;
    if (controller !== undefined) {
      errors.push(
        invalid(
          path,
          references,
          `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${reference.name}`,
        ),
      );
    }
    controller = reference.name;
  }
  return errors;
}

function validateFinalizers(finalizers: readonly string[], path: string): FieldErrors {
  const errors = finalizers.flatMap((finalizer, i) => {
    const problems = complaints(path, finalizer, qualifiedName(finalizer));
    return problems.length > 0 ? problems : standardFinalizer(`${path}[${i}]`, finalizer);
  });
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    errors.push(invalid(path, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'));
  }
  return errors;
}

/** A finalizer without a domain must be one that the system knows. */
export function standardFinalizer(path: string, finalizer: string): FieldErrors {
  return finalizer.includes('/') || STANDARD_FINALIZERS.includes(finalizer)
    ? []
    : [invalid(path, finalizer, 'name is neither a standard finalizer name nor is it fully qualified')];
}

export function validateObjectMetaUpdate(next: KubeObject, old: KubeObject): FieldErrors {
  const errors: FieldErrors = [];
  const added = (next.metadata.finalizers ?? []).filter((name) => !(old.metadata.finalizers ?? []).includes(name));
  if (old.metadata.deletionTimestamp !== undefined && added.length > 0) {
    errors.push(
      forbiddenField(
        'metadata.finalizers',
        `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map(quote).join(', ')}}`,
      ),
    );
  }
  if ((next.metadata.resourceVersion ?? '') === '') {
    errors.push(
      invalid('metadata.resourceVersion', next.metadata.resourceVersion ?? '', 'must be specified for an update'),
    );
  }
  if ((next.metadata.generation ?? 0) < (old.metadata.generation ?? 0)) {
    errors.push(invalid('metadata.generation', next.metadata.generation ?? 0, 'must not be decremented'));
  }
  for (const key of [
    'name',
    'namespace',
    'uid',
    'creationTimestamp',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
  ] as const) {
    if (!deepEqual(next.metadata[key], old.metadata[key])) {
      errors.push(invalid(`metadata.${key}`, next.metadata[key], IMMUTABLE));
    }
  }
  errors.push(...validateLabels(next.metadata.labels, 'metadata.labels'));
  errors.push(...validateAnnotations(next.metadata.annotations, 'metadata.annotations'));
  errors.push(...validateOwnerReferences(next.metadata.ownerReferences ?? [], 'metadata.ownerReferences'));
  return errors;
}
