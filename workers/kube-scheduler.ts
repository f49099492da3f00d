import { kubeScheduler } from '../src/control-plane/kube-scheduler/kube-scheduler.ts';
import { serveWorker } from '../src/sim/worker-main.ts';

serveWorker({ 'kube-scheduler': kubeScheduler });
