// Models ValidatePodSpec of pkg/apis/core/validation.
import { dns1123Label, dns1123Subdomain, qualifiedName } from '../names.ts';
import type { EphemeralContainer, PodSecurityContext, PodSpec } from '../types.gen.ts';
import type { PodContext } from './containers.ts';
import { validateContainers, validateInitContainers, validateProfile } from './containers.ts';
import type { FieldErrors } from './field.ts';
import { complaints, duplicate, forbiddenField, invalid, notInSet, notSupported, required } from './field.ts';
import { isIP } from './ip.ts';
import { validateLabels } from './metadata.ts';
import { validateResources } from './resources.ts';
import { validateAffinity, validateTolerations, validateTopologySpread } from './scheduling.ts';
import { validateVolumes } from './volumes.ts';

const RESTART_POLICIES = ['Always', 'OnFailure', 'Never'];
const DNS_POLICIES = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];
const SYSCTL = /^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$/;
const MAX_INT32 = 2_147_483_647;

export function validatePodSpec(spec: PodSpec, path: string): FieldErrors {
  const { names, errors } = validateVolumes(spec.volumes ?? [], `${path}.volumes`);
  const context: PodContext = { volumes: names, hostNetwork: spec.hostNetwork === true };
  errors.push(...validateContainers(spec.containers ?? [], context, `${path}.containers`));
  errors.push(
    ...validateInitContainers(spec.initContainers ?? [], spec.containers ?? [], context, `${path}.initContainers`),
  );
  errors.push(...validateEphemeralContainers(spec.ephemeralContainers ?? [], spec, `${path}.ephemeralContainers`));
  if (spec.resources !== undefined) errors.push(...validateResources(spec.resources, `${path}.resources`));
  errors.push(...validatePolicies(spec, path));
  errors.push(...validateLabels(spec.nodeSelector, `${path}.nodeSelector`));
  errors.push(...validateHostAccess(spec, path));
  errors.push(...validatePodSecurityContext(spec.securityContext, `${path}.securityContext`));
  (spec.imagePullSecrets ?? []).forEach((reference, i) => {
    if ((reference.name ?? '') === '') errors.push(required(`${path}.imagePullSecrets[${i}].name`));
  });
  errors.push(...validateAffinity(spec.affinity, `${path}.affinity`));
  errors.push(...validateDnsConfig(spec, path));
  errors.push(...validateGates(spec, path));
  errors.push(...validateTopologySpread(spec.topologySpreadConstraints ?? [], `${path}.topologySpreadConstraints`));
  errors.push(...validateNames(spec, path));
  errors.push(...validateTolerations(spec.tolerations ?? [], `${path}.tolerations`));
  errors.push(...validateTail(spec, path));
  return errors;
}

function validatePolicies(spec: PodSpec, path: string): FieldErrors {
  const errors: FieldErrors = [];
  const { restartPolicy = '', dnsPolicy = '' } = spec;
  if (restartPolicy === '') errors.push(required(`${path}.restartPolicy`));
  else if (!RESTART_POLICIES.includes(restartPolicy)) {
    errors.push(notSupported(`${path}.restartPolicy`, restartPolicy, RESTART_POLICIES));
  }
  if (dnsPolicy === '') errors.push(required(`${path}.dnsPolicy`));
  else if (!DNS_POLICIES.includes(dnsPolicy)) errors.push(notSupported(`${path}.dnsPolicy`, dnsPolicy, DNS_POLICIES));
  return errors;
}

/** A user namespace of its own does not go with the host's other namespaces. */
function validateHostAccess(spec: PodSpec, path: string): FieldErrors {
  const errors: FieldErrors = [];
  if (spec.shareProcessNamespace === true && spec.hostPID === true) {
    errors.push(
      invalid(
        `${path}.securityContext.shareProcessNamespace`,
        true,
        'ShareProcessNamespace and HostPID cannot both be enabled',
      ),
    );
  }
  if (spec.hostUsers !== false) return errors;
  if (spec.hostNetwork === true) errors.push(forbiddenField(`${path}.hostNetwork`, 'when `hostUsers` is false'));
  if (spec.hostPID === true) errors.push(forbiddenField(`${path}.HostPID`, 'when `hostUsers` is false'));
  if (spec.hostIPC === true) errors.push(forbiddenField(`${path}.HostIPC`, 'when `hostUsers` is false'));
  return errors;
}

