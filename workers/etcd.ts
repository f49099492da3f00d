import { etcdutl } from '../src/control-plane/etcd/etcdutl/etcdutl.ts';
import { etcd } from '../src/control-plane/etcd/server/etcd.ts';
import { serveWorker } from '../src/sim/worker-main.ts';

serveWorker({ etcd, etcdutl });
