import { MINUTE, SECOND } from '../../sim/env.ts';
import type { Kubelet } from './context.ts';
import { RuntimeFailure } from './cri-client.ts';
import { isStatic, LABEL, uidOf } from './format.ts';
import { deleteMirrorPod } from './mirror-pods.ts';
import type { PodWorkers } from './pod-workers.ts';
import { removePodDirectory } from './volumes.ts';

const HOUSEKEEPING_PERIOD = 2 * SECOND;
const GC_PERIOD = MINUTE;

/** Cleans up what should not be: pods of nobody, mirrors of nothing, dead containers. Models HandlePodCleanups and the container GC. */
export function startHousekeeping(kubelet: Kubelet, workers: PodWorkers, apiSynced: () => boolean): void {
  const { env } = kubelet;
  env.spawn(async () => {
    for (;;) {
      await env.sleep(HOUSEKEEPING_PERIOD);
      // Until all sources have been heard, a running pod that is not known may just not be known yet.
      if (apiSynced() && kubelet.pleg.everListed) await cleanUp(kubelet, workers);
    }
  });
  env.spawn(async () => {
    for (;;) {
      await env.sleep(GC_PERIOD);
      if (apiSynced()) await collectGarbage(kubelet, workers);
    }
  });
}

async function cleanUp(kubelet: Kubelet, workers: PodWorkers): Promise<void> {
  const { pods, pleg, statuses } = kubelet;
  for (const worker of workers.all()) {
    if (worker.stage !== 'finished' || pods.byUid(worker.uid) !== undefined) continue;
    workers.forget(worker.uid);
    statuses.forget(worker.uid);
    kubelet.images.forget(worker.uid);
    kubelet.eviction.forget(worker.uid);
    kubelet.restartBackOff.forget(`${worker.uid}_`);
    for (const key of kubelet.tokens.keys()) if (key.startsWith(`${worker.uid}/`)) kubelet.tokens.delete(key);
    for (const key of kubelet.waitReasons.keys()) if (key.startsWith(`${worker.uid}_`)) kubelet.waitReasons.delete(key);
  }
  for (const status of pleg.pods()) {
    const runs =
      status.sandboxes.some(({ state }) => state === 'SANDBOX_READY') ||
      status.containers.some(({ state }) => state === 'CONTAINER_RUNNING');
    if (runs && pods.byUid(status.uid) === undefined && workers.get(status.uid) === undefined)
      workers.killOrphan(status);
  }
  for (const pod of pods.list()) if (workers.get(uidOf(pod)) === undefined && isStatic(pod)) workers.update(pod);
  if (kubelet.node.get(kubelet.config.nodeName) !== undefined) {
    for (const pod of pods.list()) if (isStatic(pod) && pods.mirrorOf(pod) === undefined) workers.wake(uidOf(pod));
  }
  for (const mirror of pods.mirrors()) {
    const target = pods.ofMirror(mirror);
    const ending =
      target === undefined &&
      !pleg
        .pods()
        .some(
          (status) =>
            status.name === mirror.metadata.name &&
            status.namespace === mirror.metadata.namespace &&
            status.sandboxes.some(({ state }) => state === 'SANDBOX_READY'),
        );
    if (ending) await deleteMirrorPod(kubelet, mirror);
  }
}

/** One dead container per name is kept, for its logs; pods that are gone keep none. */
async function collectGarbage(kubelet: Kubelet, workers: PodWorkers): Promise<void> {
  const { cri, pleg, pods } = kubelet;
  try {
    for (const status of pleg.pods()) {
      const gone = pods.byUid(status.uid) === undefined && workers.get(status.uid) === undefined;
      const seen = new Set<string>();
      for (const container of status.containers) {
        const name = container.labels[LABEL.container] ?? container.metadata.name;
        if (container.state !== 'CONTAINER_EXITED') {
          seen.add(name);
          continue;
        }
        const keep = !gone && countOf(seen, name) < 2;
        seen.add(seen.has(name) ? `${name}/2` : name);
        if (!keep) await cri.call('removeContainer', { containerId: container.id });
      }
      const [newest, ...older] = status.sandboxes;
      const removable = gone && newest !== undefined ? [newest, ...older] : older;
      for (const sandbox of removable) {
        const used = status.containers.some(
          ({ podSandboxId, state }) => podSandboxId === sandbox.id && (!gone || state === 'CONTAINER_RUNNING'),
        );
        if (sandbox.state === 'SANDBOX_NOTREADY' && !used)
          await cri.call('removePodSandbox', { podSandboxId: sandbox.id });
      }
      if (gone) removePodDirectory(kubelet, status.uid);
    }
  } catch (error) {
    // The next round finds what is left.
    if (!(error instanceof RuntimeFailure)) throw error;
  }
}

function countOf(seen: ReadonlySet<string>, name: string): number {
  return Number(seen.has(name)) + Number(seen.has(`${name}/2`));
}
