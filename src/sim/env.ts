import type { TraceNote } from './trace.ts';

/** Virtual time or a duration: whole microseconds. */
export type Micros = number;
export const MICROSECOND: Micros = 1;
export const MILLISECOND: Micros = 1_000;
export const SECOND: Micros = 1_000_000;
export const MINUTE: Micros = 60 * SECOND;

/** The lookahead: no message, timer or disk write completes sooner than this after it was asked for. */
export const LOOKAHEAD: Micros = 500;

/** Plain JSON: all that crosses a process boundary. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/**
 * Where a server listens: `10.0.0.11:2379`, `10.244.1.5:80`, `127.0.0.1:10248` (this process's own address only),
 * `0.0.0.0:10250` (every address of the host's own network), or `unix:/run/containerd/containerd.sock` (this host only).
 */
export type Address = string;

/** Names one process of the cluster: `host/process`, such as `cp-1/etcd`. */
export type ProcessId = string;

/** What a program is: called once when its process starts; it registers listeners and timers through `env` and returns. */
export type Program = (env: Env) => void;

/** The programs that a worker can run, by the name that `exec` uses. */
export type ProgramTable = Readonly<Record<string, Program>>;

export type Cancel = () => void;
export type Signal = 'SIGTERM' | 'SIGKILL' | 'SIGINT' | 'SIGHUP';

/** The only door of a process to everything outside it. Everything a process does goes through here and is recorded. */
export interface Env {
  /** Process name, unique on its host: `etcd`, `kubelet`, a container's id. */
  readonly name: string;
  readonly host: string;
  readonly pid: number;
  /** The address of the network namespace that the process lives in: the host's or a pod's. */
  readonly ip: string;
  readonly args: JsonObject;
  readonly random: Random;
  readonly disk: Disk;
  /** Processes that an earlier process of this name had started and that are still alive, adopted at start. */
  readonly adopted: readonly Child[];

  /** This host's wall clock: microseconds since the Unix epoch; faults may skew it. Constant while one event is handled. */
  now(): Micros;
  /** Monotonic: microseconds since this host was powered on. For durations. */
  uptime(): Micros;
  /** Fires once, no sooner than LOOKAHEAD from now. */
  after(delay: Micros, fire: () => void): Cancel;
  sleep(delay: Micros): Promise<void>;
  /** Starts a sequence of steps that may await promises handed out by `env` (or built on them). Dies with the process. A rejection that escapes crashes the process. Starts at once; within `because`, after the event's handler has returned. */
  spawn(task: () => Promise<void>): void;
  /** A promise and its resolver for use by libraries over `env` (rpc, queues): resolution restores the cause of whoever called `deferred`. */
  deferred<T>(): Deferred<T>;
  /** Code or data that is fetched when it is first needed: `env.load(() => import('./tables.ts'))`. Takes no virtual time: the hub waits until it is there. */
  load<T>(get: () => Promise<T>): Promise<T>;

  listen(address: Address, handlers: ListenHandlers): Cancel;
  connect(address: Address, handlers: ConnectionHandlers, options?: ConnectOptions): Connection;

  /** Starts another process on this host. Its exit and output come to this process's handlers. */
  exec(spec: ExecSpec, handlers?: ChildHandlers): Child;
  /** Network set-up of this host: what a CNI plugin, `ip` and `iptables-restore` do. */
  readonly net: HostNetwork;
  /** Handles a signal instead of dying of it (SIGKILL cannot be handled). */
  onSignal(handler: (signal: Signal) => void): void;
  /** Text given to this process from outside: a line typed, a container's stdin, an input of the run. */
  onInput(handler: (text: string) => void): void;
  exit(code: number): void;
  /** Writes to stdout (or stderr): goes to the parent's `output` handler and into the trace. */
  print(text: string, stream?: 'stdout' | 'stderr'): void;

  /** Records something only this component knows, for the god's-eye view. Never read back by any component. */
  trace(note: TraceNote): void;
  /** Id of what led to the event being handled, if known. Every message sent and every write carries it. */
  cause(): string | undefined;
  /** Runs `action` with another cause as the ambient one (say, of the queued item being worked on). */
  because<T>(cause: string | undefined, action: () => T): T;
  /** Opens a step of a causal chain under the ambient cause and records it; returns its id for `because`. `text` reads like "ReplicaSet made this Pod". */
  step(text: string, about?: JsonObject): string;
}

export interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: Error): void;
}

export interface Random {
  /** Uniform integer in [0, limit). */
  below(limit: number): number;
  /** True with probability numerator / denominator. */
  chance(numerator: number, denominator: number): boolean;
  /** `length` hexadecimal digits. */
  hex(length: number): string;
}

export interface ListenHandlers {
  /** A peer connected: return what to do with its messages. */
  accept(connection: Connection): ConnectionHandlers;
  /** The address could not be bound (in use, or not this host's). */
  error?(reason: 'address in use' | 'cannot assign requested address'): void;
}

export interface ConnectionHandlers {
  open?(): void;
  message?(payload: string): void;
  close?(reason: CloseReason): void;
}

/**
 * closed: the peer closed it. reset: the peer's process died and its host said so. refused: nobody listens (definite).
 * timeout: nothing came back for too long (indefinite). unreachable: no route, or rejected by a rule (definite before open).
 */
export type CloseReason = 'closed' | 'reset' | 'refused' | 'timeout' | 'unreachable';

export interface ConnectOptions {
  /** Gives up connecting after this long; default 30 s. */
  readonly connectTimeout?: Micros;
  /** Closes with 'timeout' when data or a keep-alive probe stays unacknowledged for this long; default 45 s (Go's HTTP/2 ping: 30 s + 15 s). */
  readonly deadAfter?: Micros;
  /** Label for colouring and the trace: 'raft', 'api', 'watch', 'kubelet', 'cri', 'pod', 'dns', 'cloud', 'etcd'. Refined per message by `send`. */
  readonly protocol?: Protocol;
  /** Connect from this address of the host instead of `env.ip` (a pod's). */
  readonly from?: string;
}

