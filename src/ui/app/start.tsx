import './tokens.css';
import './base.css';
import { createRoot } from 'react-dom/client';
import { failed, openRun, setHub } from '../session/control.ts';
import { takeOffer } from '../session/door.ts';
import type { Hub } from '../session/hub.ts';
import { onEditorWanted } from '../session/terminal-bus.ts';
import { useView } from '../stores/view-store.ts';
import { App } from './app.tsx';
import { optionsFromUrl } from './share-link.ts';
import { applyTheme, initialTheme } from './theme.ts';

/** Shows the page at once and lets the cluster boot behind it. */
export function startPage(hub: Hub | undefined): void {
  applyTheme(initialTheme());
  const root = document.getElementById('root');
  if (root === null) return;
  createRoot(root).render(<App />);
  if (hub === undefined) {
    failed({
      title: 'This browser has no Web Workers',
      text: 'Every machine of the cluster runs in workers. Open the page in a current Firefox, Chrome, Edge or Safari.',
    });
    return;
  }
  setHub(hub, takeOffer(document));
  onEditorWanted(() => useView.getState().set({ left: { kind: 'editor' }, edited: true }));
  void optionsFromUrl(location.hash).then(
    (options) => openRun(options),
    (error: unknown) => {
      failed({
        title: 'The link is damaged',
        text: 'It names no run that can be had again. Ask for it once more, or start a new run.',
        detail: error instanceof Error ? error.message : String(error),
      });
    },
  );
}
