import { lazy, Suspense, useMemo, type ReactNode } from 'react';
import { Crown, Icon } from '../../app/icons.tsx';
import { subjectOf, type Subject } from '../../graph/subject.ts';
import { useTick, useWorld } from '../../stores/use-world.ts';
import { useView, type InspectorTab } from '../../stores/view-store.ts';
import { eventsOf } from '../dock/event-list.tsx';
import { PodMark } from '../map/pod-squares.tsx';
import { BeliefTab, EventsTab, LogsTab, RulesTab } from './tabs.tsx';
import css from './inspector.module.css';
import { WhyTab } from './why-tab.tsx';

const YamlTab = lazy(async () => ({ default: (await import('./yaml-tab.tsx')).YamlTab }));

const TABS: readonly (readonly [InspectorTab, string])[] = [
  ['why', 'Why'],
  ['yaml', 'YAML'],
  ['events', 'Events'],
  ['logs', 'Logs'],
  ['belief', 'Belief'],
  ['rules', 'Rules'],
];

/** Everything about the one thing that is selected; first why it is so. */
export function Inspector(): ReactNode {
  const selected = useView((view) => view.selected);
  const tab = useView((view) => view.tab);
  const set = useView((view) => view.set);
  const world = useWorld('machines', 'objects', 'pods', 'raft');
  const tick = useTick('machines', 'objects', 'pods');
  const subject = useMemo(
    () => (selected === undefined ? undefined : subjectOf(world, selected)),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the world is one mutable object: the tick tells that it changed
    [world, selected, tick],
  );
  const events = useMemo(
    () => (subject?.involved === undefined ? 0 : eventsOf(world, subject.involved).length),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- as above
    [world, subject, tick],
  );
  if (subject === undefined) return <Nothing />;
  return (
    <aside className={css.inspector} aria-label="inspector">
      <header className={css.head}>
        <Glyph subject={subject} />
        <div>
          <h2 title={subject.title}>{subject.title}</h2>
          <p>{subject.under}</p>
        </div>
      </header>
      <div className={css.tabs} role="tablist" aria-label="about it">
        {TABS.map(([name, word]) => (
          <button key={name} type="button" role="tab" aria-selected={tab === name} onClick={() => set({ tab: name })}>
            {word}
            {name === 'events' && events > 0 && <small>{events}</small>}
          </button>
        ))}
      </div>
      <div className={css.body} role="tabpanel" tabIndex={0} aria-label={tab}>
        <Tab tab={tab} subject={subject} />
      </div>
    </aside>
  );
}

function Tab({ tab, subject }: { readonly tab: InspectorTab; readonly subject: Subject }): ReactNode {
  switch (tab) {
    case 'why':
      return <WhyTab subject={subject} />;
    case 'yaml':
      return (
        <Suspense fallback={null}>
          <YamlTab subject={subject} />
        </Suspense>
      );
    case 'events':
      return <EventsTab subject={subject} />;
    case 'logs':
      return <LogsTab subject={subject} />;
    case 'belief':
      return <BeliefTab subject={subject} />;
    case 'rules':
      return <RulesTab subject={subject} />;
  }
}

function Glyph({ subject }: { readonly subject: Subject }): ReactNode {
  if (subject.shape !== undefined)
    return (
      <svg className={css.glyph} viewBox="-1 -1 16 16" aria-hidden="true">
        <PodMark shape={subject.shape} size={14} />
      </svg>
    );
  if (subject.leads) return <Crown label="leader" />;
  return <Icon name={subject.icon} className={css.glyph} />;
}

function Nothing(): ReactNode {
  return (
    <aside className={css.inspector} aria-label="inspector">
      <div className={css.welcome}>
        <p>
          <b>Run something first:</b> press <kbd>1</kbd> for nginx × 6 and watch its pods find their machines.
        </p>
        <p>Choose a pod, a machine, a component or an entry of the etcd log: here it says why it is as it is.</p>
        <p>Drag a fault onto the map, or drag a machine away from the others to cut it off.</p>
      </div>
    </aside>
  );
}
