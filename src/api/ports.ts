/** Where things listen, as kubeadm sets them up. */
export const Ports = {
  etcdClient: 2379,
  etcdPeer: 2380,
  apiserver: 6443,
  kubelet: 10250,
  kubeletHealthz: 10248,
  kubeProxyHealthz: 10256,
  scheduler: 10259,
  controllerManager: 10257,
  registry: 5000,
  /** The machine's ssh-like door for the terminal: runs a command line on that machine (crictl, iptables-save, …). */
  ssh: 22,
} as const;

export const ClusterDefaults = {
  clusterName: 'kubernetes',
  kubernetesVersion: 'v1.35.0',
  etcdVersion: '3.6.6',
  podCidr: '10.244.0.0/16',
  nodeCidrMask: 24,
  serviceCidr: '10.96.0.0/12',
  kubernetesServiceIp: '10.96.0.1',
  dnsServiceIp: '10.96.0.10',
  nodePortRange: { from: 30000, to: 32767 },
  dnsDomain: 'cluster.local',
} as const;