function validatePodSecurityContext(context: PodSecurityContext | undefined, path: string): FieldErrors {
  if (context === undefined) return [];
  const errors: FieldErrors = [];
  const id = (key: string, value: number | undefined): void => {
    if (value !== undefined && (value < 0 || value > MAX_INT32)) {
      errors.push(invalid(`${path}.${key}`, value, 'must be between 0 and 2147483647, inclusive'));
    }
  };
  id('fsGroup', context.fsGroup);
  id('runAsUser', context.runAsUser);
  id('runAsGroup', context.runAsGroup);
  (context.supplementalGroups ?? []).forEach((group, i) => id(`supplementalGroups[${i}]`, group));
  const seen = new Set<string>();
  (context.sysctls ?? []).forEach((sysctl, i) => {
    const at = `${path}.sysctls[${i}]`;
    if (sysctl.name === '') errors.push(required(`${at}.name`));
    else if (sysctl.name.length > 253 || !SYSCTL.test(sysctl.name)) {
      errors.push(
        invalid(
          `${at}.name`,
          sysctl.name,
          'must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$',
        ),
      );
    } else if (seen.has(sysctl.name)) errors.push(duplicate(`${at}.name`, sysctl.name));
    seen.add(sysctl.name);
  });
  const change = context.fsGroupChangePolicy;
  if (change !== undefined && change !== 'Always' && change !== 'OnRootMismatch') {
    errors.push(notInSet(`${path}.fsGroupChangePolicy`, change, ['OnRootMismatch', 'Always']));
  }
  errors.push(...validateProfile(context.seccompProfile, `${path}.seccompProfile`));
  return errors;
}

