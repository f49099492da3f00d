import type { Json, JsonObject, Micros, ProcessId } from '../../sim/env.ts';
import type { EtcdMemberNote, RaftEntryNote, SchedulerVerdict } from '../../sim/trace.ts';

/**
 * The cluster at one instant, as the trace tells it. Entries are replaced, never changed in place, so that a copy of the
 * maps is a copy of the world: that is what makes looking back cheap.
 */
export interface World {
  now: Micros;
  /** Counts changes of what pods are projected from. */
  version: number;
  machines: Map<string, MachineState>;
  processes: Map<ProcessId, ProcessState>;
  members: Map<string, MemberState>;
  /** The newest note that an entry's own leader gave, by log index. */
  entries: Map<number, RaftEntryNote>;
  objects: Map<string, StoredObject>;
  /** Those of them that are pods. */
  pods: Map<string, StoredObject>;
  revision: number;
  /** The revision that each member has applied. */
  applied: Map<string, number>;
  /** What runs on the machines, whatever the API says, by pod uid. */
  sandboxes: Map<string, SandboxState>;
  faults: Map<string, FaultState>;
  /** `component` → resource → resourceVersion. */
  beliefs: Map<string, ReadonlyMap<string, BeliefState>>;
  tables: Map<string, Json>;
  backends: Map<string, boolean>;
  connections: number;
}

export interface MachineState {
  readonly name: string;
  readonly state: 'on' | 'off' | 'paused';
  readonly since: Micros;
}

export interface ProcessState {
  readonly id: ProcessId;
  readonly host: string;
  readonly program: string;
  readonly pid: number;
  readonly ip: string;
  readonly parent?: ProcessId;
  readonly ownWorker: boolean;
  readonly state: 'running' | 'paused' | 'exited';
  readonly since: Micros;
  readonly code?: number;
  readonly reason?: string;
}

export interface MemberState {
  readonly host: string;
  readonly role: 'follower' | 'pre-candidate' | 'candidate' | 'leader' | 'learner';
  readonly term: number;
  readonly leader?: string;
  readonly vote?: string;
  readonly electionTimeout: Micros;
  /** When its election timer was last set back. */
  readonly heardAt: Micros;
  /** Index of `terms[0]`. */
  readonly first: number;
  readonly terms: readonly number[];
  readonly commit: number;
  readonly durable: number;
  readonly compacted: number;
  /** Of which member its log is: a machine whose data was removed becomes another one. */
  readonly id?: string;
  /** Who belongs to the cluster, as this member has applied it. */
  readonly configuration?: EtcdConfiguration;
}

export interface EtcdConfiguration {
  readonly members: readonly EtcdMemberNote[];
  readonly joint: boolean;
}

export interface StoredObject {
  readonly key: string;
  readonly value: string;
  /** The revision of this value: the object's resourceVersion. */
  readonly revision: number;
  readonly createRevision: number;
  readonly version: number;
  readonly at: Micros;
  readonly createdAt: Micros;
}

export interface SandboxState {
  readonly uid: string;
  /** `namespace/name` */
  readonly pod: string;
  readonly node: string;
  readonly state: 'ready' | 'gone';
  readonly ip?: string;
  readonly containers: ReadonlyMap<string, ContainerState>;
}

export interface ContainerState {
  readonly id: string;
  readonly state: 'created' | 'running' | 'exited';
  readonly code?: number;
  readonly at: Micros;
  readonly starts: number;
}

export interface FaultState {
  readonly id: string;
  readonly command: string;
  readonly text: string;
  readonly targets: readonly string[];
  readonly at: Micros;
}

export interface BeliefState {
  readonly resourceVersion: number;
  readonly at: Micros;
}

/** A write, as the god's-eye view remembers it. */
export interface Revision {
  readonly at: Micros;
  readonly revision: number;
  readonly index: number;
  readonly key: string;
  /** undefined: deleted */
  readonly value?: string;
  readonly before?: string;
  readonly created: boolean;
  readonly cause?: string;
  readonly by?: ProcessId;
}

export interface Cause {
  readonly at: Micros;
  readonly id: string;
  readonly parent?: string;
  readonly text: string;
  readonly about?: JsonObject;
  readonly source: string;
}

export interface Schedule {
  readonly at: Micros;
  readonly source: string;
  readonly pod: string;
  readonly uid: string;
  readonly node?: string;
  readonly verdicts: readonly SchedulerVerdict[];
  readonly message?: string;
  readonly cause?: string;
}

export function createWorld(): World {
  return {
    now: 0,
    version: 0,
    machines: new Map(),
    processes: new Map(),
    members: new Map(),
    entries: new Map(),
    objects: new Map(),
    pods: new Map(),
    revision: 0,
    applied: new Map(),
    sandboxes: new Map(),
    faults: new Map(),
    beliefs: new Map(),
    tables: new Map(),
    backends: new Map(),
    connections: 0,
  };
}

export function copyWorld(world: World): World {
  return {
    ...world,
    machines: new Map(world.machines),
    processes: new Map(world.processes),
    members: new Map([...world.members].map(([host, member]) => [host, { ...member, terms: [...member.terms] }])),
    entries: new Map(world.entries),
    objects: new Map(world.objects),
    pods: new Map(world.pods),
    applied: new Map(world.applied),
    sandboxes: new Map(world.sandboxes),
    faults: new Map(world.faults),
    beliefs: new Map(world.beliefs),
    tables: new Map(world.tables),
    backends: new Map(world.backends),
  };
}

export function hostOf(source: string): string {
  const slash = source.indexOf('/');
  return slash < 0 ? source : source.slice(0, slash);
}
