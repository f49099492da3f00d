import type { ReactNode } from 'react';
import { LeftPane } from './left-pane.tsx';
import { RightPane } from './right-pane.tsx';
import css from './dock.module.css';

export function Dock(): ReactNode {
  return (
    <section className={css.dock} aria-label="dock">
      <LeftPane />
      <RightPane />
    </section>
  );
}
