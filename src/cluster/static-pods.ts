import { APISERVER_ETCD_CLIENT, ETCD_PKI_DIRECTORY } from '../api/etcd-pki.ts';
import { ClusterDefaults, Ports } from '../api/ports.ts';
import { Endpoint, etcdMachines, type Machine, type Topology } from './topology.ts';

/**
 * The manifests that kubeadm writes to /etc/kubernetes/manifests, by path (Models cmd/kubeadm/app/phases/{controlplane,etcd}).
 * kube-proxy is here too for as long as there is no DaemonSet to run it.
 */
export function staticPods(
  machine: Machine,
  topology: Topology,
  role: 'control-plane' | 'worker',
): Record<string, string> {
  const pods =
    role === 'worker'
      ? [kubeProxy(machine, topology)]
      : [
          ...(topology.etcd === 'stacked' ? [etcd(machine, topology)] : []),
          apiserver(machine, topology),
          controllerManager(topology),
          scheduler(),
          kubeProxy(machine, topology),
        ];
  return Object.fromEntries(
    pods.map((pod) => [`/etc/kubernetes/manifests/${pod.component}.yaml`, JSON.stringify(manifest(pod), null, 2)]),
  );
}

/** kubeadm's network has a part for 256 nodes, and its controllers' limit of 20 requests a second suits as many. */
const MOST_NODES_OF_DEFAULTS = 250;

function isLarge({ controlPlanes, workers }: Topology): boolean {
  return controlPlanes + workers > MOST_NODES_OF_DEFAULTS;
}

/** Apart from the machines' and the Services' networks. */
const LARGE_POD_CIDR = '10.128.0.0/9';

interface Component {
  readonly component: string;
  readonly image: string;
  readonly flags: readonly string[];
  readonly cpu: string;
  readonly memory?: string;
  readonly probes?: { readonly port: number; readonly liveness: string; readonly readiness?: string };
  readonly priorityClassName?: string;
}

function etcd(machine: Machine, topology: Topology): Component {
  return {
    component: 'etcd',
    image: 'registry.k8s.io/etcd:3.6.6-0',
    flags: etcdFlags(machine, topology),
    cpu: '100m',
    memory: '100Mi',
  };
}

export function etcdFlags(machine: Machine, topology: Topology): readonly string[] {
  const members = etcdMachines(topology);
  return [
    `--name=${machine.name}`,
    '--data-dir=/var/lib/etcd',
    `--cert-file=${ETCD_PKI_DIRECTORY}/server.crt`,
    '--client-cert-auth=true',
    `--key-file=${ETCD_PKI_DIRECTORY}/server.key`,
    `--trusted-ca-file=${ETCD_PKI_DIRECTORY}/ca.crt`,
    `--peer-cert-file=${ETCD_PKI_DIRECTORY}/peer.crt`,
    '--peer-client-cert-auth=true',
    `--peer-key-file=${ETCD_PKI_DIRECTORY}/peer.key`,
    `--peer-trusted-ca-file=${ETCD_PKI_DIRECTORY}/ca.crt`,
    `--advertise-client-urls=https://${machine.ip}:${Ports.etcdClient}`,
    `--initial-advertise-peer-urls=https://${machine.ip}:${Ports.etcdPeer}`,
    `--initial-cluster=${members.map((m) => `${m.name}=https://${m.ip}:${Ports.etcdPeer}`).join(',')}`,
    '--initial-cluster-state=new',
    `--listen-client-urls=https://127.0.0.1:${Ports.etcdClient},https://${machine.ip}:${Ports.etcdClient}`,
    `--listen-peer-urls=https://${machine.ip}:${Ports.etcdPeer}`,
    '--snapshot-count=10000',
  ];
}

/** The member on its own machine first, if there is one. */
function etcdServers(machine: Machine, topology: Topology): string {
  const members = etcdMachines(topology);
  const near = members.filter((member) => member.name === machine.name);
  const others = members.filter((member) => member.name !== machine.name);
  return [...near, ...others].map(({ ip }) => `https://${ip}:${Ports.etcdClient}`).join(',');
}

