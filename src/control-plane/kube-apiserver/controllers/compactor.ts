// Models apiserver/pkg/storage/etcd3/compact.go.
import type { Server } from '../server.ts';
import { EtcdFailure } from '../storage/etcd-client.ts';

const KEY = 'compact_rev_key';

/** Every interval one of the apiservers (the first to advance the shared clock) compacts what was current an interval ago. */
export function startCompactor(server: Server): void {
  const { env, options } = server;
  let time = 0;
  let revision = 0;
  const tick = (): void => {
    env.after(options.compactionInterval, () => {
      tick();
      env.spawn(async () => {
        try {
          ({ time, revision } = await compact(server, time, revision));
        } catch (error) {
          if (!(error instanceof EtcdFailure)) throw error;
        }
      });
    });
  };
  if (options.compactionInterval > 0) tick();
}

async function compact(server: Server, time: number, revision: number): Promise<{ time: number; revision: number }> {
  const response = await server.etcd.txn({
    compare: [{ key: KEY, target: 'VERSION', result: 'EQUAL', value: time }],
    success: [{ put: { key: KEY, value: String(revision) } }],
    failure: [{ range: { key: KEY } }],
  });
  const current = response.header.revision;
  if (!response.succeeded) {
    const first = response.responses[0];
    const version = first !== undefined && 'range' in first ? (first.range.kvs[0]?.version ?? 0) : 0;
    return { time: version, revision: current };
  }
  if (revision > 0) await server.etcd.compact({ revision });
  return { time: time + 1, revision: current };
}
