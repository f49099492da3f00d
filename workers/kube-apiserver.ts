import { kubeApiserver } from '../src/control-plane/kube-apiserver/kube-apiserver.ts';
import { serveWorker } from '../src/sim/worker-main.ts';

serveWorker({ 'kube-apiserver': kubeApiserver });
