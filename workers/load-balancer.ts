import { loadBalancer } from '../src/control-plane/load-balancer/load-balancer.ts';
import { serveWorker } from '../src/sim/worker-main.ts';

serveWorker({ 'load-balancer': loadBalancer });
