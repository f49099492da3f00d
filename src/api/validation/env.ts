// Models ValidateEnv and ValidateEnvFrom of pkg/apis/core/validation.
import { configMapKey, dns1123Subdomain, relaxedEnvVarName } from '../names.ts';
import type { EnvFromSource, EnvVar, EnvVarSource, ObjectFieldSelector } from '../types.gen.ts';
import type { FieldErrors } from './field.ts';
import { complaints, invalid, notInSet, required } from './field.ts';

const ENV_FIELD_PATHS = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];
export const VOLUME_FIELD_PATHS = [
  'metadata.name',
  'metadata.namespace',
  'metadata.labels',
  'metadata.annotations',
  'metadata.uid',
];

/** The fields that the API can name at all. */
const POD_FIELD_PATHS = new Set([
  ...ENV_FIELD_PATHS,
  ...VOLUME_FIELD_PATHS,
  'spec.restartPolicy',
  'spec.schedulerName',
  'spec.hostNetwork',
  'status.phase',
  'status.nominatedNodeName',
]);

const RESOURCES = [
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
  'requests.cpu',
  'requests.memory',
  'requests.ephemeral-storage',
];

export function validateEnv(env: readonly EnvVar[], path: string): FieldErrors {
  return env.flatMap((variable, i) => {
    const at = `${path}[${i}]`;
    const errors =
      variable.name === ''
        ? [required(`${at}.name`)]
        : complaints(`${at}.name`, variable.name, relaxedEnvVarName(variable.name));
    return variable.valueFrom === undefined
      ? errors
      : [...errors, ...validateValueFrom(variable.valueFrom, variable.value ?? '', `${at}.valueFrom`)];
  });
}

function validateValueFrom(source: EnvVarSource, value: string, path: string): FieldErrors {
  const errors: FieldErrors = [];
  let sources = 0;
  if (source.fieldRef !== undefined) {
    sources++;
    errors.push(...validateFieldRef(source.fieldRef, ENV_FIELD_PATHS, `${path}.fieldRef`));
  }
  if (source.resourceFieldRef !== undefined) {
    sources++;
    errors.push(...validateResourceFieldRef(source.resourceFieldRef, `${path}.resourceFieldRef`, false));
  }
  for (const name of ['configMapKeyRef', 'secretKeyRef'] as const) {
    const reference = source[name];
    if (reference === undefined) continue;
    sources++;
    errors.push(...validateKeyRef(reference.name ?? '', reference.key, `${path}.${name}`));
  }
  if (source.fileKeyRef !== undefined) sources++;
  if (sources === 0) {
    errors.push(
      invalid(
        path,
        '',
        'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`',
      ),
    );
  } else if (value !== '') {
    errors.push(invalid(path, '', 'may not be specified when `value` is not empty'));
  } else if (sources > 1) {
    errors.push(invalid(path, '', 'may not have more than one field specified at a time'));
  }
  return errors;
}

function validateKeyRef(name: string, key: string, path: string): FieldErrors {
  const errors = name === '' ? [required(`${path}.name`)] : [];
  return key === ''
    ? [...errors, required(`${path}.key`)]
    : [...errors, ...complaints(`${path}.key`, key, configMapKey(key))];
}

export function validateFieldRef(
  reference: ObjectFieldSelector,
  allowed: readonly string[],
  path: string,
): FieldErrors {
  const field = reference.fieldPath;
  if ((reference.apiVersion ?? '') === '') return [required(`${path}.apiVersion`)];
  if (field === '') return [required(`${path}.fieldPath`)];
  const subscript = /^metadata\.(annotations|labels)\['(.*)'\]$/.exec(field);
  if (subscript !== null) return [];
  if (!POD_FIELD_PATHS.has(field)) {
    return [invalid(`${path}.fieldPath`, field, `error converting fieldPath: field label not supported: ${field}`)];
  }
  return allowed.includes(field) ? [] : [notInSet(`${path}.fieldPath`, field, allowed)];
}

export function validateResourceFieldRef(
  reference: { readonly resource: string; readonly containerName?: string },
  path: string,
  volume: boolean,
): FieldErrors {
  if (volume && (reference.containerName ?? '') === '') return [required(`${path}.containerName`)];
  if (reference.resource === '') return [required(`${path}.resource`)];
  const known = RESOURCES.includes(reference.resource) || /^(limits|requests)\.hugepages-/.test(reference.resource);
  return known ? [] : [notInSet(`${path}.resource`, reference.resource, RESOURCES)];
}

export function validateEnvFrom(sources: readonly EnvFromSource[], path: string): FieldErrors {
  return sources.flatMap((source, i) => {
    const at = `${path}[${i}]`;
    const errors: FieldErrors = [];
    if ((source.prefix ?? '') !== '') {
      errors.push(...complaints(`${at}.prefix`, source.prefix, relaxedEnvVarName(source.prefix ?? '')));
    }
    for (const name of ['configMapRef', 'secretRef'] as const) {
      const reference = source[name];
      if (reference === undefined) continue;
      if ((reference.name ?? '') === '') errors.push(required(`${at}.${name}.name`));
      else errors.push(...complaints(`${at}.${name}.name`, reference.name, dns1123Subdomain(reference.name ?? '')));
    }
    const count = (source.configMapRef === undefined ? 0 : 1) + (source.secretRef === undefined ? 0 : 1);
    if (count === 0) errors.push(invalid(path, '', 'must specify one of: `configMapRef` or `secretRef`'));
    if (count > 1) errors.push(invalid(path, '', 'may not have more than one field specified at a time'));
    return errors;
  });
}
