import { deepEqual } from '../../../lib/json.ts';
import { formatSelector, labelSelector } from '../../../api/selector.ts';
import type { Context } from '../command.ts';
import { pathTo } from '../discovery.ts';
import { at, bool, labelsOf, list, nameOf, namespaceOf, num, record, str, withValue } from '../object.ts';
import { discoveryOf } from '../selection.ts';
import type { Obj } from '../server.ts';
import { writeEvents } from './events.ts';
import { controllerOf } from './pod.ts';
import { writePodTemplate } from './pod-parts.ts';
import { DescribeWriter, LEVEL_0, LEVEL_1, timeText, writeAnnotations, writeLabels } from './writer.ts';
import type { Describer } from './writer.ts';

export const deployment: Describer = {
  group: 'apps',
  kind: 'Deployment',
  async describe(context, object, events) {
    const writer = new DescribeWriter();
    const [spec, status] = [record(object, 'spec'), record(object, 'status')];
    writer.line(LEVEL_0, 'Name:', nameOf(object));
    writer.line(LEVEL_0, 'Namespace:', namespaceOf(object));
    writer.line(LEVEL_0, 'CreationTimestamp:', timeText(str(object, 'metadata', 'creationTimestamp')));
    writeLabels(writer, object);
    writeAnnotations(writer, object);
    writer.line(LEVEL_0, 'Selector:', selectorText(spec));
    const count = (field: string): number => num(status, field) ?? 0;
    writer.line(
      LEVEL_0,
      'Replicas:',
      `${num(spec, 'replicas') ?? 0} desired | ${count('updatedReplicas')} updated | ${count('replicas')} total | ${count('availableReplicas')} available | ${count('unavailableReplicas')} unavailable`,
    );
    writer.line(LEVEL_0, 'StrategyType:', str(spec, 'strategy', 'type'));
    writer.line(LEVEL_0, 'MinReadySeconds:', String(num(spec, 'minReadySeconds') ?? 0));
    const rolling = at(spec, 'strategy', 'rollingUpdate');
    if (rolling !== undefined) {
      writer.line(
        LEVEL_0,
        'RollingUpdateStrategy:',
        `${str(rolling, 'maxUnavailable')} max unavailable, ${str(rolling, 'maxSurge')} max surge`,
      );
    }
    writePodTemplate(writer, record(spec, 'template'));
    writeConditions(writer, list(status, 'conditions'));
    const { current, old } = await replicaSetsOf(context, object);
    writer.line(LEVEL_0, 'OldReplicaSets:', old.length === 0 ? '<none>' : old.map(replicaSetText).join(', '));
    writer.line(LEVEL_0, 'NewReplicaSet:', current === undefined ? '<none>' : replicaSetText(current));
    writeEvents(context, writer, await events(object));
    return writer.finish();
  },
};

export const replicaSet: Describer = {
  group: 'apps',
  kind: 'ReplicaSet',
  async describe(context, object, events) {
    const writer = new DescribeWriter();
    writer.line(LEVEL_0, 'Name:', nameOf(object));
    writer.line(LEVEL_0, 'Namespace:', namespaceOf(object));
    writer.line(LEVEL_0, 'Selector:', selectorText(record(object, 'spec')));
    writeLabels(writer, object);
    writeAnnotations(writer, object);
    const owner = controllerOf(object);
    if (owner !== '') writer.line(LEVEL_0, 'Controlled By:', owner);
    writer.line(
      LEVEL_0,
      'Replicas:',
      `${num(object, 'status', 'replicas') ?? 0} current / ${num(object, 'spec', 'replicas') ?? 0} desired`,
    );
    writer.line(LEVEL_0, 'Pods Status:', await podPhases(context, object));
    writePodTemplate(writer, record(object, 'spec', 'template'));
    writeConditions(writer, list(object, 'status', 'conditions'));
    writeEvents(context, writer, await events(object));
    return writer.finish();
  },
};

export function selectorText(spec: Obj): string {
  const selector = record(spec, 'selector');
  const text = Object.keys(selector).length === 0 ? '' : formatSelector(labelSelector(selector));
  return text === '' ? '<unset>' : text;
}

function writeConditions(writer: DescribeWriter, conditions: readonly Obj[]): void {
  if (conditions.length === 0) return;
  writer.write(LEVEL_0, 'Conditions:\n  Type\tStatus\tReason\n');
  writer.write(LEVEL_1, '----\t------\t------\n');
  for (const each of conditions)
    writer.write(LEVEL_1, `${str(each, 'type')} \t${str(each, 'status')}\t${str(each, 'reason')}\n`);
}

async function podPhases(context: Context, owner: Obj): Promise<string> {
  const resource = await discoveryOf(context).find('pods');
  const labels = selectorText(record(owner, 'spec'));
  const pods = list(
    await context.server.json('GET', pathTo(resource, namespaceOf(owner)), { query: { labelSelector: labels } }),
    'items',
  );
  const uid = str(owner, 'metadata', 'uid');
  const own = pods.filter((each) =>
    list(each, 'metadata', 'ownerReferences').some((ref) => bool(ref, 'controller') && str(ref, 'uid') === uid),
  );
  const count = (phase: string): number => own.filter((each) => str(each, 'status', 'phase') === phase).length;
  return `${count('Running')} Running / ${count('Pending')} Waiting / ${count('Succeeded')} Succeeded / ${count('Failed')} Failed`;
}

export interface DeploymentReplicaSets {
  /** Has the Deployment's own pod template. */
  readonly current: Obj | undefined;
  readonly old: readonly Obj[];
}

/** A Deployment's ReplicaSets, oldest first. Models deploymentutil.GetAllReplicaSets. */
export async function replicaSetsOf(context: Context, owner: Obj): Promise<DeploymentReplicaSets> {
  const resource = await discoveryOf(context).find('replicasets');
  const labels = selectorText(record(owner, 'spec'));
  const answer = await context.server.json('GET', pathTo(resource, namespaceOf(owner)), {
    query: { labelSelector: labels },
  });
  const uid = str(owner, 'metadata', 'uid');
  const own = list(answer, 'items')
    .filter((each) =>
      list(each, 'metadata', 'ownerReferences').some((ref) => bool(ref, 'controller') && str(ref, 'uid') === uid),
    )
    .map((each) => ({ ...each, apiVersion: 'apps/v1', kind: 'ReplicaSet' }))
    .sort((a, b) => byAge(a, b));
  const wanted = record(owner, 'spec', 'template');
  const current = own.find((each) => deepEqual(withoutHash(record(each, 'spec', 'template')), wanted));
  return { current, old: own.filter((each) => each !== current) };
}

function byAge(a: Obj, b: Obj): number {
  const key = (object: Obj): string => `${str(object, 'metadata', 'creationTimestamp')} ${nameOf(object)}`;
  return key(a) < key(b) ? -1 : 1;
}

export function withoutHash(template: Obj): Obj {
  const { ['pod-template-hash']: _hash, ...labels } = labelsOf(template);
  return withValue(template, ['metadata', 'labels'], labels);
}

function replicaSetText(object: Obj): string {
  return `${nameOf(object)} (${num(object, 'status', 'replicas') ?? 0}/${num(object, 'spec', 'replicas') ?? 0} replicas created)`;
}
