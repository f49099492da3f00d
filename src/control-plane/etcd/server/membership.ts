// Who the members are, as applied entries say. Models server/etcdserver/api/membership (cluster.go)
import type { Member } from '../../../api/etcd.ts';
import { sortBy } from '../../../lib/order.ts';
import { etcdFailure } from '../errors.ts';
import type { ConfChange } from '../raft/types.ts';

/** What an entry that changes the configuration says about the member. */
export type MemberChange =
  | { readonly type: 'add'; readonly member: Member }
  | { readonly type: 'promote'; readonly id: string }
  | { readonly type: 'remove'; readonly id: string }
  | { readonly type: 'update'; readonly id: string; readonly peerUrls: readonly string[] };

export interface MembershipImage {
  readonly members: readonly Member[];
  readonly removed: readonly string[];
}

export class Membership {
  private readonly byId = new Map<string, Member>();
  /** Ids are never used again. */
  private readonly gone = new Set<string>();

  constructor(image: MembershipImage = { members: [], removed: [] }) {
    for (const member of image.members) this.byId.set(member.id, member);
    for (const id of image.removed) this.gone.add(id);
  }

  get(id: string): Member | undefined {
    return this.byId.get(id);
  }

  isRemoved(id: string): boolean {
    return this.gone.has(id);
  }

  /** In the order of ids. */
  list(): Member[] {
    return sortBy(this.byId.values(), ({ id }) => id.padStart(16, '0'));
  }

  voters(): Member[] {
    return this.list().filter(({ isLearner }) => !isLearner);
  }

  image(): MembershipImage {
    return { members: this.list(), removed: [...this.gone].sort() };
  }

  /** Throws in upstream's words. Every member judges alike, since all do so when they apply the entry. */
  validate(change: MemberChange, maxLearners: number): void {
    if (change.type === 'add') return this.validateNew(change.member, maxLearners);
    const member = this.byId.get(change.id);
    if (member === undefined) throw etcdFailure('memberNotFound');
    if (change.type === 'promote' && !member.isLearner) throw etcdFailure('memberNotLearner');
    if (change.type === 'update' && this.taken(change.peerUrls, change.id)) throw etcdFailure('peerUrlExists');
  }

  private validateNew(member: Member, maxLearners: number): void {
    if (this.gone.has(member.id)) throw etcdFailure('memberNotFound');
    if (this.byId.has(member.id)) throw etcdFailure('memberExists');
    if (this.taken(member.peerUrls, member.id)) throw etcdFailure('peerUrlExists');
    const learners = this.byId.size - this.voters().length;
    if (member.isLearner && learners + 1 > maxLearners) throw etcdFailure('tooManyLearners');
  }

  private taken(peerUrls: readonly string[], except: string): boolean {
    return [...this.byId.values()].some(
      (other) => other.id !== except && other.peerUrls.some((url) => peerUrls.includes(url)),
    );
  }

  apply(change: MemberChange): void {
    if (change.type === 'add') {
      this.byId.set(change.member.id, change.member);
      return;
    }
    const member = this.byId.get(change.id);
    if (member === undefined) return;
    if (change.type === 'promote') this.byId.set(change.id, { ...member, isLearner: false });
    else if (change.type === 'update') this.byId.set(change.id, { ...member, peerUrls: change.peerUrls });
    else {
      this.byId.delete(change.id);
      this.gone.add(change.id);
    }
  }

  /** What a member makes known of itself once it has joined. */
  publish(id: string, name: string, clientUrls: readonly string[]): void {
    const member = this.byId.get(id);
    if (member !== undefined) this.byId.set(id, { ...member, name, clientUrls });
  }

  /** Whether those who run would still be a quorum with one more voter that does not. */
  isReadyToAddVoter(): boolean {
    const voters = this.voters();
    const started = voters.filter(isStarted).length;
    // A cluster of one has no quorum to lose.
    return (started === 1 && voters.length === 1) || started >= Math.floor((voters.length + 1) / 2) + 1;
  }

  isReadyToRemoveVoter(id: string): boolean {
    const others = this.voters().filter((member) => member.id !== id);
    return others.filter(isStarted).length >= Math.floor(others.length / 2) + 1;
  }

  /** The learner counts, and as started. */
  isReadyToPromote(): boolean {
    const voters = this.voters();
    return voters.filter(isStarted).length + 1 >= Math.floor((voters.length + 1) / 2) + 1;
  }
}

export function isStarted({ name }: Member): boolean {
  return name !== '';
}

export function confChangeOf(change: MemberChange): ConfChange {
  switch (change.type) {
    case 'add':
      return {
        transition: 'auto',
        changes: [{ type: change.member.isLearner ? 'add-learner' : 'add-voter', id: change.member.id }],
      };
    case 'promote':
      return { transition: 'auto', changes: [{ type: 'add-voter', id: change.id }] };
    default:
      return { transition: 'auto', changes: [{ type: change.type, id: change.id }] };
  }
}
