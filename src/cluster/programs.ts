import { etcdutl } from '../control-plane/etcd/etcdutl/etcdutl.ts';
import { etcd } from '../control-plane/etcd/server/etcd.ts';
import { kubeApiserver } from '../control-plane/kube-apiserver/kube-apiserver.ts';
import { kubeControllerManager } from '../control-plane/kube-controller-manager/kube-controller-manager.ts';
import { kubeScheduler } from '../control-plane/kube-scheduler/kube-scheduler.ts';
import { loadBalancer } from '../control-plane/load-balancer/load-balancer.ts';
import { door } from '../cli/door/door.ts';
import { internet } from '../cli/internet/internet.ts';
import { sshd } from '../cli/ssh/sshd.ts';
import { terminal } from '../cli/terminal/terminal.ts';
import { kubeProxy } from '../node/kube-proxy/kube-proxy.ts';
import { kubelet } from '../node/kubelet/kubelet.ts';
import { registry } from '../node/registry/registry.ts';
import { imagePrograms } from '../node/runtime/images/programs.ts';
import { containerRuntime } from '../node/runtime/runtime.ts';
import type { ProgramTable } from '../sim/env.ts';

/** Every program there is, for placements that keep all of them together (in-thread, pool). The browser's list is `workers/`. */
export const programs: ProgramTable = {
  etcd,
  etcdutl,
  'kube-apiserver': kubeApiserver,
  'kube-controller-manager': kubeControllerManager,
  'kube-scheduler': kubeScheduler,
  'load-balancer': loadBalancer,
  containerd: containerRuntime,
  door,
  internet,
  'kube-proxy': kubeProxy,
  kubelet,
  registry,
  sshd,
  terminal,
  ...imagePrograms,
};
