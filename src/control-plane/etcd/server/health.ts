// Whether this member is well, as balancers and kubelets ask. Models server/etcdserver/api/etcdhttp
import { ClusterDefaults } from '../../../api/ports.ts';
import type { Exchange } from '../../../sim/http.ts';
import { NONE } from '../raft/types.ts';
import type { Call, EtcdServer } from './etcd-server.ts';

/** Models server/etcdserver/api/etcdhttp/health.go */
export function serveHealth(server: EtcdServer, path: string, exchange: Exchange, call: Call): void {
  const route = path.split('?')[0];
  switch (route) {
    case '/version':
      exchange.respond(200, JSON.stringify({ etcdserver: ClusterDefaults.etcdVersion, etcdcluster: '3.6.0' }));
      return;
    case '/livez':
      exchange.respond(200, 'ok\n');
      return;
    case '/health':
    case '/readyz':
      checkHealth(server, route === '/readyz', exchange, call);
      return;
    default:
      exchange.respond(404, '404 page not found\n');
  }
}

function checkHealth(server: EtcdServer, plain: boolean, exchange: Exchange, call: Call): void {
  const answer = (reason: string): void => {
    const healthy = reason === '';
    const text = healthy ? 'ok\n' : `[-]linearizable_read failed: ${reason}\n`;
    exchange.respond(healthy ? 200 : 503, plain ? text : JSON.stringify({ health: String(healthy), reason }));
  };
  const alarms = server.keyspace.alarms.list();
  const [alarm] = alarms;
  if (!plain && alarm !== undefined) return answer(`ALARM ${alarm.alarm}`);
  if (server.raft.lead === NONE) return answer('RAFT NO LEADER');
  server.linearizable({ ...call, fail: ({ message }) => answer(`RANGE ERROR:${message}`) }, () => answer(''));
}
