// What the server warns of without refusing. Models pkg/api/pod/warnings.go and the strategies' WarningsOnCreate.
import type { Kind } from './kind.ts';
import type { KubeObject } from './meta.ts';
import { dns1123Label } from './names.ts';
import { parseQuantity } from './quantity.ts';
import { quote } from './status.ts';
import type { Container, ContainerPort, Deployment, ObjectMeta, Pod, PodSpec, ReplicaSet } from './types.gen.ts';

const OLD_LABELS: Readonly<Record<string, string>> = {
  'beta.kubernetes.io/arch': 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  'beta.kubernetes.io/os': 'deprecated since v1.14; use "kubernetes.io/os" instead',
  'beta.kubernetes.io/instance-type': 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
  'failure-domain.beta.kubernetes.io/region': 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  'failure-domain.beta.kubernetes.io/zone': 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  'node-role.kubernetes.io/master': 'use "node-role.kubernetes.io/control-plane" instead',
};

const SECCOMP_POD = 'seccomp.security.alpha.kubernetes.io/pod';
const SECCOMP_CONTAINER = 'container.seccomp.security.alpha.kubernetes.io/';
const APPARMOR_CONTAINER = 'container.apparmor.security.beta.kubernetes.io/';

/** For `Warning` headers of a create; of an update too, when the spec changes. */
export function warningsFor(kind: Kind, object: KubeObject): string[] {
  switch (kind.type) {
    case 'Pod':
      return podWarnings(object as Pod);
    case 'Deployment':
    case 'ReplicaSet': {
      const template = (object as Deployment | ReplicaSet).spec.template;
      return template === undefined ? [] : specWarnings(template.spec, template.metadata ?? {}, 'spec.template.');
    }
    case 'Endpoints':
      return ['v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice'];
    default:
      return [];
  }
}

function podWarnings(pod: Pod): string[] {
  const problems = dns1123Label(pod.metadata.name);
  const hostname =
    problems.length === 0
      ? []
      : [
          `metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [${problems.join(' ')}]`,
        ];
  return [...hostname, ...specWarnings(pod.spec, pod.metadata, '')];
}

function specWarnings(spec: PodSpec, meta: Partial<ObjectMeta>, prefix: string): string[] {
  const warnings: string[] = [];
  for (const key of Object.keys(spec.nodeSelector ?? {})) {
    const advice = OLD_LABELS[key];
    if (advice !== undefined) warnings.push(`${prefix}spec.nodeSelector[${key}]: ${advice}`);
  }
  warnings.push(...annotationWarnings(meta.annotations ?? {}, prefix));
  (spec.imagePullSecrets ?? []).forEach((secret, i) => {
    if ((secret.name ?? '') === '') warnings.push(`${prefix}spec.imagePullSecrets[${i}]: invalid empty name ""`);
  });
  for (const key of ['initContainers', 'containers'] as const) {
    (spec[key] ?? []).forEach((container, i) => {
      warnings.push(...containerWarnings(container, `${prefix}spec.${key}[${i}]`));
    });
  }
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) {
    warnings.push(
      `${prefix}spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`,
    );
  }
  return warnings;
}

function annotationWarnings(annotations: Readonly<Record<string, string>>, prefix: string): string[] {
  return Object.keys(annotations).flatMap((key) => {
    const at = `${prefix}metadata.annotations[${key}]`;
    if (key === SECCOMP_POD || key.startsWith(SECCOMP_CONTAINER)) {
      return [`${at}: non-functional in v1.27+; use the "seccompProfile" field instead`];
    }
    return key.startsWith(APPARMOR_CONTAINER)
      ? [`${at}: deprecated since v1.30; use the "appArmorProfile" field instead`]
      : [];
  });
}

function containerWarnings(container: Container, path: string): string[] {
  const warnings: string[] = [];
  for (const side of ['limits', 'requests'] as const) {
    for (const resource of ['memory', 'ephemeral-storage']) {
      const amount = container.resources?.[side]?.[resource];
      if (amount === undefined || parseQuantity(amount).nanos % 1_000_000_000n === 0n) continue;
      warnings.push(
        `${path}.resources.${side}[${resource}]: fractional byte value ${quote(amount)} is invalid, must be an integer`,
      );
    }
  }
  const names = new Set<string>();
  (container.env ?? []).forEach((variable, i) => {
    if (names.has(variable.name)) {
      warnings.push(
        `${path}.env[${i}]: hides previous definition of ${quote(variable.name)}, which may be dropped when using apply`,
      );
    }
    names.add(variable.name);
  });
  return [...warnings, ...portWarnings(container.ports ?? [], path)];
}

function portWarnings(ports: readonly ContainerPort[], path: string): string[] {
  const first = new Map<string, number>();
  return ports.flatMap((port, i) => {
    const key = `${port.containerPort}/${port.protocol ?? ''}/${port.hostIP ?? ''}/${port.hostPort ?? 0}`;
    const earlier = first.get(key);
    if (earlier === undefined) {
      first.set(key, i);
      return [];
    }
    return [`${path}.ports[${i}]: duplicate port definition with ${path}.ports[${earlier}]`];
  });
}
