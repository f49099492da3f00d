import type { ReactNode } from 'react';
export function TerminalScreen({ session, front }: { readonly session: number; readonly front: boolean }): ReactNode {
  return <p>{front ? session : ''}</p>;
}
