import { lazy, Suspense, type ReactNode } from 'react';
import { Icon } from '../../app/icons.tsx';
import { useRun } from '../../session/control.ts';
import { useView } from '../../stores/view-store.ts';
import css from './dock.module.css';

const Terminal = lazy(async () => ({ default: (await import('./terminal.tsx')).TerminalScreen }));
const Editor = lazy(async () => ({ default: (await import('./editor.tsx')).YamlEditor }));

/** Terminals and the editor. All stay alive behind the one in front. */
export function LeftPane(): ReactNode {
  const run = useRun((state) => state.run);
  const left = useView((view) => view.left);
  const sessions = useView((view) => view.sessions);
  const edited = useView((view) => view.edited);
  const set = useView((view) => view.set);
  const next = Math.max(0, ...sessions) + 1;
  return (
    <div className={css.pane}>
      <div className={css.tabs}>
        <div className={css.tablist} role="tablist" aria-label="terminals">
          {sessions.map((session) => (
            <button
              key={session}
              type="button"
              role="tab"
              aria-selected={left.kind === 'terminal' && left.session === session}
              onClick={() => set({ left: { kind: 'terminal', session } })}
            >
              Terminal {session}
            </button>
          ))}
          <button
            type="button"
            role="tab"
            aria-selected={left.kind === 'editor'}
            onClick={() => set({ left: { kind: 'editor' }, edited: true })}
          >
            Editor
          </button>
        </div>
        <button
          type="button"
          className={css.add}
          title="New terminal"
          aria-label="New terminal"
          onClick={() => set({ sessions: [...sessions, next], left: { kind: 'terminal', session: next } })}
        >
          <Icon name="plus" />
        </button>
        <span className={css.spacer} />
        <span id="editor-tools" className={css.tools} />
      </div>
      <div className={css.body}>
        <Suspense fallback={<p className={css.loading}>Loading</p>}>
          {sessions.map((session) => (
            <div
              key={`${run} ${session}`}
              className={css.fill}
              hidden={left.kind !== 'terminal' || left.session !== session}
            >
              <Terminal session={session} front={left.kind === 'terminal' && left.session === session} />
            </div>
          ))}
          {edited && (
            <div className={css.fill} hidden={left.kind !== 'editor'}>
              <Editor key={run} front={left.kind === 'editor'} />
            </div>
          )}
        </Suspense>
      </div>
    </div>
  );
}
