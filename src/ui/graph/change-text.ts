import type { Deployment, Node, Pod } from '../../api/types.gen.ts';
import { parseObject, partsOfKey, type ApiObject } from '../stores/parse.ts';
import type { Revision } from '../stores/world.ts';

/** What a write changed that a person would call a change; bookkeeping has no text. */
export function changeText(revision: Revision): string | undefined {
  if (revision.value === undefined) return 'its object was deleted';
  const after = parseObject(revision.value);
  if (revision.before === undefined) return 'its object was created';
  const before = parseObject(revision.before);
  const texts = [...general(before, after), ...ofKind(partsOfKey(revision.key).resource, before, after)];
  return texts.length === 0 ? undefined : texts.join(', ');
}

function general(before: ApiObject, after: ApiObject): string[] {
  return before.metadata?.deletionTimestamp === undefined && after.metadata?.deletionTimestamp !== undefined
    ? ['marked for deletion']
    : [];
}

function ofKind(resource: string, before: object, after: object): string[] {
  switch (resource) {
    case 'pods':
      return ofPod(before as Partial<Pod>, after as Partial<Pod>);
    case 'nodes':
      return ofNode(before as Partial<Node>, after as Partial<Node>);
    case 'deployments':
    case 'replicasets':
      return ofWorkload(before as Partial<Deployment>, after as Partial<Deployment>);
    default:
      return [];
  }
}

function ofPod(before: Partial<Pod>, after: Partial<Pod>): string[] {
  const texts: string[] = [];
  const ready = (pod: Partial<Pod>): string =>
    pod.status?.conditions?.find((condition) => condition.type === 'Ready')?.status ?? 'False';
  const restarts = (pod: Partial<Pod>): number =>
    (pod.status?.containerStatuses ?? []).reduce((sum, status) => sum + status.restartCount, 0);
  const waits = (pod: Partial<Pod>): string =>
    pod.status?.containerStatuses
      ?.map((status) => status.state?.waiting?.reason ?? '')
      .find((reason) => reason !== '') ?? '';
  if (before.status?.phase !== after.status?.phase && after.status?.phase !== undefined) texts.push(after.status.phase);
  if (ready(before) !== ready(after)) texts.push(ready(after) === 'True' ? 'Ready' : 'no longer Ready');
  if (restarts(after) > restarts(before)) texts.push(`restart ${restarts(after)}`);
  if (waits(after) !== waits(before) && waits(after) !== '') texts.push(`waits: ${waits(after)}`);
  return texts;
}

function ofNode(before: Partial<Node>, after: Partial<Node>): string[] {
  const texts: string[] = [];
  const ready = (node: Partial<Node>): string =>
    node.status?.conditions?.find((condition) => condition.type === 'Ready')?.status ?? '';
  const taints = (node: Partial<Node>): string[] =>
    (node.spec?.taints ?? []).map((taint) => `${taint.key}:${taint.effect}`);
  if (ready(before) !== ready(after)) texts.push(`Ready is ${ready(after)}`);
  for (const taint of taints(after)) if (!taints(before).includes(taint)) texts.push(`tainted ${taint}`);
  for (const taint of taints(before)) if (!taints(after).includes(taint)) texts.push(`no longer tainted ${taint}`);
  if (before.spec?.unschedulable !== after.spec?.unschedulable)
    texts.push(after.spec?.unschedulable === true ? 'cordoned' : 'uncordoned');
  return texts;
}

function ofWorkload(before: Partial<Deployment>, after: Partial<Deployment>): string[] {
  const texts: string[] = [];
  const images = (workload: Partial<Deployment>): string =>
    (workload.spec?.template?.spec?.containers ?? []).map((container) => container.image).join(', ');
  if (before.spec?.replicas !== after.spec?.replicas)
    texts.push(`replicas ${before.spec?.replicas ?? 1} → ${after.spec?.replicas ?? 1}`);
  if (images(before) !== images(after)) texts.push(`image ${images(after)}`);
  const available = (workload: Partial<Deployment>): number => workload.status?.availableReplicas ?? 0;
  if (available(before) !== available(after)) texts.push(`${available(after)} available`);
  return texts;
}
