import { useMemo, type ReactNode } from 'react';
import type { Event } from '../../../api/types.gen.ts';
import { instant } from '../../graph/time-text.ts';
import { PREFIX, readAs } from '../../stores/parse.ts';
import { useTick, useWorld } from '../../stores/use-world.ts';
import type { World } from '../../stores/world.ts';
import css from './dock.module.css';

export interface EventRow {
  readonly key: string;
  readonly at: number;
  readonly event: Partial<Event>;
}

/** Event objects, the newest first. */
export function eventsOf(
  world: World,
  about?: { readonly name?: string; readonly uid?: string; readonly kind?: string },
): EventRow[] {
  const rows: EventRow[] = [];
  for (const stored of world.objects.values()) {
    if (!stored.key.startsWith(PREFIX.events)) continue;
    const event = readAs('events', stored);
    const { involvedObject } = event;
    if (about?.uid !== undefined && involvedObject?.uid !== about.uid) continue;
    if (
      about?.name !== undefined &&
      (involvedObject?.name !== about.name || (about.kind !== undefined && involvedObject.kind !== about.kind))
    )
      continue;
    rows.push({ key: stored.key, at: stored.at, event });
  }
  return rows.sort((a, b) => b.at - a.at);
}

const SHOWN = 300;

export function EventList(): ReactNode {
  const world = useWorld('objects');
  const tick = useTick('objects');
  // eslint-disable-next-line react-hooks/exhaustive-deps -- the world is one mutable object: the tick tells that it changed
  const rows = useMemo(() => eventsOf(world).slice(0, SHOWN), [world, tick]);
  if (rows.length === 0) return <p className={css.empty}>No component has reported an event yet.</p>;
  return (
    <div className={css.scroll} tabIndex={0} role="region" aria-label="events">
      <EventTable rows={rows} />
    </div>
  );
}

export function EventTable({ rows }: { readonly rows: readonly EventRow[] }): ReactNode {
  return (
    <table className={css.list}>
      <thead>
        <tr>
          <th>last seen</th>
          <th>reason</th>
          <th>object</th>
          <th>message</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ key, at, event }) => (
          <tr key={key} className={event.type === 'Warning' ? css.warning : ''}>
            <td>
              <time>{instant(at)}</time>
            </td>
            <td>
              {event.reason}
              {(event.count ?? 1) > 1 ? ` ×${event.count}` : ''}
            </td>
            <td>
              {event.involvedObject?.kind?.toLowerCase()}/{event.involvedObject?.name}
            </td>
            <td>{event.message}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
