import type { ContainerConfig, PodSandboxConfig } from '../../api/cri.ts';
import type { Container, Pod } from '../../api/types.gen.ts';
import { quantityMilliValue, quantityValue } from '../../api/quantity.ts';
import type { Kubelet } from './context.ts';
import { expandReferences, makeEnvironment, type PodFacts } from './environment.ts';
import { CONTAINER_ANNOTATION, containerHash, LABEL, uidOf } from './format.ts';
import { mountsOf, podDirectory } from './volumes.ts';

export function sandboxConfig(kubelet: Kubelet, pod: Pod, attempt: number): PodSandboxConfig {
  const { metadata, spec } = pod;
  const namespace = metadata.namespace ?? 'default';
  return {
    metadata: { name: metadata.name, namespace, uid: uidOf(pod), attempt },
    hostname: hostnameOf(kubelet, pod),
    hostNetwork: spec.hostNetwork === true,
    labels: { ...metadata.labels, [LABEL.pod]: metadata.name, [LABEL.namespace]: namespace, [LABEL.uid]: uidOf(pod) },
    annotations: {},
    dns: dnsOf(kubelet, pod),
    portMappings: spec.containers.flatMap((container) =>
      (container.ports ?? [])
        .filter((port) => port.hostPort !== undefined)
        .map((port) => ({
          protocol: port.protocol ?? 'TCP',
          containerPort: port.containerPort,
          hostPort: port.hostPort ?? 0,
          ...(port.hostIP === undefined ? {} : { hostIp: port.hostIP }),
        })),
    ),
  };
}

/** Linux allows 63 characters. */
function hostnameOf(kubelet: Kubelet, pod: Pod): string {
  if (pod.spec.hostNetwork === true) return kubelet.config.nodeName;
  return (pod.spec.hostname ?? pod.metadata.name).slice(0, 63).replace(/[-.]+$/, '');
}

