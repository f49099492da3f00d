import type { ReactNode } from 'react';
export function YamlEditor({ front }: { readonly front: boolean }): ReactNode {
  return <p>{String(front)}</p>;
}
