import type { RaftEntryNote, TraceNote } from '../../sim/trace.ts';
import type { MemberState } from './world.ts';

/** How much of a member's log the page remembers. */
const WINDOW = 1_000;

const NEW: Omit<MemberState, 'host'> = {
  role: 'follower',
  term: 0,
  electionTimeout: 0,
  heardAt: 0,
  first: 1,
  terms: [],
  commit: 0,
  durable: 0,
  compacted: 0,
};

export function foldRaft(members: Map<string, MemberState>, at: number, host: string, note: TraceNote): boolean {
  const member = members.get(host) ?? { ...NEW, host };
  const after = memberAfter(member, at, note);
  if (after === undefined) return false;
  members.set(host, after);
  return true;
}

/** A member's election timer starts anew when its leader is heard. */
export function heardLeader(members: Map<string, MemberState>, at: number, host: string): void {
  const member = members.get(host);
  if (member !== undefined && member.role === 'follower' && at > member.heardAt)
    members.set(host, { ...member, heardAt: at });
}

function memberAfter(member: MemberState, at: number, note: TraceNote): MemberState | undefined {
  switch (note.type) {
    case 'raft.role': {
      const { leader: _, vote: __, ...rest } = member;
      const leader = note.leader === undefined ? {} : { leader: note.leader };
      const vote = note.vote === undefined ? {} : { vote: note.vote };
      return {
        ...rest,
        role: note.role,
        term: note.term,
        heardAt: at,
        ...leader,
        ...vote,
      };
    }
    case 'etcd.start':
      return member.id === undefined || member.id === note.id
        ? { ...member, id: note.id }
        : { ...NEW, host: member.host, id: note.id };
    case 'raft.configuration':
      return { ...member, configuration: { members: note.members, joint: note.joint } };
    case 'raft.timer':
      return { ...member, electionTimeout: note.electionTimeout, heardAt: at };
    case 'raft.append':
      return appended(member, note.entries);
    case 'raft.durable':
      return { ...member, durable: note.index };
    case 'raft.commit':
      return { ...member, commit: note.index };
    case 'raft.compact':
      return { ...member, compacted: note.index };
    case 'raft.snapshot':
      return note.direction === 'made'
        ? member
        : {
            ...member,
            first: note.index + 1,
            terms: [],
            commit: note.index,
            compacted: note.index,
          };
    default:
      return undefined;
  }
}

/** An entry of another term at the same index takes the rest of the log with it. */
function appended(member: MemberState, entries: readonly RaftEntryNote[]): MemberState {
  const head = entries[0];
  if (head === undefined) return member;
  let first = member.first;
  let terms = [...member.terms];
  if (head.index > first + terms.length || terms.length === 0) {
    first = head.index;
    terms = [];
  }
  for (const entry of entries) {
    const place = entry.index - first;
    if (place < 0) continue;
    if (place < terms.length && terms[place] !== entry.term) terms.length = place;
    terms[place] = entry.term;
  }
  if (terms.length > WINDOW + WINDOW / 2) {
    first += terms.length - WINDOW;
    terms = terms.slice(-WINDOW);
  }
  return { ...member, first, terms };
}

export function termAt(member: MemberState, index: number): number | undefined {
  return member.terms[index - member.first];
}

export function lastIndex(member: MemberState): number {
  return member.first + member.terms.length - 1;
}
