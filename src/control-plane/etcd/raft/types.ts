// The words of the Raft state machine. Models go.etcd.io/raft/v3 (raftpb and Ready).

export type MemberId = string;
/** No member: an unknown leader, a vote not given. */
export const NONE: MemberId = '';

export type Role = 'follower' | 'pre-candidate' | 'candidate' | 'leader';

/** What an entry carries; opaque to Raft. A new leader's first entry is empty. */
export type Payload = string | object | null;

/** A payload to be replicated, with the size that flow control reckons with. */
export interface Proposal {
  readonly data: Payload;
  readonly size: number;
  /** Makes the entry a change of the configuration, which takes effect when the entry is applied. */
  readonly change?: ConfChange;
}

export interface ConfChangeSingle {
  readonly type: 'add-voter' | 'add-learner' | 'remove' | 'update';
  /** NONE: nothing happens; what the owner makes of a change that it refuses when it is applied. */
  readonly id: MemberId;
}

/** Models raftpb.ConfChangeV2. No changes at all: leave the joint configuration. */
export interface ConfChange {
  /** auto: joint only if more than one voter changes at once. Explicit: somebody has to ask for leaving. */
  readonly transition: 'auto' | 'joint-implicit' | 'joint-explicit';
  readonly changes: readonly ConfChangeSingle[];
}

export interface Entry extends Proposal {
  readonly term: number;
  readonly index: number;
}

export interface HardState {
  readonly term: number;
  readonly vote: MemberId;
  readonly commit: number;
}

export interface SoftState {
  readonly lead: MemberId;
  readonly role: Role;
}

/** The voters of the cluster. During a joint change `outgoing` holds the voters being left; learners receive but do not vote. */
export interface Configuration {
  readonly voters: readonly MemberId[];
  readonly outgoing: readonly MemberId[];
  readonly learners: readonly MemberId[];
  /** Voters being left that become learners once the joint change is over. */
  readonly learnersNext: readonly MemberId[];
  /** The leader leaves the joint configuration by itself. */
  readonly autoLeave: boolean;
}

export interface Snapshot {
  readonly index: number;
  readonly term: number;
  readonly configuration: Configuration;
  readonly data: string;
}

interface Envelope {
  readonly from: MemberId;
  readonly to: MemberId;
  /** 0 in what a client asks of the leader (proposals, reads, transfers). */
  readonly term: number;
}

export type MessageBody =
  | { readonly type: 'MsgProp'; readonly entries: readonly Proposal[] }
  | {
      readonly type: 'MsgApp';
      /** The entry before `entries`. */
      readonly index: number;
      readonly logTerm: number;
      readonly entries: readonly Entry[];
      readonly commit: number;
    }
  | {
      readonly type: 'MsgAppResp';
      readonly index: number;
      readonly reject: boolean;
      /** With `reject`: where the logs may agree, and the term of that entry here. */
      readonly rejectHint: number;
      readonly logTerm: number;
    }
  | { readonly type: 'MsgHeartbeat'; readonly commit: number; readonly context: string }
  | { readonly type: 'MsgHeartbeatResp'; readonly context: string }
  | {
      readonly type: 'MsgVote' | 'MsgPreVote';
      readonly index: number;
      readonly logTerm: number;
      /** The leader itself asked for this election: leases do not hold it up. */
      readonly transfer: boolean;
    }
  | { readonly type: 'MsgVoteResp' | 'MsgPreVoteResp'; readonly reject: boolean }
  | { readonly type: 'MsgSnap'; readonly snapshot: Snapshot }
  | { readonly type: 'MsgTransferLeader'; readonly transferee: MemberId }
  | { readonly type: 'MsgTimeoutNow' }
  | { readonly type: 'MsgReadIndex'; readonly context: string }
  | { readonly type: 'MsgReadIndexResp'; readonly index: number; readonly context: string };

export type Message = Envelope & MessageBody;
export type MessageOf<T extends Message['type']> = Extract<Message, { readonly type: T }>;

/** The read of this context may be served once everything up to `index` is applied. */
export interface ReadState {
  readonly index: number;
  readonly context: string;
}

/** What the owner has to do: see `Raft.ready`. */
export interface Ready {
  readonly softState: SoftState | undefined;
  readonly hardState: HardState | undefined;
  readonly snapshot: Snapshot | undefined;
  /** To be written, replacing whatever the log holds from the first one's index on. */
  readonly entries: readonly Entry[];
  readonly committedEntries: readonly Entry[];
  readonly readStates: readonly ReadState[];
  /** A leader may send these while it writes; anyone else once hardState and entries are on disk. */
  readonly messages: readonly Message[];
  /** These promise what is being written: never before it is on disk. */
  readonly messagesAfterPersist: readonly Message[];
  readonly mustSync: boolean;
}

export type ProposalResult = 'accepted' | 'forwarded' | 'dropped';

/** What the page draws and safety checks read; told as it happens. */
export type RaftEvent =
  | { readonly kind: 'role'; readonly role: Role; readonly term: number; readonly lead: MemberId }
  | {
      readonly kind: 'vote';
      readonly term: number;
      readonly candidate: MemberId;
      readonly granted: boolean;
      readonly preVote: boolean;
    }
  | { readonly kind: 'election-timer'; readonly ticks: number }
  | { readonly kind: 'append'; readonly entries: readonly Entry[] }
  | { readonly kind: 'commit'; readonly index: number }
  | { readonly kind: 'configuration'; readonly configuration: Configuration }
  | { readonly kind: 'snapshot'; readonly index: number; readonly term: number };

export interface RaftConfig {
  readonly id: MemberId;
  readonly configuration: Configuration;
  readonly electionTicks: number;
  readonly heartbeatTicks: number;
  readonly preVote: boolean;
  readonly checkQuorum: boolean;
  readonly maxSizePerMessage: number;
  readonly maxInflightMessages: number;
  /** Proposals beyond this many bytes not yet committed are dropped. */
  readonly maxUncommittedSize: number;
  /** A leader that is removed or made a learner stops leading at once. Default: its owner ends it. */
  readonly stepDownOnRemoval?: boolean;
  /** A whole number in [0, limit). */
  readonly random: (limit: number) => number;
  readonly observe?: (event: RaftEvent) => void;
  /** Known mistakes, for tests of the tests. */
  readonly bugs?: {
    readonly commitByCountingAcrossTerms?: boolean;
    /** Any change at any time, each at once: majorities before and after it need not meet. */
    readonly unsafeConfChanges?: boolean;
  };
}

/** What a member finds on its disk when it starts. */
export interface Restored {
  readonly hardState: HardState;
  readonly snapshot: Snapshot | undefined;
  readonly entries: readonly Entry[];
  /** What the state machine already holds. */
  readonly applied: number;
}
