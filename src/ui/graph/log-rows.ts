import { lastIndex, termAt } from '../stores/fold-raft.ts';
import type { History } from '../stores/history.ts';
import type { MemberState, Revision, World } from '../stores/world.ts';

export interface LogRow {
  readonly index: number;
  readonly cells: readonly LogCell[];
  readonly revision?: number;
  readonly text: string;
  readonly committed: boolean;
}

export interface LogCell {
  readonly host: string;
  readonly term?: number;
  /** Written but not yet safe on its disk. */
  readonly sent: boolean;
}

/** The newest rows of all members' logs side by side. */
export function logRows(
  world: World,
  history: History,
  hosts: readonly string[],
  count: number,
): { readonly rows: LogRow[]; readonly commit: number } {
  const members = hosts.map((host) => world.members.get(host));
  const last = Math.max(0, ...members.map((member) => (member === undefined ? 0 : lastIndex(member))));
  const commit = Math.max(0, ...members.map((member) => member?.commit ?? 0));
  const first = Math.max(1, last - count + 1);
  const writes = revisionsByIndex(history, first);
  const rows: LogRow[] = [];
  for (let index = first; index <= last; index++) {
    const written = writes.get(index);
    const cells = members.map((member, i) => cellOf(member, hosts[i] ?? '', index));
    const text = written === undefined ? textOf(world, index) : shorten(written.key);
    rows.push({
      index,
      cells,
      text,
      committed: index <= commit,
      ...(written === undefined ? {} : { revision: written.revision }),
    });
  }
  return { rows, commit };
}

function cellOf(member: MemberState | undefined, host: string, index: number): LogCell {
  const term = member === undefined ? undefined : termAt(member, index);
  if (member === undefined || term === undefined) return { host, sent: false };
  return { host, term, sent: index > member.durable && index > member.commit };
}

function revisionsByIndex(history: History, first: number): Map<number, Revision> {
  const found = new Map<number, Revision>();
  const { items } = history.revisions;
  for (let i = items.length - 1; i >= 0; i--) {
    const revision = items[i];
    if (revision === undefined || revision.index < first) break;
    found.set(revision.index, revision);
  }
  return found;
}

/** "put /registry/pods/…" → "pods/…"; others as the leader named them. */
function textOf(world: World, index: number): string {
  const text = world.entries.get(index)?.text ?? '';
  return text.replace(/^(put|txn) \/registry\//, '').replace('/registry/', '');
}

export function shorten(key: string): string {
  return key.replace(/^\/registry\//, '');
}
