import type { Context } from './command.ts';
import { pathTo } from './discovery.ts';
import type { ApiResource } from './discovery.ts';
import { CliError } from './errors.ts';
import { namedObject } from './named-object.ts';
import { annotationsOf, list, nameOf, record, str, stringMap } from './object.ts';
import type { Obj } from './server.ts';
import { discoveryOf } from './selection.ts';
import { formatSelector, labelSelector } from '../../api/selector.ts';
import { timedOut } from './wait-for.ts';
import { goQuote } from '../text/go-quote.ts';

export interface ChosenPod {
  readonly resource: ApiResource;
  readonly pod: Obj;
}

/** The pod that `POD` or `TYPE/NAME` stands for: for a workload, one of its pods. Models polymorphichelpers.AttachablePodForObject. */
export async function choosePod(
  context: Context,
  word: string,
  announce: boolean,
  purpose = 'attach to',
): Promise<ChosenPod> {
  const pods = await discoveryOf(context).find('pods');
  const [type, name] = word.includes('/') ? (word.split('/') as [string, string]) : ['pods', word];
  const resource = type === 'pods' ? pods : await discoveryOf(context).find(type);
  const namespace = resource.namespaced ? context.namespace : '';
  const object = await namedObject(context.server, { resource, namespace, name });
  if (resource.kind === 'Pod') return { resource: pods, pod: object };
  if (record(object, 'spec')['selector'] === undefined)
    throw new CliError(`cannot ${purpose} *v1.${resource.kind}: selector for *v1.${resource.kind} not implemented`);
  const selector = selectorOf(resource, object);
  const answer = await context.server.json('GET', pathTo(pods, context.namespace), {
    query: { labelSelector: selector },
  });
  const found = list(answer, 'items').map((each) => ({ ...each, apiVersion: 'v1', kind: 'Pod' }));
  const sorted = [...found].sort(
    (a, b) =>
      readiness(b) - readiness(a) ||
      (str(a, 'metadata', 'creationTimestamp') < str(b, 'metadata', 'creationTimestamp') ? -1 : 1),
  );
  const [pod] = sorted;
  if (pod === undefined) throw timedOut({ resource, namespace: context.namespace, name });
  if (announce && found.length > 1) context.err(`Found ${found.length} pods, using pod/${nameOf(pod)}\n`);
  return { resource: pods, pod };
}

function readiness(pod: Obj): number {
  const ready = list(pod, 'status', 'conditions').some(
    (each) => str(each, 'type') === 'Ready' && str(each, 'status') === 'True',
  );
  return (
    (str(pod, 'spec', 'nodeName') === '' ? 0 : 4) +
    (str(pod, 'status', 'phase') === 'Running' ? 2 : 0) +
    (ready ? 1 : 0)
  );
}

export function selectorOf(resource: ApiResource, object: Obj): string {
  if (resource.kind === 'Service' || resource.kind === 'ReplicationController') {
    const labels = stringMap(object, 'spec', 'selector');
    if (Object.keys(labels).length === 0)
      throw new CliError(`invalid service ${goQuote(nameOf(object))}: Service is defined without a selector`);
    return Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(',');
  }
  const selector = record(object, 'spec', 'selector');
  if (Object.keys(selector).length === 0)
    throw new CliError(`cannot get the logs from ${resource.kind}: selector is missing`);
  return formatSelector(labelSelector(selector));
}

export const DEFAULT_CONTAINER = 'kubectl.kubernetes.io/default-container';

export function containerNames(pod: Obj): string[] {
  return ['initContainers', 'containers', 'ephemeralContainers'].flatMap((field) =>
    list(pod, 'spec', field).map((each) => str(each, 'name')),
  );
}

/** The container that a command means when none is named; says so if there are several. */
export function defaultContainer(context: Context, pod: Obj, quiet = false): string {
  const wanted = annotationsOf(pod)[DEFAULT_CONTAINER];
  const own = list(pod, 'spec', 'containers').map((each) => str(each, 'name'));
  if (wanted !== undefined && own.includes(wanted)) return wanted;
  const all = [
    ...own,
    ...list(pod, 'spec', 'initContainers').map((each) => `${str(each, 'name')} (init)`),
    ...list(pod, 'spec', 'ephemeralContainers').map((each) => `${str(each, 'name')} (ephem)`),
  ];
  if (all.length > 1 && !quiet) context.err(`Defaulted container ${goQuote(own[0] ?? '')} out of: ${all.join(', ')}\n`);
  return own[0] ?? '';
}
