import { kubeControllerManager } from '../src/control-plane/kube-controller-manager/kube-controller-manager.ts';
import { serveWorker } from '../src/sim/worker-main.ts';

serveWorker({ 'kube-controller-manager': kubeControllerManager });
