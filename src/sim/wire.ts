import type {
  CloseReason,
  ConnectOptions,
  ExecSpec,
  ExitStatus,
  JsonObject,
  MessageLabel,
  Micros,
  Signal,
  Tables,
} from './env.ts';
import type { Skew } from './skew.ts';
import type { TraceNote } from './trace.ts';

/**
 * What crosses between the kernel and the runner of processes: deliveries one way, effects the other. Plain data, so that
 * a window is one string per worker in each direction.
 */

/** One event for one process. Deliveries of a process are in order. */
export interface Delivery {
  readonly at: Micros;
  /** The kernel's number of the process: never used twice in a run. */
  readonly to: number;
  /** Which worker group the process belongs to: its host, or `host/process` with a worker of its own. */
  readonly group: string;
  readonly event: ProcessEvent;
}

export type ProcessEvent =
  | { readonly kind: 'start'; readonly start: StartInfo }
  | { readonly kind: 'stop' }
  | { readonly kind: 'timer'; readonly id: number }
  | {
      readonly kind: 'accept';
      readonly listener: number;
      readonly end: string;
      readonly id: string;
      readonly local: string;
      readonly remote: string;
      readonly cause?: string;
    }
  | { readonly kind: 'open'; readonly end: string }
  | { readonly kind: 'message'; readonly end: string; readonly payload: string; readonly cause?: string }
  | { readonly kind: 'close'; readonly end: string; readonly reason: CloseReason; readonly cause?: string }
  | { readonly kind: 'listen-error'; readonly listener: number; readonly reason: ListenError }
  | { readonly kind: 'fsynced'; readonly id: number }
  /** What other groups have written, and which of their files are gone. */
  | {
      readonly kind: 'files';
      readonly id: number;
      readonly files: Readonly<Record<string, string>>;
      readonly gone: readonly string[];
    }
  | { readonly kind: 'child-exit'; readonly pid: number; readonly status: ExitStatus; readonly cause?: string }
  | {
      readonly kind: 'child-output';
      readonly pid: number;
      readonly text: string;
      readonly stream: 'stdout' | 'stderr';
      readonly cause?: string;
    }
  | { readonly kind: 'signal'; readonly signal: Signal; readonly cause?: string }
  | { readonly kind: 'input'; readonly text: string; readonly cause?: string }
  | { readonly kind: 'tables'; readonly id: number; readonly tables: Tables }
  | { readonly kind: 'skew'; readonly skew: Skew }
  | { readonly kind: 'disk-full'; readonly full: boolean };

export type ListenError = 'address in use' | 'cannot assign requested address';

export interface StartInfo {
  readonly program: string;
  readonly name: string;
  readonly host: string;
  readonly pid: number;
  readonly ip: string;
  readonly args: JsonObject;
  readonly seed: number;
  /** Names the incarnation, so that a restarted process does not repeat its predecessor's random numbers. */
  readonly incarnation: string;
  readonly epoch: Micros;
  readonly bootedAt: Micros;
  readonly skew: Skew;
  readonly diskFull?: boolean;
  /** The host's files, when this is the first process of its group (the group's processes share one mirror). */
  readonly files?: Readonly<Record<string, string>>;
  readonly adopted: readonly AdoptedChild[];
  readonly cause?: string;
}

export interface AdoptedChild {
  readonly pid: number;
  readonly name: string;
  readonly program: string;
  readonly args: JsonObject;
  /** What happened to it while it had no parent. */
  readonly missed: readonly MissedEvent[];
}

export type MissedEvent =
  | { readonly kind: 'exit'; readonly status: ExitStatus }
  | { readonly kind: 'output'; readonly text: string; readonly stream: 'stdout' | 'stderr' };

/** Something a process asked for while it handled an event. */
export type Effect =
  | { readonly kind: 'timer'; readonly id: number; readonly delay: Micros }
  | { readonly kind: 'cancel'; readonly id: number }
  | { readonly kind: 'listen'; readonly id: number; readonly address: string }
  | { readonly kind: 'unlisten'; readonly id: number }
  | {
      readonly kind: 'connect';
      readonly end: string;
      readonly address: string;
      readonly port: number;
      readonly options: ConnectOptions;
      readonly cause?: string;
    }
  | {
      readonly kind: 'send';
      readonly end: string;
      readonly payload: string;
      readonly label?: MessageLabel;
      readonly cause?: string;
    }
  | { readonly kind: 'close'; readonly end: string; readonly cause?: string }
  | { readonly kind: 'exec'; readonly pid: number; readonly spec: ExecSpec; readonly cause?: string }
  | { readonly kind: 'kill'; readonly pid: number; readonly signal: Signal; readonly cause?: string }
  | { readonly kind: 'give'; readonly pid: number; readonly text: string; readonly cause?: string }
  | {
      readonly kind: 'exit';
      readonly code: number;
      readonly signal?: Signal;
      /** Engine-neutral; reaches the parent. */
      readonly error?: string;
      /** The engine's own words, for the trace only: never hashed. */
      readonly detail?: string;
      readonly cause?: string;
    }
  | { readonly kind: 'print'; readonly text: string; readonly stream: 'stdout' | 'stderr'; readonly cause?: string }
  | { readonly kind: 'disk'; readonly op: DiskOp }
  | { readonly kind: 'fsync'; readonly id: number }
  | { readonly kind: 'reread'; readonly id: number }
  | { readonly kind: 'address'; readonly ip: string; readonly owned: boolean }
  | { readonly kind: 'restore'; readonly tables: Tables }
  | { readonly kind: 'save'; readonly id: number }
  | { readonly kind: 'note'; readonly note: TraceNote; readonly cause?: string }
  | {
      readonly kind: 'step';
      readonly id: string;
      readonly text: string;
      readonly about?: JsonObject;
      readonly cause?: string;
    };

export type DiskOp =
  | { readonly op: 'write' | 'append'; readonly path: string; readonly text: string }
  | { readonly op: 'remove'; readonly path: string }
  | { readonly op: 'rename'; readonly path: string; readonly to: string };

/** The effects of one process at one instant, in the order in which it asked for them. */
export interface EventResult {
  readonly process: number;
  readonly at: Micros;
  readonly effects: readonly Effect[];
}
