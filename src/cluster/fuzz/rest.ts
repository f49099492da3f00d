import { MINUTE, SECOND, type Micros } from '../../sim/env.ts';
import { holderOf, type Cluster } from '../cluster.ts';
import type { RunWatch } from './run-watch.ts';

const MANAGER = 'kube-controller-manager';
/** How long a settled cluster is watched: nothing may be written any more. */
const WATCHED: Micros = 15 * SECOND;
/** The next leader waits until the lease has run out, or the only one until its back-off is over. */
const NEXT_LEADER: Micros = 6 * MINUTE;

/**
 * Says what is not at rest in a settled cluster; '' when every controller's plan is empty. First nothing must be written; then the
 * leading controller manager is killed: the next one lists everything and reconciles every key of every controller, with no
 * memory of what was, and must ask for no write at all, not even for one that would change nothing.
 */
export async function rest(cluster: Cluster, watch: RunWatch, wrong: () => boolean): Promise<string> {
  const began = cluster.now;
  await cluster.runUntil(wrong, WATCHED);
  const quiet = written(watch, began, undefined);
  if (quiet !== '' || wrong()) return quiet;
  const killed = holderOf(cluster.view, MANAGER) ?? '';
  const at = cluster.now;
  cluster.fault(`kill ${killed}/${MANAGER}`);
  const leads = () => wrong() || watch.acquiredSince(`kube-system/${MANAGER}`, at);
  if (!(await cluster.runUntil(leads, NEXT_LEADER))) return `nobody leads since the ${MANAGER} of ${killed} was killed`;
  await cluster.runUntil(wrong, WATCHED);
  return written(watch, began, killed);
}

/** What was written or asked for since then, but for the mirror pod of the controller manager that was killed. */
function written(watch: RunWatch, since: Micros, killed: string | undefined): string {
  const requests = watch.requestedSince(since);
  if (requests.length > 0) return `controllers have plans though nothing was asked: ${requests.join(', ')}`;
  const mirror = `/registry/pods/kube-system/${MANAGER}-${killed ?? ''}`;
  const keys = watch.writtenSince(since).filter((key) => key !== mirror);
  return keys.length === 0 ? '' : `written though nothing was asked: ${keys.join(' ')}`;
}