function apiserver(machine: Machine, topology: Topology): Component {
  return {
    component: 'kube-apiserver',
    image: `registry.k8s.io/kube-apiserver:${ClusterDefaults.kubernetesVersion}`,
    flags: [
      `--advertise-address=${machine.ip}`,
      '--allow-privileged=true',
      '--authorization-mode=Node,RBAC',
      `--etcd-cafile=${ETCD_PKI_DIRECTORY}/ca.crt`,
      `--etcd-certfile=${APISERVER_ETCD_CLIENT}.crt`,
      `--etcd-keyfile=${APISERVER_ETCD_CLIENT}.key`,
      `--etcd-servers=${etcdServers(machine, topology)}`,
      `--secure-port=${Ports.apiserver}`,
      '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
      `--service-cluster-ip-range=${ClusterDefaults.serviceCidr}`,
    ],
    cpu: '250m',
    probes: { port: Ports.apiserver, liveness: '/livez', readiness: '/readyz' },
  };
}

function controllerManager(topology: Topology): Component {
  return {
    component: 'kube-controller-manager',
    image: `registry.k8s.io/kube-controller-manager:${ClusterDefaults.kubernetesVersion}`,
    flags: [
      '--allocate-node-cidrs=true',
      '--bind-address=127.0.0.1',
      `--cluster-cidr=${isLarge(topology) ? LARGE_POD_CIDR : ClusterDefaults.podCidr}`,
      `--cluster-name=${ClusterDefaults.clusterName}`,
      '--controllers=*,bootstrapsigner,tokencleaner',
      ...(isLarge(topology) ? ['--kube-api-qps=100', '--kube-api-burst=100'] : []),
      `--master=${Endpoint}`,
      '--leader-elect=true',
      `--service-cluster-ip-range=${ClusterDefaults.serviceCidr}`,
      '--use-service-account-credentials=true',
    ],
    cpu: '200m',
    probes: { port: Ports.controllerManager, liveness: '/healthz' },
  };
}

function scheduler(): Component {
  return {
    component: 'kube-scheduler',
    image: `registry.k8s.io/kube-scheduler:${ClusterDefaults.kubernetesVersion}`,
    flags: ['--bind-address=127.0.0.1', '--leader-elect=true', `--master=${Endpoint}`],
    cpu: '100m',
    probes: { port: Ports.scheduler, liveness: '/healthz' },
  };
}

function kubeProxy(machine: Machine, topology: Topology): Component {
  return {
    component: 'kube-proxy',
    image: `registry.k8s.io/kube-proxy:${ClusterDefaults.kubernetesVersion}`,
    flags: [
      `--hostname-override=${machine.name}`,
      `--cluster-cidr=${isLarge(topology) ? LARGE_POD_CIDR : ClusterDefaults.podCidr}`,
      `--master=${Endpoint}`,
      `--node-ip=${machine.ip}`,
    ],
    cpu: '0',
  };
}

function manifest(component: Component): object {
  const probe = (path: string, failureThreshold: number, periodSeconds: number) => ({
    httpGet: { host: '127.0.0.1', path, port: component.probes?.port, scheme: 'HTTPS' },
    failureThreshold,
    periodSeconds,
    timeoutSeconds: 15,
  });
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: component.component,
      namespace: 'kube-system',
      labels:
        component.component === 'kube-proxy'
          ? { 'k8s-app': 'kube-proxy' }
          : { component: component.component, tier: 'control-plane' },
    },
    spec: {
      containers: [
        {
          name: component.component,
          image: component.image,
          imagePullPolicy: 'IfNotPresent',
          command: [component.component, ...component.flags],
          resources:
            component.cpu === '0'
              ? {}
              : {
                  requests: {
                    cpu: component.cpu,
                    ...(component.memory === undefined ? {} : { memory: component.memory }),
                  },
                },
          ...(component.probes === undefined
            ? {}
            : {
                livenessProbe: { ...probe(component.probes.liveness, 8, 10), initialDelaySeconds: 10 },
                ...(component.probes.readiness === undefined
                  ? {}
                  : { readinessProbe: probe(component.probes.readiness, 3, 1) }),
                startupProbe: { ...probe(component.probes.liveness, 24, 10), initialDelaySeconds: 10 },
              }),
        },
      ],
      hostNetwork: true,
      priority: 2000001000,
      priorityClassName: 'system-node-critical',
      securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
    },
  };
}
