import type { ReactNode } from 'react';
import { useTrace } from '../../stores/trace-store.ts';
import { useView, type RightTab } from '../../stores/view-store.ts';
import css from './dock.module.css';
import { EtcdLog } from './etcd-log.tsx';
import { EventList } from './event-list.tsx';
import { Internet } from './internet.tsx';
import { InvariantList } from './invariant-list.tsx';
import { MessageList } from './message-list.tsx';

const TABS: readonly (readonly [RightTab, string])[] = [
  ['etcd', 'etcd log'],
  ['messages', 'Messages'],
  ['events', 'Events'],
  ['invariants', 'Invariants'],
  ['internet', 'Internet'],
];

export function RightPane(): ReactNode {
  const right = useView((view) => view.right);
  const set = useView((view) => view.set);
  return (
    <div className={css.pane}>
      <div className={css.tabs}>
        <div className={css.tablist} role="tablist" aria-label="records">
          {TABS.map(([tab, word]) => (
            <button
              key={tab}
              type="button"
              role="tab"
              aria-selected={right === tab}
              onClick={() => set({ right: tab })}
            >
              {word}
            </button>
          ))}
        </div>
        <span className={css.spacer} />
        {right === 'etcd' && <Committed />}
      </div>
      <div className={css.body}>
        <Content tab={right} />
      </div>
    </div>
  );
}

function Committed(): ReactNode {
  const text = useTrace((state) => {
    const commit = Math.max(0, ...[...state.model.world.members.values()].map((member) => member.commit));
    return state.ticks.raft >= 0 && commit > 0 ? `committed ${commit} = rv ${state.model.world.revision}` : '';
  });
  return <span className={css.where}>{text}</span>;
}

function Content({ tab }: { readonly tab: RightTab }): ReactNode {
  switch (tab) {
    case 'etcd':
      return <EtcdLog />;
    case 'messages':
      return <MessageList />;
    case 'events':
      return <EventList />;
    case 'invariants':
      return <InvariantList />;
    case 'internet':
      return <Internet />;
  }
}
