import type { Json, JsonObject, MessageLabel, Micros, ProcessId, Protocol, CloseReason } from './env.ts';

/**
 * Everything that happened, in the order (at, host/process, seq). The page is a projection of these records and of nothing
 * else; no component ever reads them. `cause` links each record to what led to it.
 */
export type TraceEvent = TraceHead & (KernelRecord | { readonly kind: 'note'; readonly note: TraceNote });

export interface TraceHead {
  /** Virtual microseconds since the start of the run. */
  readonly at: Micros;
  /** Whose event this is: `host/process`, `host` or `kernel`. */
  readonly source: string;
  /** Counts up per source. */
  readonly seq: number;
  readonly cause?: string;
}

/** What the kernel itself records. */
export type KernelRecord =
  | { readonly kind: 'host'; readonly host: string; readonly state: 'on' | 'off' | 'paused' | 'resumed' }
  | {
      readonly kind: 'process';
      readonly process: ProcessId;
      readonly state: 'started' | 'paused' | 'resumed';
      readonly program: string;
      readonly pid: number;
      readonly ip: string;
      readonly parent?: ProcessId;
      readonly ownWorker: boolean;
    }
  | {
      readonly kind: 'process';
      readonly process: ProcessId;
      readonly state: 'exited';
      readonly program: string;
      readonly pid: number;
      readonly code: number;
      readonly reason?: string;
    }
  | {
      readonly kind: 'connection';
      readonly connection: string;
      readonly state: 'open';
      readonly from: ProcessId;
      readonly to: ProcessId;
      readonly path: readonly string[];
      readonly dialled: string;
      readonly reached: string;
      readonly protocol: Protocol;
    }
  | {
      readonly kind: 'connection';
      readonly connection: string;
      readonly state: 'closed';
      readonly reason: CloseReason;
      readonly from: ProcessId;
      readonly to: string;
    }
  /** Sent at `at`, arrives at `arrives` (undefined while stalled or lost for good). `path`: the hosts it crosses, first = sender's. */
  | PacketRecord
  /** A packet that did not get through when tried: it is retried at `retryAt`, or given up; or a copy of one that had come. `where`: the two hosts of the link at fault. */
  | {
      readonly kind: 'drop';
      readonly connection: string;
      readonly packet: number;
      readonly where: readonly [string, string];
      readonly why: 'loss' | 'cut' | 'down' | 'duplicate';
      readonly retryAt?: Micros;
    }
  | {
      readonly kind: 'output';
      readonly process: ProcessId;
      readonly stream: 'stdout' | 'stderr';
      readonly text: string;
    }
  | {
      readonly kind: 'cause';
      readonly id: string;
      readonly parent?: string;
      readonly text: string;
      readonly about?: JsonObject;
    }
  | {
      readonly kind: 'fault';
      readonly id: string;
      readonly command: string;
      readonly state: 'injected' | 'healed';
      readonly text: string;
      readonly targets: readonly string[];
    }
  | { readonly kind: 'input'; readonly text: string }
  | { readonly kind: 'fsync'; readonly process: ProcessId; readonly took: Micros }
  | { readonly kind: 'tables'; readonly host: string; readonly tables: Json };

export interface PacketRecord {
  readonly kind: 'packet';
  readonly connection: string;
  /** Counts up per connection and direction. */
  readonly packet: number;
  readonly from: ProcessId;
  readonly to: ProcessId;
  readonly path: readonly string[];
  readonly protocol: Protocol;
  readonly label?: MessageLabel;
  readonly bytes: number;
  readonly arrives?: Micros;
  /** The same packet once more: the network duplicated it. */
  readonly copy?: true;
}

