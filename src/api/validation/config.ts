// Models the rules for ConfigMaps, Secrets and ServiceAccounts of pkg/apis/core/validation.
import { deepEqual } from '../../lib/json.ts';
import { sortedKeys } from '../../lib/order.ts';
import { utf8Bytes } from '../../lib/fnv.ts';
import { decodeBase64 } from '../base64.ts';
import { CONFIG_MAP } from '../kinds/config-map.ts';
import { SECRET } from '../kinds/secret.ts';
import { configMapKey } from '../names.ts';
import type { ConfigMap, Secret } from '../types.gen.ts';
import type { FieldErrors } from './field.ts';
import { complaints, forbiddenField, IMMUTABLE, invalid, required, tooLong } from './field.ts';
import { validateObjectMeta, validateObjectMetaUpdate } from './metadata.ts';

const SIZE_LIMIT = 1024 * 1024;
const FROZEN = 'field is immutable when `immutable` is set';

export function validateConfigMap(map: ConfigMap): FieldErrors {
  return [...validateObjectMeta(CONFIG_MAP, map), ...validateConfigData(map)];
}

function validateConfigData(map: ConfigMap): FieldErrors {
  const errors: FieldErrors = [];
  let size = 0;
  for (const key of sortedKeys(map.data ?? {})) {
    errors.push(...complaints(`data[${key}]`, key, configMapKey(key)));
    if (map.binaryData?.[key] !== undefined) {
      errors.push(invalid(`data[${key}]`, key, 'duplicate of key present in binaryData'));
    }
    size += utf8Bytes(map.data?.[key] ?? '').length;
  }
  for (const key of sortedKeys(map.binaryData ?? {})) {
    errors.push(...complaints(`binaryData[${key}]`, key, configMapKey(key)));
    size += decodeBase64(map.binaryData?.[key] ?? '').length;
  }
  if (size > SIZE_LIMIT) errors.push(tooLong('', SIZE_LIMIT));
  return errors;
}

export function validateConfigMapUpdate(next: ConfigMap, old: ConfigMap): FieldErrors {
  const errors = validateObjectMetaUpdate(next, old);
  if (old.immutable === true) {
    if (next.immutable !== true) errors.push(forbiddenField('immutable', FROZEN));
    if (!deepEqual(next.data ?? {}, old.data ?? {})) errors.push(forbiddenField('data', FROZEN));
    if (!deepEqual(next.binaryData ?? {}, old.binaryData ?? {})) errors.push(forbiddenField('binaryData', FROZEN));
  }
  return [...errors, ...validateConfigData(next)];
}

export function validateSecret(secret: Secret): FieldErrors {
  return [...validateObjectMeta(SECRET, secret), ...validateSecretData(secret)];
}

/** What each type of secret must hold. */
const REQUIRED_KEYS: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
};

function validateSecretData(secret: Secret): FieldErrors {
  const errors: FieldErrors = [];
  const data = secret.data ?? {};
  let size = 0;
  for (const key of sortedKeys(data)) {
    errors.push(...complaints(`data[${key}]`, key, configMapKey(key)));
    size += decodeBase64(data[key] ?? '').length;
  }
  if (size > SIZE_LIMIT) errors.push(tooLong('data', SIZE_LIMIT));
  for (const key of REQUIRED_KEYS[secret.type ?? ''] ?? []) {
    const value = data[key];
    if (value === undefined) errors.push(required(`data[${key}]`));
    else if (key.startsWith('.docker') && !isJson(value)) {
      errors.push(invalid(`data[${key}]`, '<secret contents redacted>', 'invalid character in JSON'));
    }
  }
  if (secret.type === 'kubernetes.io/basic-auth' && data['username'] === undefined && data['password'] === undefined) {
    errors.push(required('data[username]'), required('data[password]'));
  }
  const account = secret.metadata.annotations?.['kubernetes.io/service-account.name'] ?? '';
  if (secret.type === 'kubernetes.io/service-account-token' && account === '') {
    errors.push(required('metadata.annotations[kubernetes.io/service-account.name]'));
  }
  return errors;
}

function isJson(base64: string): boolean {
  try {
    JSON.parse(new TextDecoder().decode(decodeBase64(base64)));
    return true;
  } catch {
    return false;
  }
}

export function validateSecretUpdate(next: Secret, old: Secret): FieldErrors {
  const errors = validateObjectMetaUpdate(next, old);
  if (next.type !== old.type) errors.push(invalid('type', next.type, IMMUTABLE));
  if (old.immutable === true) {
    if (next.immutable !== true) errors.push(forbiddenField('immutable', FROZEN));
    if (!deepEqual(next.data ?? {}, old.data ?? {})) errors.push(forbiddenField('data', FROZEN));
  }
  return [...errors, ...validateSecretData(next)];
}
