import type { CloseReason, JsonObject, MessageLabel, Micros, ProcessId, Protocol, Tables } from './env.ts';
import type { EventQueue, Scheduled } from './event-queue.ts';
import type { HostDisk } from './kernel-disk.ts';
import type { HostSpec, InitProcess } from './session.ts';
import type { Skew } from './skew.ts';
import type { TraceHash } from './trace-hash.ts';
import type { KernelRecord, TraceEvent, TraceNote } from './trace.ts';
import type { Delivery, MissedEvent, ProcessEvent } from './wire.ts';

/** The whole state of the simulated world outside its processes. Functions of the kernel-*.ts files work on it. */
export interface World {
  readonly seed: number;
  /** Microseconds since the Unix epoch at virtual zero. */
  readonly epoch: Micros;
  now: Micros;
  readonly queue: EventQueue;
  readonly hosts: Map<string, Host>;
  /** Which host answers for an address. */
  readonly addresses: Map<string, Host>;
  readonly processes: Map<number, Process>;
  readonly connections: Map<string, Connection>;
  readonly latencies: LatencyTable;
  readonly linkFaults: LinkFault[];
  /** Living processes per worker group. */
  readonly groups: Map<string, number>;
  readonly endedGroups: Set<string>;
  /** Processes that ended in this window. */
  readonly buried: number[];
  /** Deliveries of the window being formed. */
  batch: Delivery[];
  readonly hash: TraceHash;
  readonly trace: TraceLog;
  nextUid: number;
  nextCause: number;
  /** Why the kernel acts just now: an input's or a fault's cause. */
  cause: string | undefined;
  /** Hosts that are off or paused; with no link fault and none of these, every path works. */
  hostsDown: number;
}

export interface LatencyTable {
  between(from: Host, to: Host): Micros;
}

export interface TraceLog {
  observed: boolean;
  readonly events: TraceEvent[];
  /** Observers have been told everything before this time. */
  told: Micros;
  record(source: string, record: KernelRecord, cause?: string, at?: Micros): void;
  note(source: string, note: TraceNote, cause: string | undefined, at: Micros): void;
}

export interface Host {
  readonly spec: HostSpec;
  readonly name: string;
  readonly index: number;
  readonly ip: string;
  on: boolean;
  paused: boolean;
  bootedAt: Micros;
  boots: number;
  skew: Skew;
  /** Processes that get too little of the CPU. */
  readonly slowdowns: Slowdown[];
  /** Living processes by name. */
  readonly processes: Map<string, Process>;
  readonly incarnations: Map<string, number>;
  readonly podAddresses: Set<string>;
  /** Listeners by `ip:port`, `0.0.0.0:port`, `ip|127.0.0.1:port` or `unix:path`. */
  readonly listeners: Map<string, Listener>;
  /** Children whose parent ended, by the parent's name. */
  readonly orphans: Map<string, ChildLink[]>;
  tables: Tables;
  readonly disk: HostDisk;
  nextPid: number;
}

export interface Slowdown {
  /** Name or program of the process; undefined: every one of the host. */
  readonly process: string | undefined;
  readonly times: number;
}

export interface Process {
  readonly uid: number;
  readonly id: ProcessId;
  readonly name: string;
  readonly program: string;
  readonly args: JsonObject;
  readonly host: Host;
  readonly pid: number;
  readonly ip: string;
  readonly group: string;
  readonly ownWorker: boolean;
  readonly init: InitProcess | undefined;
  readonly link: ChildLink | undefined;
  readonly withParent: boolean;
  readonly children: Map<number, ChildLink>;
  alive: boolean;
  /** Lost with its worker at this instant: it handles nothing more, and is ended by the input that says so. */
  mute: boolean;
  paused: boolean;
  held: ProcessEvent[];
  /** How many times longer than normal it takes over everything: 1, unless the CPU is short. */
  slow: number;
  /** What it has not come to yet because it is slow. */
  backlog: ProcessEvent[];
  turn: Scheduled | undefined;
  readonly timers: Map<number, Scheduled>;
  readonly listeners: Map<number, Listener>;
  readonly ends: Map<string, End>;
  effectSeq: number;
}

export interface ChildLink {
  readonly pid: number;
  readonly name: string;
  readonly program: string;
  readonly args: JsonObject;
  readonly parentName: string;
  parent: Process | undefined;
  process: Process | undefined;
  missed: MissedEvent[];
}

export interface Listener {
  readonly id: number;
  readonly key: string;
  readonly process: Process;
}

export interface Connection {
  readonly id: string;
  readonly protocol: Protocol;
  readonly dialled: string;
  readonly deadAfter: Micros;
  readonly connectBefore: Micros;
  readonly cause: string | undefined;
  /** The hosts that packets cross, client's first; settled when the SYN leaves. */
  path: readonly Host[];
  back: readonly Host[];
  reached: string;
  /** Source address as the server sees it. */
  source: string;
  /** The host whose process listens, and the network namespace there. */
  readonly client: End;
  server: End | undefined;
  synRto: Micros;
  synTries: number;
  giveUp: Scheduled | undefined;
}

