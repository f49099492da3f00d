import '@xterm/xterm/css/xterm.css';
import { useEffect, useRef, type ReactNode } from 'react';
import { useView } from '../../stores/view-store.ts';
import { createScreen, type Screen } from './terminal-screen.ts';
import css from './terminal.module.css';

/** One terminal session. */
export function TerminalScreen({ session, front }: { readonly session: number; readonly front: boolean }): ReactNode {
  const place = useRef<HTMLDivElement>(null);
  const screen = useRef<Screen>(undefined);
  const theme = useView((view) => view.theme);
  useEffect(() => {
    if (place.current === null) return undefined;
    const made = createScreen(place.current, session);
    screen.current = made;
    return () => made.dispose();
  }, [session]);
  useEffect(() => screen.current?.paint(), [theme]);
  useEffect(() => screen.current?.toFront(front), [front]);
  return (
    <div className={css.screen}>
      <div ref={place} className={css.inner} />
    </div>
  );
}
