import type { JsonObject, Micros, ProcessId, Signal } from './env.ts';
import type { TraceEvent } from './trace.ts';

/** Machines, addresses and what their disks hold before power-on. The kernel knows nothing else of the cluster. */
export interface Machines {
  readonly hosts: readonly HostSpec[];
  /** One-way latency between two hosts, µs: the first rule that matches both (in either order) decides; then `defaultLatency`. */
  readonly latencies?: readonly { readonly between: readonly [string, string]; readonly latency: Micros }[];
  readonly defaultLatency: Micros;
}

export interface HostSpec {
  readonly name: string;
  readonly ip: string;
  /** Addresses that this host answers for besides its own. */
  readonly extraIps?: readonly string[];
  /** Processes that the host's init starts at power-on and restarts when they exit (after `restartAfter`). */
  readonly init: readonly InitProcess[];
  /** Files put on the disk when the machine is made, by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** How long an fsync takes, µs. */
  readonly fsyncLatency?: Micros;
  /** Destination CIDRs that this host's routes send to other hosts: filled at run time by `net`; static ones here. */
  readonly role: 'laptop' | 'door' | 'etcd' | 'control-plane' | 'balancer' | 'worker' | 'internet' | 'registry';
}

export interface InitProcess {
  readonly program: string;
  readonly name: string;
  readonly args: JsonObject;
  readonly ownWorker?: boolean;
  readonly restartAfter?: Micros;
}

/** What a person (or the world outside) did. Stamped with the virtual time at which it takes effect. */
export type Input = { readonly at: Micros } & InputAction;
export type InputAction =
  /** `power-off worker-2`, `heal 3`: the words of a fault, as typed after `fault`. */
  | { readonly kind: 'fault'; readonly command: string }
  /** Text for a process: a finished line in a terminal, a request from outside. */
  | { readonly kind: 'text'; readonly process: ProcessId; readonly text: string }
  | { readonly kind: 'signal'; readonly process: ProcessId; readonly signal: Signal }
  /** A worker that missed its wall-clock deadline or was terminated from outside. */
  | {
      readonly kind: 'worker-lost';
      /** The group of processes that ran in it: a host, or `host/process`. */
      readonly worker: string;
      readonly reason: string;
      /** Nothing that its processes should have done from this time on has happened. Default: `at`. */
      readonly since?: Micros;
    };

/** A run: everything needed to have it again. Saved as `.kubarium.json`. */
export interface Recording {
  readonly format: 'kubarium/1';
  readonly seed: number;
  /** The composition's description of the cluster (src/cluster/topology): opaque here. */
  readonly topology: JsonObject;
  /** Microseconds since the Unix epoch at virtual zero. */
  readonly epoch: Micros;
  readonly inputs: readonly Input[];
  /** Where the run stood when it was saved, and its trace hash there (hex): a replay must agree. */
  readonly until: Micros;
  readonly hash: string;
}

export type PlacementName = 'workers' | 'pool' | 'in-thread';
/** Virtual seconds per wall second; Infinity: as fast as it goes. */
export type Speed = number;

export interface SessionStatus {
  readonly now: Micros;
  readonly running: boolean;
  readonly speed: Speed;
  readonly seed: number;
  readonly placement: PlacementName;
  readonly events: number;
  readonly windows: number;
  readonly eventsPerSecond: number;
  /** The run takes all that the machine can give: it has no time to wait for the wall clock. */
  readonly behind: boolean;
  readonly hash: string;
  /** Everything queued between now and forever. */
  readonly error?: string;
}

export interface WorkerStatus {
  readonly worker: string;
  readonly processes: readonly ProcessId[];
  readonly events: number;
}

/** All that the page (or a test, or a script) may ask of a run. Crosses a worker boundary: plain data both ways. */
export interface Session {
  status(): Promise<SessionStatus>;
  workers(): Promise<readonly WorkerStatus[]>;
  setSpeed(speed: Speed): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Executes the next event (with everything at the same instant in its window) and pauses. */
  step(): Promise<void>;
  /** Runs at full speed until the given virtual time, then pauses. */
  runUntil(at: Micros): Promise<void>;
  /** Stamps the action at the executed horizon or later and records it. Resolves with the stamped input. A fault that cannot be parsed rejects. */
  input(action: InputAction): Promise<Input>;
  export(): Promise<Recording>;
  /** Ends a worker for real, as a crashed tab process would: the processes in it die and the loss is recorded as an input. */
  terminateWorker(worker: string): Promise<void>;
  /** Batches of trace in order; at most one batch per ~16 ms of wall time. Returns an id for `unobserve`. */
  observe(on: (batch: readonly TraceEvent[], status: SessionStatus) => void): Promise<number>;
  unobserve(id: number): Promise<void>;
  stop(): Promise<void>;
}