function validateDnsConfig(spec: PodSpec, path: string): FieldErrors {
  const errors: FieldErrors = [];
  const config = spec.dnsConfig;
  const at = `${path}.dnsConfig`;
  if (spec.dnsPolicy === 'None') {
    if (config === undefined) {
      return [required(at, 'must provide `dnsConfig` when `dnsPolicy` is None')];
    }
    if ((config.nameservers ?? []).length === 0) {
      errors.push(required(`${at}.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None'));
    }
  }
  if (config === undefined) return errors;
  if ((config.nameservers ?? []).length > 3) {
    errors.push(invalid(`${at}.nameservers`, config.nameservers, 'must not have more than 3 nameservers'));
  }
  (config.nameservers ?? []).forEach((server, i) => {
    if (!isIP(server)) {
      errors.push(
        invalid(`${at}.nameservers[${i}]`, server, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'),
      );
    }
  });
  (config.searches ?? []).forEach((search, i) => {
    const name = search.endsWith('.') ? search.slice(0, -1) : search;
    if (name !== '')
      errors.push(...complaints(`${at}.searches[${i}]`, search, dns1123Subdomain(name.replaceAll('_', '-'))));
  });
  (config.options ?? []).forEach((option, i) => {
    if ((option.name ?? '') === '') errors.push(required(`${at}.options[${i}]`, 'must not be empty'));
  });
  return errors;
}

function validateGates(spec: PodSpec, path: string): FieldErrors {
  const errors: FieldErrors = [];
  (spec.readinessGates ?? []).forEach((gate, i) => {
    errors.push(
      ...complaints(
        `${path}.readinessGates[${i}].conditionType`,
        gate.conditionType,
        qualifiedName(gate.conditionType),
      ),
    );
  });
  const seen = new Set<string>();
  (spec.schedulingGates ?? []).forEach((gate, i) => {
    const at = `${path}.schedulingGates[${i}]`;
    errors.push(...complaints(at, gate.name, qualifiedName(gate.name)));
    if (seen.has(gate.name)) errors.push(duplicate(at, gate.name));
    seen.add(gate.name);
  });
  return errors;
}

function validateNames(spec: PodSpec, path: string): FieldErrors {
  const errors: FieldErrors = [];
  const check = (key: keyof PodSpec, value: string | undefined, rule: (text: string) => string[]): void => {
    if ((value ?? '') !== '') errors.push(...complaints(`${path}.${key}`, value, rule(value ?? '')));
  };
  check('serviceAccountName', spec.serviceAccountName, dns1123Subdomain);
  check('nodeName', spec.nodeName, dns1123Subdomain);
  const deadline = spec.activeDeadlineSeconds;
  if (deadline !== undefined && (deadline < 1 || deadline > MAX_INT32)) {
    errors.push(invalid(`${path}.activeDeadlineSeconds`, deadline, 'must be between 1 and 2147483647, inclusive'));
  }
  check('hostname', spec.hostname, dns1123Label);
  check('subdomain', spec.subdomain, dns1123Label);
  return errors;
}

function validateTail(spec: PodSpec, path: string): FieldErrors {
  const errors: FieldErrors = [];
  (spec.hostAliases ?? []).forEach((alias, i) => {
    const at = `${path}.hostAliases[${i}]`;
    if (!isIP(alias.ip))
      errors.push(invalid(`${at}.ip`, alias.ip, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'));
    (alias.hostnames ?? []).forEach((name) =>
      errors.push(...complaints(`${at}.hostnames`, name, dns1123Subdomain(name))),
    );
  });
  for (const key of ['priorityClassName', 'runtimeClassName'] as const) {
    const name = spec[key] ?? '';
    if (name !== '') errors.push(...complaints(`${path}.${key}`, name, dns1123Subdomain(name)));
  }
  const preemption = spec.preemptionPolicy;
  if (preemption !== undefined && preemption !== 'PreemptLowerPriority' && preemption !== 'Never') {
    errors.push(notInSet(`${path}.preemptionPolicy`, preemption, ['PreemptLowerPriority', 'Never']));
  }
  const os = spec.os?.name;
  if (os !== undefined && os !== 'linux' && os !== 'windows') {
    errors.push(os === '' ? required(`${path}.os.name`) : notInSet(`${path}.os`, os, ['linux', 'windows']));
  }
  return errors;
}

const EPHEMERAL_FORBIDDEN = [
  'lifecycle',
  'livenessProbe',
  'ports',
  'readinessProbe',
  'resizePolicy',
  'resources',
  'startupProbe',
] as const;

function validateEphemeralContainers(
  containers: readonly EphemeralContainer[],
  spec: PodSpec,
  path: string,
): FieldErrors {
  const errors: FieldErrors = [];
  const others = new Set(
    [...(spec.containers ?? []), ...(spec.initContainers ?? [])].map((container) => container.name),
  );
  const names = new Set(others);
  containers.forEach((container, i) => {
    const at = `${path}[${i}]`;
    if (container.name === '') errors.push(required(`${at}.name`));
    else errors.push(...complaints(`${at}.name`, container.name, dns1123Label(container.name)));
    if ((container.image ?? '') === '') errors.push(required(`${at}.image`));
    if (names.has(container.name)) errors.push(duplicate(`${at}.name`, container.name));
    names.add(container.name);
    const target = container.targetContainerName ?? '';
    if (target !== '' && !others.has(target)) {
      errors.push({
        reason: 'FieldValueNotFound',
        field: `${at}.targetContainerName`,
        message: `Not found: ${JSON.stringify(target)}`,
      });
    }
    for (const key of EPHEMERAL_FORBIDDEN) {
      const value = container[key];
      if (value === undefined || Object.keys(value).length === 0) continue;
      errors.push(forbiddenField(`${at}.${key}`, 'cannot be set for an Ephemeral Container'));
    }
  });
  return errors;
}
