import { useMemo, type ReactNode } from 'react';
import { beliefRows } from '../../graph/beliefs.ts';
import { printTables } from '../../graph/iptables-text.ts';
import type { Subject } from '../../graph/subject.ts';
import { instant, span } from '../../graph/time-text.ts';
import { useSlowTick, useTick, useWorld } from '../../stores/use-world.ts';
import { useTrace } from '../../stores/trace-store.ts';
import { EventTable, eventsOf } from '../dock/event-list.tsx';
import css from './inspector.module.css';

interface Props {
  readonly subject: Subject;
}

export function EventsTab({ subject }: Props): ReactNode {
  const world = useWorld('objects');
  useTick('objects');
  const rows = subject.involved === undefined ? [] : eventsOf(world, subject.involved);
  if (rows.length === 0) return <p className={css.empty}>No event is about it.</p>;
  return <EventTable rows={rows} />;
}

const LINES = 400;

/** What its processes print, whether or not anybody asks through the API. */
export function LogsTab({ subject }: Props): ReactNode {
  useSlowTick(4);
  const { history, world } = useTrace.getState().model;
  const lines = subject.processes
    .flatMap((process) => (history.outputs.get(process)?.items ?? []).map((line) => ({ ...line, process })))
    .filter((line) => line.at <= world.now);
  if (lines.length === 0) return <p className={css.empty}>It has printed nothing.</p>;
  const shown = lines.sort((a, b) => a.at - b.at).slice(-LINES);
  return (
    <pre className={css.log}>
      {shown.map((line, i) => (
        <span key={`${line.at} ${i}`} className={line.stream === 'stderr' ? css.stderr : ''}>
          <time>{instant(line.at)}</time> {line.text.endsWith('\n') ? line.text : `${line.text}\n`}
        </span>
      ))}
    </pre>
  );
}

/** What a component has seen, kind by kind; for other things, who has seen them. */
export function BeliefTab({ subject }: Props): ReactNode {
  const world = useWorld('beliefs', 'objects');
  if (subject.target.kind !== 'component') return <SeenBy subject={subject} />;
  const rows = beliefRows(world, subject.target.host, subject.target.program);
  if (rows.length === 0) return <p className={css.empty}>It watches nothing.</p>;
  const late = rows.filter((row) => row.behind > 0);
  return (
    <>
      <table className={css.seen}>
        <thead>
          <tr>
            <th>kind</th>
            <th>seen at</th>
            <th>now</th>
            <th>last heard</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.resource} className={row.behind > 0 ? css.late : ''}>
              <th>{row.resource}</th>
              <td>{row.seen}</td>
              <td>{row.now}</td>
              <td>{span(world.now - row.at)} ago</td>
            </tr>
          ))}
        </tbody>
      </table>
      {late.length > 0 && (
        <section className={css.now}>
          <p>
            <b>
              Its watch of {late.map((row) => row.resource).join(', ')} is {Math.max(...late.map((row) => row.behind))}{' '}
              revisions late.
            </b>
          </p>
          <p className={css.asideText}>What it decides now, it decides on old numbers.</p>
        </section>
      )}
    </>
  );
}

function SeenBy({ subject }: Props): ReactNode {
  const world = useWorld('beliefs', 'objects');
  if (subject.stored === undefined) return <p className={css.empty}>The API has no object for it.</p>;
  const { revision, key } = subject.stored;
  const rows = [];
  for (const [component, seen] of world.beliefs)
    for (const [resource, belief] of seen) {
      const plural = resource.split('.')[0] ?? '';
      if (key.includes(`/${plural}/`) || (plural === 'nodes' && key.includes('/minions/')))
        rows.push({ component, ...belief, late: belief.resourceVersion < revision });
    }
  if (rows.length === 0) return <p className={css.empty}>Nobody watches its kind.</p>;
  return (
    <table className={css.seen}>
      <thead>
        <tr>
          <th>who watches</th>
          <th>seen at</th>
          <th>it is</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.component} className={row.late ? css.late : ''}>
            <th>{row.component}</th>
            <td>{row.resourceVersion}</td>
            <td>{revision}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The packet rules of its machine. */
export function RulesTab({ subject }: Props): ReactNode {
  const world = useWorld('tables');
  const tables = subject.host === undefined ? undefined : world.tables.get(subject.host);
  const text = useMemo(() => (tables === undefined ? '' : printTables(tables)), [tables]);
  if (text === '')
    return (
      <p className={css.empty}>
        {subject.host === undefined ? 'It is on no machine.' : `${subject.host} has no packet rules.`}
      </p>
    );
  return <pre className={css.yaml}>{text}</pre>;
}
