import { useView, type Theme } from '../stores/view-store.ts';

const KEY = 'kubarium.theme';

export function applyTheme(theme: Theme): void {
  document.documentElement.dataset['theme'] = theme;
  useView.getState().set({ theme });
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Storage may be forbidden: the choice then lasts as long as the page.
  }
}

/** What was chosen before, else what the system prefers. */
export function initialTheme(): Theme {
  try {
    const kept = localStorage.getItem(KEY);
    if (kept === 'light' || kept === 'dark') return kept;
  } catch {
    // As above.
  }
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}
