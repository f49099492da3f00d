import type { Server } from '../server.ts';
import { ApiError } from '../../../api/status.ts';
import { SECOND } from '../../../lib/time.ts';
import { EtcdFailure } from '../storage/etcd-client.ts';
import { startCompactor } from './compactor.ts';
import { startIdentityLease } from './identity-lease.ts';
import { startKubernetesService } from './kubernetes-service.ts';
import { repairNodePorts } from './node-port-repair.ts';
import { bootstrapPriorityClasses, bootstrapNamespaces } from './system-objects.ts';

const RETRY = 1 * SECOND;

/** What an apiserver does besides answering. */
export function startControllers(server: Server): void {
  const { env, pendingStart } = server;
  env.spawn(async () => {
    await untilDone(server, () => bootstrapNamespaces(server));
    pendingStart.delete('start-system-namespaces-controller');
    await untilDone(server, () => bootstrapPriorityClasses(server));
    pendingStart.delete('scheduling/bootstrap-system-priority-classes');
    pendingStart.delete('start-kubernetes-service-cidr-controller');
    startKubernetesService(server);
    startIdentityLease(server);
    await untilDone(server, () => repairNodePorts(server));
    pendingStart.delete('start-service-ip-repair-controllers');
  });
  startCompactor(server);
}

/** Tries until etcd and the API take it. */
export async function untilDone(server: Server, action: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      await action();
      return;
    } catch (error) {
      if (!(error instanceof ApiError) && !(error instanceof EtcdFailure)) throw error;
      await server.env.sleep(RETRY);
    }
  }
}