function dnsOf(kubelet: Kubelet, pod: Pod): NonNullable<PodSandboxConfig['dns']> {
  const namespace = pod.metadata.namespace ?? 'default';
  const { clusterDomain, clusterDns } = kubelet.config;
  const policy = pod.spec.dnsPolicy ?? 'ClusterFirst';
  const cluster = policy === 'ClusterFirstWithHostNet' || (policy === 'ClusterFirst' && pod.spec.hostNetwork !== true);
  const base = cluster
    ? {
        servers: clusterDns,
        searches: [`${namespace}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain],
        options: ['ndots:5'],
      }
    : policy === 'None'
      ? { servers: [], searches: [], options: [] }
      : { servers: ['127.0.0.53'], searches: [], options: [] };
  const more = pod.spec.dnsConfig;
  return {
    servers: [...base.servers, ...(more?.nameservers ?? [])],
    searches: [...base.searches, ...(more?.searches ?? [])],
    options: [
      ...base.options,
      ...(more?.options ?? []).map(({ name = '', value }) => (value === undefined ? name : `${name}:${value}`)),
    ],
  };
}

/** Everything that the runtime has to know of a container. Throws ConfigError. */
export async function containerConfig(
  kubelet: Kubelet,
  pod: Pod,
  container: Container,
  image: string,
  restartCount: number,
  facts: PodFacts,
  sandbox: PodSandboxConfig,
): Promise<ContainerConfig> {
  const envs = await makeEnvironment(kubelet, pod, container, facts);
  const known = new Map(envs.map(({ key, value }) => [key, value]));
  const namespace = pod.metadata.namespace ?? 'default';
  const { limits } = container.resources ?? {};
  return {
    metadata: { name: container.name, attempt: restartCount },
    image,
    command: (container.command ?? []).map((word) => expandReferences(word, known)),
    args: (container.args ?? []).map((word) => expandReferences(word, known)),
    ...(container.workingDir === undefined ? {} : { workingDir: container.workingDir }),
    envs,
    mounts: [
      ...mountsOf(pod, container),
      ...etcFiles(kubelet, pod, container, facts, sandbox),
      terminationLog(kubelet, pod, container, restartCount),
    ],
    labels: {
      [LABEL.container]: container.name,
      [LABEL.pod]: pod.metadata.name,
      [LABEL.namespace]: namespace,
      [LABEL.uid]: uidOf(pod),
    },
    annotations: {
      [CONTAINER_ANNOTATION.hash]: containerHash(container),
      [CONTAINER_ANNOTATION.restartCount]: String(restartCount),
      [CONTAINER_ANNOTATION.messagePath]: container.terminationMessagePath ?? '/dev/termination-log',
      [CONTAINER_ANNOTATION.messagePolicy]: container.terminationMessagePolicy ?? 'File',
      [CONTAINER_ANNOTATION.grace]: String(pod.spec.terminationGracePeriodSeconds ?? 30),
    },
    ...(container.stdin === true ? { stdin: true } : {}),
    ...(container.tty === true ? { tty: true } : {}),
    ...(limits?.['memory'] === undefined ? {} : { memoryLimit: quantityValue(limits['memory']) }),
    ...(limits?.['cpu'] === undefined ? {} : { cpuLimit: quantityMilliValue(limits['cpu']) }),
  };
}

/** Where the container's termination message is on the node. */
export function terminationLogPath(uid: string, container: string, restartCount: number): string {
  return `${podDirectory(uid)}/containers/${container}/${restartCount}`;
}

function terminationLog(
  kubelet: Kubelet,
  pod: Pod,
  container: Container,
  restartCount: number,
): ContainerConfig['mounts'][number] {
  const hostPath = terminationLogPath(uidOf(pod), container.name, restartCount);
  kubelet.env.disk.write(hostPath, '');
  return { containerPath: container.terminationMessagePath ?? '/dev/termination-log', hostPath, readonly: false };
}

/** The files that the kubelet manages in every container. */
function etcFiles(
  kubelet: Kubelet,
  pod: Pod,
  container: Container,
  { podIp }: PodFacts,
  sandbox: PodSandboxConfig,
): ContainerConfig['mounts'][number][] {
  const { disk } = kubelet.env;
  const directory = podDirectory(uidOf(pod));
  const put = (name: string, text: string): string => {
    const path = `${directory}/${name}`;
    if (disk.read(path) !== text) disk.write(path, text);
    return path;
  };
  const aliases = (pod.spec.hostAliases ?? [])
    .map(({ ip, hostnames }) => `${ip}\t${(hostnames ?? []).join('\t')}\n`)
    .join('');
  const header =
    pod.spec.hostNetwork === true
      ? '# Kubernetes-managed hosts file (host network).\n'
      : '# Kubernetes-managed hosts file.\n';
  const hosts = `${header}127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n${podIp}\t${sandbox.hostname}\n${aliases === '' ? '' : `\n# Entries added by HostAliases.\n${aliases}`}`;
  const dns = sandbox.dns;
  const resolv = `${(dns?.searches ?? []).length > 0 ? `search ${(dns?.searches ?? []).join(' ')}\n` : ''}${(dns?.servers ?? []).map((server) => `nameserver ${server}\n`).join('')}${(dns?.options ?? []).length > 0 ? `options ${(dns?.options ?? []).join(' ')}\n` : ''}`;
  const taken = new Set((container.volumeMounts ?? []).map(({ mountPath }) => mountPath));
  const mounts = [
    { containerPath: '/etc/hosts', hostPath: put('etc-hosts', hosts), readonly: false },
    { containerPath: '/etc/resolv.conf', hostPath: put('resolv.conf', resolv), readonly: false },
    { containerPath: '/etc/hostname', hostPath: put('hostname', `${sandbox.hostname}\n`), readonly: false },
  ];
  return mounts.filter(({ containerPath }) => !taken.has(containerPath));
}
