// Models registry/core/service/portallocator/controller.
import type { Server } from '../server.ts';
import { SERVICE } from '../../../api/kinds/index.ts';
import { asService, nodePortsOf } from '../resources/service.ts';

/** Marks the node ports that Services have as taken. */
export async function repairNodePorts(server: Server): Promise<void> {
  const { cache } = server.storage(SERVICE);
  await server.nodePorts.repair(async () => {
    const revision = await server.store.currentRevision(cache.prefix);
    await cache.fresh(revision);
    const ports: number[] = [];
    for (const [, object] of cache.range(cache.prefix)) ports.push(...nodePortsOf(asService(object).spec ?? {}));
    return ports;
  });
}