export type Protocol = 'raft' | 'etcd' | 'api' | 'watch' | 'kubelet' | 'cri' | 'pod' | 'dns' | 'cloud';

/** An ordered, reliable, message-framed stream (TCP). Loss shows as delay, a cut as a stall and then a time-out. */
export interface Connection {
  readonly id: string;
  /** `ip:port` of this end and of the other as this end sees it (after address translation). */
  readonly local: Address;
  readonly remote: Address;
  /** Fire and forget; ordered. Ignored after close. `about` names the message for the trace: "GET /api/v1/pods", "MsgApp 14..16". */
  send(payload: string, about?: MessageLabel): void;
  /** Closes in order: what was sent before is delivered first. */
  close(): void;
}

export interface MessageLabel {
  readonly protocol?: Protocol;
  readonly text: string;
  /** request: filled dot; answer: ring; stream: dot with a tail. */
  readonly shape?: 'request' | 'answer' | 'stream';
}

/** Files of this process on its host's disk. Survive a crash and a power-off up to the last finished fsync. */
export interface Disk {
  read(path: string): string | undefined;
  list(prefix: string): readonly string[];
  /** False: no space is left on the device, and nothing was written. `memory`: the path is in a tmpfs, which takes no room of it. */
  write(path: string, text: string, where?: 'memory'): boolean;
  append(path: string, text: string): boolean;
  /** What statfs tells: no space is left. */
  readonly full: boolean;
  remove(path: string): void;
  rename(from: string, to: string): void;
  /**
   * Brings in what programs with a worker of their own have written on this machine, and takes away what they have removed; `done`
   * after LOOKAHEAD. What this process's own group has written it sees anyway.
   */
  refresh(done: () => void): void;
  /** Makes everything written before this call durable; `done` after the disk's fsync delay. Ordered. */
  fsync(done: () => void): void;
}

export interface ExecSpec {
  readonly program: string;
  /** Unique on the host among the living. */
  readonly name: string;
  readonly args: JsonObject;
  /** Network namespace: the host's address, or a pod's (given before to `net.addAddress`). Default: the parent's. */
  readonly ip?: string;
  /** Runs in a Web Worker of its own (control-plane programs), not in the one of its host. */
  readonly ownWorker?: boolean;
  /** Killed when its parent ends, as the processes of a pid namespace are. Default: it lives on and may be adopted. */
  readonly withParent?: boolean;
}

export interface ChildHandlers {
  exit?(status: ExitStatus): void;
  output?(text: string, stream: 'stdout' | 'stderr'): void;
}

/** `code` is 128 + signal number for a signalled process. `error`: it threw (the reason, already without engine-specific text). */
export interface ExitStatus {
  readonly code: number;
  readonly signal?: Signal;
  readonly error?: string;
}

export interface Child {
  readonly pid: number;
  readonly name: string;
  readonly program: string;
  readonly args: JsonObject;
  kill(signal: Signal): void;
  input(text: string): void;
  /** (Re)sets the handlers: for adopted children. Output and exits that happened meanwhile are delivered then (bounded). */
  on(handlers: ChildHandlers): void;
}

/** The host's own network tables. They belong to the host: they survive the process that set them, not a power-off. */
export interface HostNetwork {
  /** Adds an address (a pod's network namespace) that this host answers for; `release` takes it away, closing what is open on it. */
  addAddress(ip: string): void;
  releaseAddress(ip: string): void;
  /** Replaces the given tables, as `iptables-restore` does. */
  restore(tables: Tables): void;
  /** Runs a callback with the tables as they are now, as `iptables-save` does (an effect, so it takes LOOKAHEAD). */
  save(done: (tables: Tables) => void): void;
}

/** iptables as data: table → chain → rules in order. Interpreted by sim/netfilter when a connection is set up. */
export type Tables = Readonly<Record<string, Readonly<Record<string, Chain>>>>;
export interface Chain {
  /** Policy of a built-in chain; undefined for a user chain (printed as "-"). */
  readonly policy?: 'ACCEPT' | 'DROP';
  readonly rules: readonly Rule[];
}
export interface Rule {
  readonly match?: RuleMatch;
  readonly target: RuleTarget;
  readonly comment?: string;
}
export interface RuleMatch {
  readonly protocol?: 'tcp' | 'udp' | 'sctp';
  /** CIDR or address; a leading '!' negates. */
  readonly source?: string;
  readonly destination?: string;
  readonly destinationPort?: number;
  /** Destination is one of the host's own addresses (-m addrtype --dst-type LOCAL). */
  readonly destinationLocal?: boolean;
  /** -m statistic --mode random --probability (in 1/2^31 units, as iptables keeps it). */
  readonly probability?: number;
  /** -m mark --mark value/mask; '!' as a leading string is not supported: use `not`. */
  readonly mark?: { readonly value: number; readonly mask: number; readonly not?: boolean };
  /** -m conntrack --ctstate. New connections only traverse nat, so only NEW and INVALID matter to filter. */
  readonly state?: readonly ('NEW' | 'INVALID' | 'RELATED' | 'ESTABLISHED')[];
}
export type RuleTarget =
  | { readonly kind: 'jump'; readonly chain: string }
  | { readonly kind: 'accept' | 'return' | 'drop' | 'masquerade' }
  | { readonly kind: 'reject'; readonly with: string }
  | { readonly kind: 'mark'; readonly or?: number; readonly xor?: number }
  | { readonly kind: 'dnat'; readonly to: Address };
