import type { Micros } from '../../sim/env.ts';
import { parseTime } from '../../lib/time.ts';
import type { History } from '../stores/history.ts';
import { nodeReady } from '../stores/pods.ts';
import { PREFIX, readAs } from '../stores/parse.ts';
import type { StoredObject, World } from '../stores/world.ts';
import { deed, type Step } from './why.ts';

export interface Eviction {
  readonly title: string;
  readonly text: string;
  readonly note: string;
  readonly at?: Micros;
  readonly share?: number;
}

/** What a pod on an unreachable node has to expect: the toleration of the taint decides. */
export function evictionOf(
  world: World,
  stored: StoredObject | undefined,
  host: string | undefined,
  epoch: Micros,
): Eviction | undefined {
  if (stored === undefined || host === undefined) return undefined;
  const pod = readAs('pods', stored);
  const off = world.machines.get(host)?.state === 'off';
  if (pod.metadata?.deletionTimestamp !== undefined && (off || nodeReady(world, host) === 'Unknown'))
    return { title: 'Terminating.', text: '', note: `Its object goes when the kubelet of ${host} is heard again.` };
  const node = world.objects.get(`${PREFIX.nodes}${host}`);
  const taint =
    node === undefined
      ? undefined
      : readAs('nodes', node).spec?.taints?.find(
          (one) => one.effect === 'NoExecute' && one.key.startsWith('node.kubernetes.io/'),
        );
  if (taint === undefined) {
    if (!off) return undefined;
    return {
      title: 'Its machine has no power.',
      text: '',
      note: 'Nobody has noticed yet: kubectl still says Running until the lease has been silent for 50 s.',
    };
  }
  const toleration = pod.spec?.tolerations?.find(
    (one) =>
      (one.key === undefined || one.key === taint.key) && (one.effect === undefined || one.effect === 'NoExecute'),
  );
  const title = taint.key.endsWith('unreachable') ? 'Node unreachable, tainted.' : 'Node not ready, tainted.';
  const note = 'kubectl still says Running: nobody is left to correct it.';
  if (toleration?.tolerationSeconds === undefined)
    return toleration === undefined
      ? { title, text: 'It tolerates no such taint: it is evicted at once.', note }
      : { title, text: 'It tolerates the taint for ever.', note };
  const added = taint.timeAdded === undefined ? undefined : parseTime(taint.timeAdded);
  const since = added === undefined ? node?.at : added - epoch;
  if (since === undefined) return undefined;
  const whole = toleration.tolerationSeconds * 1_000_000;
  return {
    title,
    text: 'Will be evicted in',
    note,
    at: since + whole,
    share: Math.min(1, Math.max(0, (world.now - since) / whole)),
  };
}

/** Faults that befell a machine in a time: steps of a pod's story though no write tells of them. */
export function stepsBetween(history: History, host: string, from: Micros, to: Micros): Step[] {
  return history.faults.items
    .filter(
      (span) =>
        span.at >= from &&
        span.at <= to &&
        span.targets.some((target) => target === host || target.startsWith(`${host}/`)),
    )
    .map((span): Step => ({
      key: `fault ${span.id} ${span.at}`,
      by: 'fault',
      text: deed(span.command, span.text),
      at: span.at,
    }));
}
