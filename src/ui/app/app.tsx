import type { ReactNode } from 'react';
import { Bar } from '../panels/bar/bar.tsx';
import { Dock } from '../panels/dock/dock.tsx';
import { Inspector } from '../panels/inspector/inspector.tsx';
import { ClusterMap } from '../panels/map/cluster-map.tsx';
import { Palette } from '../panels/palette/palette.tsx';
import { Timeline } from '../panels/timeline/timeline.tsx';
import { useRun } from '../session/control.ts';
import { useView } from '../stores/view-store.ts';
import css from './app.module.css';
import { BootNote, FailureCard, Toast } from './notices.tsx';
import { Dialogs } from './dialogs.tsx';
import { useKeys } from './keys.ts';

export function App(): ReactNode {
  useKeys();
  const dragging = useView((view) => view.drag !== undefined || view.pull !== undefined);
  const failure = useRun((run) => run.failure);
  return (
    <div className={`${css.app} ${dragging ? css.dragging : ''}`}>
      <Bar />
      <Palette />
      <ClusterMap />
      <Inspector />
      <Timeline />
      <Dock />
      {failure === undefined ? <BootNote /> : <FailureCard failure={failure} />}
      <Toast />
      <Dialogs />
      <Narrator />
    </div>
  );
}

/** Tells screen readers what the map shows to those who see it. */
function Narrator(): ReactNode {
  const said = useView((view) => view.said);
  return (
    <div className="visually-hidden" role="status" aria-live="polite">
      {said}
    </div>
  );
}
