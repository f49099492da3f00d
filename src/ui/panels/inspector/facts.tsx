import type { ReactNode } from 'react';
import { memberRows } from '../../graph/etcd-members.ts';
import { duration, instant } from '../../graph/time-text.ts';
import type { Subject } from '../../graph/subject.ts';
import { lastIndex } from '../../stores/fold-raft.ts';
import { processOf } from '../../stores/leaders.ts';
import { nodeReady, podsOf } from '../../stores/pods.ts';
import { useWorld } from '../../stores/use-world.ts';
import { useTrace } from '../../stores/trace-store.ts';
import { useView } from '../../stores/view-store.ts';
import type { World } from '../../stores/world.ts';
import css from './inspector.module.css';

const READY: Readonly<Record<string, string>> = {
  True: 'Ready',
  False: 'NotReady',
  Unknown: 'Unknown: its kubelet is not heard',
};

/** What a machine is, and what the API believes of it. */
export function MachineFacts({ subject }: { readonly subject: Subject }): ReactNode {
  const world = useWorld('machines', 'objects', 'pods');
  const host = subject.host ?? '';
  const machine = world.machines.get(host);
  const ready = nodeReady(world, host);
  const pods = podsOf(world).filter((pod) => pod.node === host);
  const { select } = useView.getState();
  return (
    <>
      <dl className={css.facts}>
        <dt>in fact</dt>
        <dd>
          {machine === undefined
            ? 'not yet powered on'
            : machine.state === 'off'
              ? `without power for ${duration(world.now - machine.since)}`
              : machine.state}
        </dd>
        {ready !== '' && (
          <>
            <dt>the API says</dt>
            <dd>{READY[ready] ?? ready}</dd>
          </>
        )}
        {pods.length > 0 && (
          <>
            <dt>pods</dt>
            <dd className={css.pods}>
              {pods.slice(0, 40).map((pod) => (
                <button
                  key={pod.uid}
                  type="button"
                  className={css.link}
                  onClick={() => select({ kind: 'pod', uid: pod.uid, key: pod.key, host })}
                >
                  {pod.name}
                </button>
              ))}
            </dd>
          </>
        )}
      </dl>
    </>
  );
}

/** How a component fares: its process, and for etcd its log. */
export function ComponentFacts({ subject }: { readonly subject: Subject }): ReactNode {
  const world = useWorld('machines', 'raft', 'objects');
  const requests = useTrace((state) => state.model.history.requests);
  if (subject.target.kind !== 'component') return null;
  const { host, program } = subject.target;
  const process = processOf(world, host, program);
  const member = program === 'etcd' ? world.members.get(host) : undefined;
  const own = requests.items
    .filter((request) => request.source === process?.id)
    .slice(-14)
    .reverse();
  return (
    <>
      <dl className={css.facts}>
        <dt>process</dt>
        <dd>
          {process === undefined
            ? 'not started yet'
            : `${process.id}, ${process.state} since ${instant(process.since)}`}
          {process?.code === undefined ? '' : `, exit code ${process.code}`}
        </dd>
        {process?.parent !== undefined && (
          <>
            <dt>started by</dt>
            <dd>{process.parent}</dd>
          </>
        )}
        {process !== undefined && (
          <>
            <dt>runs in</dt>
            <dd>{process.ownWorker ? 'a worker of its own' : 'the worker of its machine'}</dd>
          </>
        )}
        {member !== undefined && (
          <>
            <dt>role</dt>
            <dd>
              {member.role}, term {member.term}
              {member.leader === undefined ? '' : `, follows ${member.leader}`}
              {member.vote === undefined ? '' : `, voted for ${member.vote}`}
            </dd>
            <dt>member</dt>
            <dd>{membership(world, host)}</dd>
            <dt>log</dt>
            <dd>
              last {lastIndex(member)}, durable {member.durable}, committed {member.commit}, applied rv{' '}
              {world.applied.get(host) ?? 0}
            </dd>
          </>
        )}
      </dl>
      {own.length > 0 && (
        <ol className={css.chain}>
          {own.map((request, i) => (
            <li key={`${request.at} ${i}`}>
              <p>
                <span title={`${request.verb} ${request.path} by ${request.user}`}>
                  <b>{request.code}</b> {request.verb} {request.path}
                </span>
                <time>{instant(request.at)}</time>
              </p>
            </li>
          ))}
        </ol>
      )}
    </>
  );
}

function membership(world: World, host: string): string {
  const row = memberRows(world, [...world.members.keys()]).rows.find((each) => each.host === host);
  if (row === undefined) return '';
  return row.id === undefined ? 'does not belong to the cluster any more' : `${row.id}, ${row.role}`;
}