/** What components record about themselves. Plain data, closed union: switch over `type`. */
export type TraceNote =
  // etcd, each member for itself
  /** A member has read its disk. Another id than before: it was replaced; another cluster: what was is no longer. */
  | { readonly type: 'etcd.start'; readonly member: string; readonly id: string; readonly cluster: string }
  | {
      readonly type: 'raft.role';
      readonly member: string;
      readonly term: number;
      readonly role: 'follower' | 'pre-candidate' | 'candidate' | 'leader' | 'learner';
      readonly leader?: string;
      readonly vote?: string;
    }
  | { readonly type: 'raft.timer'; readonly member: string; readonly electionTimeout: Micros }
  /** The member's log now holds these entries (replacing any at the same indexes). Only the leader that made an entry fills `ops`. */
  | { readonly type: 'raft.append'; readonly member: string; readonly entries: readonly RaftEntryNote[] }
  /** What a member must not forget is on its disk: only now does anybody hear of it. */
  | { readonly type: 'raft.hard-state'; readonly member: string; readonly term: number; readonly vote?: string }
  | { readonly type: 'raft.durable'; readonly member: string; readonly index: number }
  | { readonly type: 'raft.commit'; readonly member: string; readonly index: number }
  | { readonly type: 'raft.compact'; readonly member: string; readonly index: number }
  /** Restored: it stands in for all that the member's log held; 'raft.durable' tells when it is on the disk. */
  | {
      readonly type: 'raft.snapshot';
      readonly member: string;
      readonly index: number;
      readonly term: number;
      readonly direction: 'made' | 'restored';
    }
  /** Who belongs to the cluster, from here on, as the member has applied it. Without a name: it has never started. */
  | {
      readonly type: 'raft.configuration';
      readonly member: string;
      readonly members: readonly EtcdMemberNote[];
      /** Majorities of the old voters and of the new ones are needed. */
      readonly joint: boolean;
    }
  /** Applying entry `index` gave these revisions. `value` undefined: deleted. */
  | {
      readonly type: 'etcd.apply';
      readonly member: string;
      readonly index: number;
      readonly revision: number;
      readonly changes: readonly EtcdChange[];
    }
  | { readonly type: 'etcd.compact'; readonly member: string; readonly revision: number }
  // API
  | {
      readonly type: 'api.request';
      readonly verb: string;
      readonly path: string;
      readonly user: string;
      readonly code: number;
      readonly took: Micros;
      readonly object?: string;
    }
  /** What a client has seen of a kind: its belief. `filter`: its selectors, when it does not watch all of the kind. */
  | {
      readonly type: 'belief';
      readonly component: string;
      readonly resource: string;
      readonly resourceVersion: string;
      readonly by: WatchStep;
      readonly filter?: string;
    }
  /** What an API server's watch cache has taken in from etcd. `revisions`: those of the changes that came in one message. */
  | {
      readonly type: 'cache';
      readonly prefix: string;
      readonly revision: number;
      readonly by: WatchStep;
      readonly revisions: readonly number[];
    }
  | { readonly type: 'lease'; readonly lease: string; readonly holder: string; readonly state: 'acquired' | 'lost' }
  // scheduler
  | {
      readonly type: 'schedule';
      readonly pod: string;
      readonly uid: string;
      readonly node?: string;
      readonly verdicts: readonly SchedulerVerdict[];
      readonly message?: string;
    }
  // controllers and nodes
  | {
      readonly type: 'reconcile';
      readonly controller: string;
      readonly key: string;
      readonly writes: number;
      readonly error?: string;
    }
  | {
      readonly type: 'pod.sandbox';
      readonly pod: string;
      readonly uid: string;
      readonly node: string;
      readonly ip?: string;
      readonly state: 'ready' | 'gone';
    }
  | {
      readonly type: 'container';
      readonly pod: string;
      readonly uid: string;
      readonly container: string;
      readonly id: string;
      readonly node: string;
      readonly state: 'created' | 'running' | 'exited';
      readonly code?: number;
    }
  | {
      readonly type: 'probe';
      readonly pod: string;
      readonly container: string;
      readonly probe: 'liveness' | 'readiness' | 'startup';
      readonly result: 'success' | 'failure';
      readonly text?: string;
    }
  | {
      readonly type: 'pull';
      readonly image: string;
      readonly node: string;
      readonly state: 'started' | 'done' | 'failed';
      readonly text?: string;
    }
  | {
      readonly type: 'proxy.sync';
      readonly node: string;
      readonly full: boolean;
      readonly services: number;
      readonly endpoints: number;
    }
  | {
      readonly type: 'internet';
      readonly url: string;
      readonly status?: number;
      readonly body?: string;
      readonly error?: string;
      readonly took: Micros;
    }
  | { readonly type: 'balancer.backend'; readonly backend: string; readonly healthy: boolean };

/** A list begins it, events move it on, bookmarks (or etcd's progress notifications) tell that nothing happened. */
export type WatchStep = 'list' | 'event' | 'bookmark';

export interface EtcdMemberNote {
  readonly id: string;
  readonly name: string;
  /** Peer URL. */
  readonly address: string;
  readonly vote: boolean;
}

export interface RaftEntryNote {
  readonly index: number;
  readonly term: number;
  /** What the entry asks for: "put /registry/pods/default/web-0", "no-op: cp-2 elected", "lease grant", … */
  readonly text?: string;
  readonly cause?: string;
  /** Who asked: the process that sent the request to etcd. */
  readonly by?: ProcessId;
}

export interface EtcdChange {
  readonly key: string;
  readonly value?: string;
  readonly createRevision: number;
  readonly version: number;
}

export interface SchedulerVerdict {
  readonly node: string;
  /** The plugin and reason that ruled the node out. */
  readonly rejectedBy?: { readonly plugin: string; readonly reason: string };
  /** Weighted score per plugin, for nodes that passed. */
  readonly scores?: Readonly<Record<string, number>>;
  readonly total?: number;
}
