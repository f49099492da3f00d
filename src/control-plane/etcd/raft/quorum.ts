// Majorities, also of two sets of voters at once. Models go.etcd.io/raft/v3/quorum.
import type { Configuration, MemberId } from './types.ts';

export type VoteResult = 'won' | 'lost' | 'pending';

export function configurationOf(voters: readonly MemberId[]): Configuration {
  return { voters: [...voters].sort(), outgoing: [], learners: [], learnersNext: [], autoLeave: false };
}

export function membersOf(configuration: Configuration): MemberId[] {
  return [...new Set([...configuration.voters, ...configuration.outgoing, ...configuration.learners])].sort();
}

export function isVoter(configuration: Configuration, id: MemberId): boolean {
  return configuration.voters.includes(id) || configuration.outgoing.includes(id);
}

export function isOnlyVoter(configuration: Configuration, id: MemberId): boolean {
  return configuration.outgoing.length === 0 && configuration.voters.length === 1 && configuration.voters[0] === id;
}

/** The largest index that a majority of each set of voters holds. */
export function committedIndex(configuration: Configuration, matchOf: (id: MemberId) => number): number {
  return Math.min(majorityIndex(configuration.voters, matchOf), majorityIndex(configuration.outgoing, matchOf));
}

export function voteResult(configuration: Configuration, votes: ReadonlyMap<MemberId, boolean>): VoteResult {
  const results = [majorityVote(configuration.voters, votes), majorityVote(configuration.outgoing, votes)];
  if (results.includes('lost')) return 'lost';
  return results.includes('pending') ? 'pending' : 'won';
}

/** An empty set agrees to everything, so that it does not matter in the joint answer. */
function majorityIndex(voters: readonly MemberId[], matchOf: (id: MemberId) => number): number {
  if (voters.length === 0) return Number.MAX_SAFE_INTEGER;
  const matches = voters.map(matchOf).sort((a, b) => a - b);
  return matches[matches.length - (Math.floor(voters.length / 2) + 1)] ?? 0;
}

function majorityVote(voters: readonly MemberId[], votes: ReadonlyMap<MemberId, boolean>): VoteResult {
  if (voters.length === 0) return 'won';
  const majority = Math.floor(voters.length / 2) + 1;
  const yes = voters.filter((id) => votes.get(id) === true).length;
  const missing = voters.filter((id) => !votes.has(id)).length;
  if (yes >= majority) return 'won';
  return yes + missing >= majority ? 'pending' : 'lost';
}
