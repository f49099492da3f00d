import { sshd } from '../src/cli/ssh/sshd.ts';
import { kubeProxy } from '../src/node/kube-proxy/kube-proxy.ts';
import { kubelet } from '../src/node/kubelet/kubelet.ts';
import { imagePrograms } from '../src/node/runtime/images/programs.ts';
import { containerRuntime } from '../src/node/runtime/runtime.ts';
import { serveWorker } from '../src/sim/worker-main.ts';

/** A machine: its kubelet, runtime and kube-proxy, and the containers that have no worker of their own. */
serveWorker({ ...imagePrograms, containerd: containerRuntime, 'kube-proxy': kubeProxy, kubelet, sshd });
