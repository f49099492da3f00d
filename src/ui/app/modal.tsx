import { useEffect, useRef, type ReactNode } from 'react';
import { messageOf } from '../session/control.ts';
import { useView } from '../stores/view-store.ts';
import css from './app.module.css';

export function Modal({ title, children }: { readonly title: string; readonly children: ReactNode }): ReactNode {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => element.current?.showModal(), []);
  return (
    <dialog ref={element} className={css.dialog} aria-label={title} onClose={closeDialog}>
      <h2>{title}</h2>
      {children}
    </dialog>
  );
}

export function closeDialog(): void {
  useView.getState().set({ dialog: undefined });
}

export function complain(error: unknown): void {
  useView.getState().set({ toast: { text: messageOf(error), bad: true } });
}

/** Hands a file to the person. */
export function download(name: string, text: string, type: string): void {
  const anchor = document.createElement('a');
  anchor.href = URL.createObjectURL(new Blob([text], { type }));
  anchor.download = name;
  anchor.click();
  URL.revokeObjectURL(anchor.href);
}
