import { humanDuration } from '../../../lib/duration.ts';
import { parseTime } from '../../../lib/time.ts';
import type { Context } from '../command.ts';
import { annotationsOf, list, nameOf, namespaceOf, num, str } from '../object.ts';
import type { Obj } from '../server.ts';
import { LEVEL_0, LEVEL_1 } from './writer.ts';
import type { DescribeWriter } from './writer.ts';
import { pathTo } from '../discovery.ts';
import { discoveryOf } from '../selection.ts';

/** Events about an object, oldest first as `describe` lists them. */
export async function eventsAbout(context: Context, object: Obj): Promise<readonly Obj[]> {
  const resource = await discoveryOf(context).find('events');
  const fields = [
    ['involvedObject.name', nameOf(object)],
    ['involvedObject.namespace', namespaceOf(object)],
    ['involvedObject.kind', str(object, 'kind')],
    ['involvedObject.uid', uidIn(object)],
  ].filter(([, value]) => value !== '');
  const fieldSelector = fields.map(([key, value]) => `${key ?? ''}=${value ?? ''}`).join(',');
  const answer = await context.server.json(
    'GET',
    pathTo({ ...resource, group: '', version: 'v1' }, namespaceOf(object)),
    { query: { fieldSelector, limit: '500' } },
  );
  return list(answer, 'items');
}

/** The kubelet speaks of a static pod by the identity that it gave it, not by its mirror's. */
function uidIn(object: Obj): string {
  return annotationsOf(object)['kubernetes.io/config.mirror'] ?? str(object, 'metadata', 'uid');
}

export function writeEvents(context: Context, writer: DescribeWriter, events: readonly Obj[] | undefined): void {
  if (events === undefined) return;
  if (events.length === 0) return writer.write(LEVEL_0, 'Events:\t<none>\n');
  const sorted = [...events].sort((a, b) => lastTimestamp(a) - lastTimestamp(b));
  writer.write(LEVEL_0, 'Events:\n  Type\tReason\tAge\tFrom\tMessage\n');
  writer.write(LEVEL_1, '----\t------\t----\t----\t-------\n');
  for (const event of sorted) {
    const cells = [
      str(event, 'type'),
      str(event, 'reason'),
      eventAge(context, event),
      eventSource(event),
      [str(event, 'involvedObject', 'fieldPath'), str(event, 'message').trim()]
        .filter((part) => part !== '')
        .join(': '),
    ];
    writer.write(LEVEL_1, `${cells.join('\t')}\n`);
  }
}

/** Events of the newer API have none, and so come first. Models pkg/util/event.SortableEvents. */
function lastTimestamp(event: Obj): number {
  return parseTime(str(event, 'lastTimestamp')) ?? 0;
}

/** When an event was last seen; events of the newer API keep it in their series. */
export function lastSeen(event: Obj): number {
  const series = str(event, 'series', 'lastObservedTime');
  for (const time of [
    series,
    str(event, 'lastTimestamp'),
    str(event, 'eventTime'),
    str(event, 'firstTimestamp'),
    str(event, 'metadata', 'creationTimestamp'),
  ]) {
    const parsed = time === '' ? undefined : parseTime(time);
    if (parsed !== undefined) return parsed;
  }
  return 0;
}

function firstSeen(event: Obj): number {
  const parsed = parseTime(str(event, 'firstTimestamp')) ?? parseTime(str(event, 'eventTime'));
  return parsed ?? lastSeen(event);
}

/** `3s`, or `3s (x5 over 2m)`. Models describe.translateMicroTimestampSince's callers. */
export function eventAge(context: Context, event: Obj): string {
  const since = (time: number): string => humanDuration(context.io.now() - time);
  const count = num(event, 'series', 'count') ?? num(event, 'count') ?? 1;
  if (count > 1) return `${since(lastSeen(event))} (x${count} over ${since(firstSeen(event))})`;
  return str(event, 'firstTimestamp') === '' && str(event, 'eventTime') === ''
    ? since(lastSeen(event))
    : since(firstSeen(event));
}

export function eventSource(event: Obj): string {
  const component = str(event, 'source', 'component');
  return component === '' ? str(event, 'reportingComponent') : component;
}
