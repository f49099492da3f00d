import type { Server } from '../server.ts';
import { ApiError } from '../../../api/status.ts';
import { MILLISECOND, SECOND } from '../../../lib/time.ts';
import { EtcdFailure } from '../storage/etcd-client.ts';
import { ensureAll } from '../bootstrap/ensure.ts';
import { flowControlObjects } from '../bootstrap/flow-control.ts';
import { controllerAccounts, policyObjects } from '../bootstrap/policy.ts';
import { startCompactor } from './compactor.ts';
import { startIdentityLease } from './identity-lease.ts';
import { startKubernetesService } from './kubernetes-service.ts';
import { repairNodePorts } from './node-port-repair.ts';
import { systemObjects } from './system-objects.ts';

const RETRY = 1 * SECOND;
/** Servers that start together do not all make the same objects: the first does, the others find them. */
const HEAD_START = 150 * MILLISECOND;

/** What an apiserver does besides answering. */
export function startControllers(server: Server): void {
  const { env, options, startHooks } = server;
  env.spawn(async () => {
    const policy = options.authorizationModes.includes('RBAC') ? [...policyObjects(), ...controllerAccounts()] : [];
    await env.sleep(env.random.below(HEAD_START));
    await untilDone(server, () => ensureAll(server, [...policy, ...systemObjects(), ...flowControlObjects()]));
    startHooks.done('rbac/bootstrap-roles');
    startHooks.done('start-system-namespaces-controller');
    startHooks.done('scheduling/bootstrap-system-priority-classes');
    startHooks.done('priority-and-fairness-config-producer');
    startHooks.done('start-kubernetes-service-cidr-controller');
    startKubernetesService(server);
    startIdentityLease(server);
    await untilDone(server, () => repairNodePorts(server));
    startHooks.done('start-service-ip-repair-controllers');
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
