// Models kubectl/pkg/cmd/debug/profiles.go: what each profile does to the pod that is looked into, copied or made.
import { list, record, str, withValue } from '../../object.ts';
import type { Obj } from '../../server.ts';

export type Style = 'ephemeral' | 'copy' | 'node';

/** What a copy keeps of the pod that it was made from. */
export interface Keep {
  readonly labels: boolean;
  readonly annotations: boolean;
  readonly liveness: boolean;
  readonly readiness: boolean;
  readonly startup: boolean;
  readonly initContainers: boolean;
}

export interface Profile {
  /** Changes the debug container, which is in the list `field` of the pod's spec. */
  container(container: Obj, style: Style): Obj;
  pod(pod: Obj, style: Style, keep: Keep): Obj;
}

const PROFILES: Readonly<Record<string, Profile>> = {
  legacy: {
    container: (container, style) => (style === 'node' ? withHostMount(container) : container),
    pod: (pod, style) =>
      style === 'node'
        ? withHostRoot(withHostNamespaces(pod))
        : style === 'copy'
          ? withValue(pod, ['metadata', 'labels'], undefined)
          : pod,
  },
  general: {
    container: (container, style) =>
      style === 'node'
        ? withHostMount(without(container, 'securityContext'))
        : withCapabilities(container, 'SYS_PTRACE'),
    pod: (pod, style, keep) => (style === 'node' ? withHostRoot(withHostNamespaces(pod)) : stripped(pod, style, keep)),
  },
  baseline: {
    container: (container) => without(container, 'securityContext'),
    pod: stripped,
  },
  restricted: {
    container: (container) => ({
      ...container,
      securityContext: {
        capabilities: { drop: ['ALL'] },
        runAsNonRoot: true,
        allowPrivilegeEscalation: false,
        seccompProfile: { type: 'RuntimeDefault' },
      },
    }),
    pod: stripped,
  },
  netadmin: {
    container: (container) => withCapabilities(container, 'NET_ADMIN', 'NET_RAW'),
    pod: (pod, style, keep) => (style === 'node' ? withHostNamespaces(pod) : stripped(pod, style, keep)),
  },
  sysadmin: {
    container: (container, style) => {
      const privileged = withValue(container, ['securityContext', 'privileged'], true);
      return style === 'node' ? withHostMount(privileged) : privileged;
    },
    pod: (pod, style, keep) => (style === 'node' ? withHostRoot(withHostNamespaces(pod)) : stripped(pod, style, keep)),
  },
};

export function profileNamed(name: string): Profile | undefined {
  return Object.hasOwn(PROFILES, name) ? PROFILES[name] : undefined;
}

/** Applies a profile to the container of that name in a list of the pod's spec, and to the pod. */
export function applyProfile(
  profile: Profile,
  pod: Obj,
  field: 'containers' | 'ephemeralContainers',
  name: string,
  style: Style,
  keep: Keep,
): Obj {
  const containers = list(pod, 'spec', field).map((each) =>
    str(each, 'name') === name ? profile.container(each, style) : each,
  );
  return profile.pod(withValue(pod, ['spec', field], containers), style, keep);
}

function without(container: Obj, key: string): Obj {
  return withValue(container, [key], undefined);
}

function withCapabilities(container: Obj, ...added: readonly string[]): Obj {
  const before = record(container, 'securityContext', 'capabilities')['add'];
  const add = [...(Array.isArray(before) ? before : []), ...added];
  return withValue(container, ['securityContext', 'capabilities', 'add'], add);
}

/** The debugger of a node finds the node's files under /host. */
function withHostMount(container: Obj): Obj {
  const mount = { mountPath: '/host', name: 'host-root' };
  return withValue(container, ['volumeMounts'], [...list(container, 'volumeMounts'), mount]);
}

function withHostRoot(pod: Obj): Obj {
  const volume = { name: 'host-root', hostPath: { path: '/' } };
  return withValue(pod, ['spec', 'volumes'], [...list(pod, 'spec', 'volumes'), volume]);
}

function withHostNamespaces(pod: Obj): Obj {
  return { ...pod, spec: { ...record(pod, 'spec'), hostNetwork: true, hostPID: true, hostIPC: true } };
}

/** A copy is not to be taken for the pod itself: no labels that select it, no probes that restart it. */
function stripped(pod: Obj, style: Style, keep: Keep): Obj {
  if (style !== 'copy') return pod;
  const probes = [
    ...(keep.liveness ? [] : ['livenessProbe']),
    ...(keep.readiness ? [] : ['readinessProbe']),
    ...(keep.startup ? [] : ['startupProbe']),
  ];
  let result = withValue(
    pod,
    ['spec', 'containers'],
    list(pod, 'spec', 'containers').map((container) => probes.reduce(without, container)),
  );
  if (!keep.labels) result = withValue(result, ['metadata', 'labels'], undefined);
  if (!keep.annotations) result = withValue(result, ['metadata', 'annotations'], undefined);
  if (!keep.initContainers) result = withValue(result, ['spec', 'initContainers'], undefined);
  if (record(result, 'spec')['shareProcessNamespace'] === undefined)
    result = withValue(result, ['spec', 'shareProcessNamespace'], true);
  return result;
}