export interface End {
  readonly key: string;
  readonly connection: Connection;
  readonly process: Process;
  readonly host: Host;
  /** The address of this end as far as its own host is concerned. */
  readonly ip: string;
  state: 'opening' | 'open' | 'closed';
  /** When the peer was last known to be there. */
  lastHeard: Micros;
  deadCheck: Scheduled | undefined;
  readonly out: Pipe;
}

/** One direction of a connection: messages not yet acknowledged, in order. */
export interface Pipe {
  readonly name: string;
  queue: Message[];
  /** How many of the queue's first messages are on their way. */
  inFlight: number;
  /** The connection is established in this direction. */
  ready: boolean;
  attempts: number;
  packets: number;
  /** Number of the last message that the other end has got: what comes again is known by it. */
  received: number;
  rto: Micros;
  retry: Scheduled | undefined;
  lastArrival: Micros;
  /** Counts up when what is in flight becomes void. */
  round: number;
}

export interface Message {
  readonly packet: number;
  readonly sentAt: Micros;
  readonly body:
    | { readonly kind: 'data'; readonly payload: string; readonly label: MessageLabel | undefined }
    | { readonly kind: 'fin'; readonly reason: CloseReason };
  readonly cause: string | undefined;
}

/** A disturbance of the links from some hosts to some hosts; undefined means every host. Never within one host. */
export interface LinkFault {
  readonly from: ReadonlySet<string> | undefined;
  readonly to: ReadonlySet<string> | undefined;
  readonly cut: boolean;
  readonly delay: Micros;
  readonly jitter: Micros;
  /** Lost packets per million. */
  readonly loss: number;
  /** Packets per million that arrive twice. */
  readonly duplicate: number;
}

export type Blocked = {
  readonly where: readonly [string, string];
  readonly why: 'loss' | 'cut' | 'down' | 'duplicate';
};

/** Hands an event to a process, or keeps it while the process or its host is paused, or until it gets round to it. */
export function deliver(world: World, process: Process, event: ProcessEvent): void {
  if (!process.alive || process.mute) return;
  if (process.backlog.length > 0) process.backlog.push(event);
  else if (isPaused(process)) process.held.push(event);
  else if (process.slow > 1) queueUp(world, process, event);
  else handOver(world, process, event);
}

function handOver(world: World, process: Process, event: ProcessEvent): void {
  world.batch.push({ at: world.now, to: process.uid, group: process.group, event });
}

/** The machine itself has changed: a process finds it so whether or not it gets round to anything. */
export function tellProcesses(world: World, host: Host, event: ProcessEvent): void {
  for (const process of host.processes.values()) {
    if (!process.alive || process.mute) continue;
    const starts = [...process.held, ...process.backlog].some(({ kind }) => kind === 'start');
    if (starts) deliver(world, process, event);
    else handOver(world, process, event);
  }
}

function isPaused(process: Process): boolean {
  return process.paused || process.host.paused;
}

/** What a program takes over one event: nothing on its own CPU, for that is part of every latency; a millisecond for each time that it is slower. */
const TURN: Micros = 1_000;

function queueUp(world: World, process: Process, event: ProcessEvent): void {
  process.backlog.push(event);
  process.turn ??= world.queue.schedule(world.now + TURN * (process.slow - 1), () => takeTurn(world, process));
}

function takeTurn(world: World, process: Process): void {
  process.turn = undefined;
  if (isPaused(process)) return;
  const next = process.backlog.shift();
  if (next === undefined) return;
  handOver(world, process, next);
  if (process.backlog.length > 0) {
    process.turn = world.queue.schedule(world.now + TURN * (process.slow - 1), () => takeTurn(world, process));
  }
}

/** What happened during a pause is handled now, late and in order. */
export function catchUp(world: World, process: Process): void {
  if (isPaused(process)) return;
  const { held } = process;
  process.held = [];
  for (const event of held) deliver(world, process, event);
  if (process.backlog.length > 0 && process.turn === undefined) takeTurn(world, process);
}

/** Its share of the CPU has changed; with a whole one it comes to everything at once. */
export function setSlow(world: World, process: Process): void {
  const { slowdowns } = process.host;
  const concerned = slowdowns.filter(({ process: which }) => which === undefined || isCalled(process, which));
  process.slow = concerned.reduce((product, { times }) => product * times, 1);
  if (process.slow > 1 || isPaused(process)) return;
  forgetTurn(world, process);
  const { backlog } = process;
  process.backlog = [];
  for (const event of backlog) handOver(world, process, event);
}

export function forgetTurn(world: World, process: Process): void {
  world.queue.cancelIf(process.turn);
  process.turn = undefined;
}

function isCalled(process: Process, name: string): boolean {
  return process.name === name || process.program === name;
}

export function newCause(world: World, text: string, parent?: string): string {
  const id = `k${world.nextCause++}`;
  world.trace.record('kernel', { kind: 'cause', id, text, ...(parent === undefined ? {} : { parent }) }, parent);
  return id;
}
