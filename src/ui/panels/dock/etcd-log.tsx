import { memo, useMemo, type ReactNode } from 'react';
import { Crown } from '../../app/icons.tsx';
import { diffObjects } from '../../graph/diff.ts';
import { logRows, type LogRow } from '../../graph/log-rows.ts';
import { describeCause } from '../../graph/why.ts';
import { useRun } from '../../session/control.ts';
import type { History } from '../../stores/history.ts';
import { etcdLeader, nameOfProcess } from '../../stores/leaders.ts';
import { useTick, useWorld } from '../../stores/use-world.ts';
import { useTrace } from '../../stores/trace-store.ts';
import { useView } from '../../stores/view-store.ts';
import type { Revision, World } from '../../stores/world.ts';
import css from './dock.module.css';
import { EtcdMembers } from './etcd-members.tsx';

const ROWS = 80;

/** A column per member, a row per index: what each has, in which term, and how far it is committed. */
export function EtcdLog(): ReactNode {
  const layout = useRun((run) => run.layout);
  const world = useWorld('raft', 'objects');
  const tick = useTick('raft', 'objects');
  const history = useTrace((state) => state.model.history);
  const entry = useView((view) => view.entry);
  // eslint-disable-next-line react-hooks/exhaustive-deps -- the world is one mutable object: the tick tells that it changed
  const { rows, commit } = useMemo(() => logRows(world, history, layout.column, ROWS), [world, history, layout, tick]);
  const leader = etcdLeader(world)?.host;
  if (rows.length === 0) return <p className={css.empty}>No member has written to its log yet.</p>;
  return (
    <div className={css.etcd}>
      <div className={css.log}>
        <EtcdMembers />
        <table aria-hidden="true">
          <thead>
            <tr>
              <th className={css.index}>index</th>
              {layout.column.map((host) => (
                <th key={host} className={css.member}>
                  {host}
                  {host === leader && <Crown />}
                </th>
              ))}
              <th className={css.rv}>rv</th>
              <th className={css.key}>/registry/</th>
            </tr>
          </thead>
        </table>
        <div className={css.rows} tabIndex={0} role="region" aria-label="etcd log">
          <table>
            <tbody>
              {rows.map((row) => (
                <Row key={row.index} row={row} last={row.index === commit} chosen={row.index === entry} />
              ))}
            </tbody>
          </table>
        </div>
      </div>
      <EntryCard world={world} history={history} index={entry ?? lastWrite(rows)} />
    </div>
  );
}

function lastWrite(rows: readonly LogRow[]): number | undefined {
  return (
    rows.findLast((row) => row.revision !== undefined && !/^(master)?leases\//.test(row.text))?.index ??
    rows.findLast((row) => row.revision !== undefined)?.index
  );
}

const TERMS = [css.t0, css.t1, css.t2, css.t3];

interface RowProps {
  readonly row: LogRow;
  readonly last: boolean;
  readonly chosen: boolean;
}

const Row = memo(
  function Row({ row, last, chosen }: RowProps): ReactNode {
    const look = [last ? css.commit : '', row.committed ? '' : css.open, chosen ? css.chosen : ''].join(' ');
    return (
      <tr
        className={look}
        aria-selected={chosen}
        data-index={row.index}
        onClick={() => useView.getState().set({ entry: chosen ? undefined : row.index })}
      >
        <th className={css.index}>{row.index}</th>
        {row.cells.map((cell) => (
          <td
            key={cell.host}
            className={`${css.member} ${css.cell} ${cell.term === undefined ? css.none : TERMS[cell.term % 4]} ${cell.sent ? css.sent : ''}`}
          >
            {cell.term}
          </td>
        ))}
        <td className={css.rv}>{row.revision}</td>
        <td className={css.key} title={row.text}>
          {row.text}
        </td>
      </tr>
    );
  },
  (a, b) => a.last === b.last && a.chosen === b.chosen && sameRow(a.row, b.row),
);

function sameRow(a: LogRow, b: LogRow): boolean {
  return (
    a.index === b.index &&
    a.revision === b.revision &&
    a.text === b.text &&
    a.committed === b.committed &&
    a.cells.every((cell, i) => cell.term === b.cells[i]?.term && cell.sent === b.cells[i]?.sent)
  );
}

/** What an entry did to its object, who asked for it and why, and who has seen it. */
function EntryCard({
  world,
  history,
  index,
}: {
  readonly world: World;
  readonly history: History;
  readonly index: number | undefined;
}): ReactNode {
  const revision = index === undefined ? undefined : history.revisions.items.findLast((one) => one.index === index);
  const entry = index === undefined ? undefined : world.entries.get(index);
  if (index === undefined) return <article className={css.diff} />;
  if (revision === undefined)
    return (
      <article className={css.diff}>
        <h3>entry {index}</h3>
        <p>{entry?.text ?? ''}</p>
      </article>
    );
  const lines = diffObjects(revision.before, revision.value);
  const seen = watchersOf(world, revision.revision, revision.key);
  return (
    <article className={css.diff}>
      <h3>
        <button type="button" onClick={() => useView.getState().select({ kind: 'object', key: revision.key })}>
          rv {revision.revision}
        </button>{' '}
        <span>{revision.value === undefined ? 'delete' : revision.created ? 'create' : 'update'}</span>
      </h3>
      <pre tabIndex={0}>
        {lines.map((line, i) =>
          line.sign === '+' ? (
            <ins key={i}>+ {line.text}</ins>
          ) : line.sign === '-' ? (
            <del key={i}>- {line.text}</del>
          ) : (
            <span key={i}>{line.text}</span>
          ),
        )}
      </pre>
      <dl>
        {revision.by !== undefined && (
          <>
            <dt>by</dt>
            <dd>{authorOf(world, history, revision)}</dd>
          </>
        )}
        {revision.cause !== undefined && (
          <>
            <dt>why</dt>
            <dd>{describeCause(history, revision.cause)}</dd>
          </>
        )}
        {seen.all > 0 && (
          <>
            <dt>seen</dt>
            <dd>
              {seen.seen} of {seen.all} watchers
            </dd>
          </>
        )}
      </dl>
    </article>
  );
}

/** Who wanted the write: whoever opened the step that led to it, else the API server that sent it to etcd. */
function authorOf(world: World, history: History, revision: Revision): string {
  const source = revision.cause === undefined ? undefined : history.causes.get(revision.cause)?.source;
  if (source !== undefined && source !== 'kernel') return nameOfProcess(world, source);
  const by = revision.by ?? '';
  if (world.processes.has(by)) return nameOfProcess(world, by);
  const ip = by.replace(/:\d+$/, '');
  const server = [...world.processes.values()].find(
    (process) => process.ip === ip && process.program === 'kube-apiserver',
  );
  return server === undefined ? by : nameOfProcess(world, server.id);
}

function watchersOf(world: World, revision: number, key: string): { readonly seen: number; readonly all: number } {
  let seen = 0;
  let all = 0;
  for (const beliefs of world.beliefs.values())
    for (const [resource, belief] of beliefs) {
      const plural = resource.split('.')[0] ?? resource;
      if (!key.startsWith(`/registry/${plural}/`) && !key.startsWith(`/registry/services/${plural}/`)) continue;
      all++;
      if (belief.resourceVersion >= revision) seen++;
    }
  return { seen, all };
}
