import type {
  ChildHandlers,
  Connection,
  ConnectionHandlers,
  ExitStatus,
  JsonObject,
  ListenHandlers,
  Micros,
  Signal,
  Tables,
} from './env.ts';
import type { Skew } from './skew.ts';
import type { Effect, MissedEvent, ProcessEvent } from './wire.ts';

/** What the runner keeps of one living process. */
export interface ProcessState {
  readonly uid: number;
  readonly group: string;
  readonly name: string;
  readonly host: string;
  readonly pid: number;
  readonly ip: string;
  readonly epoch: Micros;
  readonly bootedAt: Micros;
  skew: Skew;
  diskFull: boolean;
  /** Virtual time of the event being handled. */
  at: Micros;
  cause: string | undefined;
  /** The cause under which microtasks run until the process is quiescent. */
  base: string | undefined;
  dead: boolean;
  effects: Effect[];
  /** Promises whose resolution is due, released one per quiescence so that each continuation finds its own cause. */
  readonly ready: Release[];
  /** What is being fetched, in the order asked for. Taken when nothing else is left to do, so that it never matters which came first. */
  readonly loads: Load[];
  /** A task was started in this event: its microtasks may still be pending. */
  spawned: boolean;
  nextId: number;
  nextStep: number;
  readonly timers: Map<number, Waiting>;
  readonly callbacks: Map<number, Waiting>;
  readonly rereads: Map<number, { readonly done: (files: FilesEvent) => void; readonly cause: string | undefined }>;
  readonly saves: Map<number, { readonly done: (tables: Tables) => void; readonly cause: string | undefined }>;
  readonly listeners: Map<number, ListenHandlers>;
  readonly ends: Map<string, EndState>;
  readonly children: Map<number, ChildState>;
  onSignal: ((signal: Signal) => void) | undefined;
  onInput: ((text: string) => void) | undefined;
}

export interface Waiting {
  readonly fire: () => void;
  readonly cause: string | undefined;
}

export interface Release {
  readonly cause: string | undefined;
  readonly release: () => void;
}

/** Something fetched late, and what to do with it once it is there. */
export interface Load {
  readonly fetched: Promise<{ deliver(): void }>;
}

export interface EndState {
  readonly connection: Connection;
  handlers: ConnectionHandlers;
  /** Cause of the `connect`, restored for `open` and `close`. */
  readonly cause: string | undefined;
  closed: boolean;
}

export interface ChildState {
  readonly pid: number;
  readonly name: string;
  readonly program: string;
  readonly args: JsonObject;
  handlers: ChildHandlers | undefined;
  /** Events that came before handlers were set. */
  missed: MissedEvent[];
  exited: ExitStatus | undefined;
}

/** How much a child without handlers may leave behind before its oldest output is forgotten. */
export const MISSED_LIMIT = 1_000;

export type FilesEvent = Extract<ProcessEvent, { kind: 'files' }>;
