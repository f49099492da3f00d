import type { ReactNode } from 'react';
import { Crown } from '../../app/icons.tsx';
import { memberRows, type MemberRow } from '../../graph/etcd-members.ts';
import { useRun } from '../../session/control.ts';
import { runInTerminal } from '../../session/terminal-lines.ts';
import { useWorld } from '../../stores/use-world.ts';
import css from './etcd-members.module.css';

/** Who belongs to etcd, and what an operator may do about it: each action is typed into the terminal in front. */
export function EtcdMembers(): ReactNode {
  const layout = useRun((run) => run.layout);
  const world = useWorld('raft', 'machines');
  const { rows, joint } = memberRows(world, layout.column);
  if (rows.length === 0) return null;
  return (
    <section className={css.members} aria-label="etcd members">
      <ul>
        {rows.map((row) => (
          <MemberItem key={row.host} row={row} />
        ))}
      </ul>
      {joint && <p className={css.joint}>joint: majorities of the old and of the new voters are needed</p>}
    </section>
  );
}

function MemberItem({ row }: { readonly row: MemberRow }): ReactNode {
  const { host, role, id, actions } = row;
  return (
    <li data-role={role} title={id === undefined ? `${host} does not belong to the cluster` : `member ${id}`}>
      <span className={css.name}>
        {host}
        {role === 'leader' && <Crown />}
      </span>
      <span className={css.role}>{role}</span>
      <select
        className={css.actions}
        aria-label={`change member ${host}`}
        value=""
        onChange={(event) => {
          const action = actions.find(({ name }) => name === event.target.value);
          if (action !== undefined) runInTerminal(action.lines);
        }}
      >
        <option value="">…</option>
        {actions.map(({ name, says }) => (
          <option key={name} value={name} title={says}>
            {name}
          </option>
        ))}
      </select>
    </li>
  );
}
