import type { Micros, ProcessId } from '../../sim/env.ts';
import type { PacketRecord, TraceEvent, TraceNote } from '../../sim/trace.ts';
import { lasts } from './fold-world.ts';
import { createRing, push, type Ring } from './ring.ts';
import { hostOf, type Cause, type Revision, type Schedule, type World } from './world.ts';

/** What has happened, each kind of thing in the order of its time, as far back as memory is given to it. */
export interface History {
  readonly revisions: Ring<Revision>;
  readonly byKey: Map<string, Revision[]>;
  readonly byRevision: Map<number, Revision[]>;
  readonly causes: Map<string, Cause>;
  readonly schedules: Map<string, Schedule[]>;
  readonly outputs: Map<ProcessId, Ring<OutputLine>>;
  readonly messages: Ring<Message>;
  readonly answers: Ring<Answer>;
  readonly faults: Ring<FaultSpan>;
  readonly elections: Ring<ElectionSpan>;
  readonly requests: Ring<ApiRequest>;
  readonly inputs: Ring<{ readonly at: Micros; readonly text: string }>;
  /** Writes per bucket of virtual time. */
  readonly writes: Map<number, number>;
}

export interface OutputLine {
  readonly at: Micros;
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

export type Message = PacketRecord & {
  readonly at: Micros;
  readonly cause?: string;
  dropped?: { readonly where: readonly [string, string]; readonly why: string };
};

/** What somebody on the internet got back. */
export interface Answer {
  readonly at: Micros;
  readonly url: string;
  readonly status?: number;
  readonly body?: string;
  readonly error?: string;
  readonly took: Micros;
}

export interface FaultSpan {
  readonly id: string;
  readonly at: Micros;
  readonly command: string;
  readonly text: string;
  readonly targets: readonly string[];
  until?: Micros;
}

export interface ElectionSpan {
  readonly at: Micros;
  readonly term: number;
  readonly host: string;
  until?: Micros;
}

export interface ApiRequest {
  readonly at: Micros;
  readonly source: string;
  readonly verb: string;
  readonly path: string;
  readonly user: string;
  readonly code: number;
  readonly took: Micros;
  readonly cause?: string;
}

export const WRITE_BUCKET: Micros = 500_000;
const KEPT_CAUSES = 40_000;
const KEPT_SCHEDULES = 5_000;
const KEPT_PER_KEY = 60;
const KEPT_OUTPUTS = 2_000;

export function createHistory(): History {
  return {
    revisions: createRing(12_000),
    byKey: new Map(),
    byRevision: new Map(),
    causes: new Map(),
    schedules: new Map(),
    outputs: new Map(),
    messages: createRing(3_000),
    answers: createRing(200),
    faults: createRing(500),
    elections: createRing(500),
    requests: createRing(2_000),
    inputs: createRing(2_000),
    writes: new Map(),
  };
}

/** Notes what a record adds to the past. `world` is the world before it. */
export function foldHistory(history: History, world: World, event: TraceEvent): void {
  switch (event.kind) {
    case 'cause':
      remember(history.causes, event.id, causeOf(event), KEPT_CAUSES);
      return;
    case 'output':
      foldOutput(history, event.process, { at: event.at, stream: event.stream, text: event.text });
      return;
    case 'packet':
      push(history.messages, event);
      return;
    case 'drop':
      markDropped(history, event.connection, event.packet, event.where, event.why);
      return;
    case 'fault':
      foldFault(history, event);
      return;
    case 'input':
      push(history.inputs, { at: event.at, text: event.text });
      return;
    case 'process':
      if (event.state === 'exited' && event.program === 'etcd') endElection(history, hostOf(event.process), event.at);
      return;
    case 'host':
      if (event.state === 'off') endElection(history, event.host, event.at);
      return;
    case 'note':
      foldNote(history, world, event, event.note);
      return;
    default:
      return;
  }
}

function causeOf(event: Extract<TraceEvent, { kind: 'cause' }>): Cause {
  const parent = event.parent ?? event.cause;
  const about = event.about === undefined ? {} : { about: event.about };
  return {
    at: event.at,
    id: event.id,
    text: event.text,
    source: event.source,
    ...(parent === undefined || parent === event.id ? {} : { parent }),
    ...about,
  };
}

function foldNote(history: History, world: World, event: TraceEvent, note: TraceNote): void {
  const cause = event.cause === undefined ? {} : { cause: event.cause };
  switch (note.type) {
    case 'etcd.apply':
      if (note.revision > world.revision) foldApply(history, world, event.at, note, event.cause);
      return;
    case 'schedule': {
      const { pod, uid, verdicts } = note;
      const node = note.node === undefined ? {} : { node: note.node };
      const message = note.message === undefined ? {} : { message: note.message };
      const before = history.schedules.get(uid) ?? [];
      const all = [
        ...before.slice(-19),
        { at: event.at, source: event.source, pod, uid, verdicts, ...node, ...message, ...cause },
      ];
      remember(history.schedules, uid, all, KEPT_SCHEDULES);
      return;
    }
    case 'raft.role':
      foldElection(history, event.at, hostOf(event.source), note);
      return;
    case 'internet': {
      const { type: _, ...rest } = note;
      push(history.answers, { at: event.at, ...rest });
      return;
    }
    case 'api.request': {
      const { type: _, object: _object, ...rest } = note;
      push(history.requests, { at: event.at, source: event.source, ...rest, ...cause });
      return;
    }
    default:
      return;
  }
}

function foldApply(
  history: History,
  world: World,
  at: Micros,
  note: Extract<TraceNote, { type: 'etcd.apply' }>,
  fallback: string | undefined,
): void {
  const entry = world.entries.get(note.index);
  const why = entry?.cause ?? fallback;
  const bucket = Math.floor(at / WRITE_BUCKET);
  history.writes.set(bucket, (history.writes.get(bucket) ?? 0) + note.changes.length);
  const together: Revision[] = [];
  for (const change of note.changes) {
    const before = world.objects.get(change.key)?.value;
    const revision: Revision = {
      at,
      revision: note.revision,
      index: note.index,
      key: change.key,
      created: change.version === 1,
      ...(change.value === undefined ? {} : { value: change.value }),
      ...(before === undefined ? {} : { before }),
      ...(why === undefined ? {} : { cause: why }),
      ...(entry?.by === undefined ? {} : { by: entry.by }),
    };
    together.push(revision);
    push(history.revisions, revision);
    const ofKey = history.byKey.get(change.key);
    if (ofKey === undefined) history.byKey.set(change.key, [revision]);
    else ofKey.push(revision);
    // The first write tells where an object comes from: it is never forgotten before the object.
    if (ofKey !== undefined && ofKey.length > KEPT_PER_KEY) ofKey.splice(1, KEPT_PER_KEY / 4);
  }
  remember(history.byRevision, note.revision, together, history.revisions.limit);
  if (history.byKey.size > history.revisions.limit * 2) forgetKeys(history, world);
}

function forgetKeys(history: History, world: World): void {
  let excess = history.byKey.size - history.revisions.limit;
  for (const key of history.byKey.keys()) {
    if (excess <= 0) return;
    if (world.objects.has(key)) continue;
    history.byKey.delete(key);
    excess--;
  }
}

function foldOutput(history: History, process: ProcessId, line: OutputLine): void {
  let ring = history.outputs.get(process);
  if (ring === undefined) {
    ring = createRing(KEPT_OUTPUTS);
    remember(history.outputs, process, ring, 3_000);
  }
  push(ring, line);
}

function markDropped(
  history: History,
  connection: string,
  packet: number,
  where: readonly [string, string],
  why: string,
): void {
  const { items } = history.messages;
  for (let i = items.length - 1, tried = 0; i >= 0 && tried < 200; i--, tried++) {
    const message = items[i];
    if (message?.connection !== connection || message.packet !== packet) continue;
    items[i] = { ...message, dropped: { where, why } };
    return;
  }
}

function foldFault(history: History, event: Extract<TraceEvent, { kind: 'fault' }>): void {
  const open = history.faults.items.findLast((span) => span.id === event.id && span.until === undefined);
  if (event.state === 'healed') {
    if (open !== undefined) open.until = event.at;
    return;
  }
  const { id, at, command, text, targets } = event;
  push(history.faults, { id, at, command, text, targets, ...(lasts(command) ? {} : { until: at }) });
}

function foldElection(
  history: History,
  at: Micros,
  host: string,
  note: Extract<TraceNote, { type: 'raft.role' }>,
): void {
  if (note.role !== 'leader') {
    endElection(history, host, at);
    return;
  }
  const last = history.elections.items.at(-1);
  if (last !== undefined && last.term === note.term && last.host === host) return;
  if (last !== undefined && (last.until === undefined || last.until > at)) last.until = at;
  push(history.elections, { at, term: note.term, host });
}

function endElection(history: History, host: string, at: Micros): void {
  const open = history.elections.items.findLast((span) => span.host === host && span.until === undefined);
  if (open !== undefined) open.until = at;
}

/** Sets a key in a map that keeps only so many of its newest. */
function remember<K, V>(map: Map<K, V>, key: K, value: V, limit: number): void {
  map.set(key, value);
  if (map.size <= limit + limit / 4) return;
  let excess = map.size - limit;
  for (const old of map.keys()) {
    if (excess-- <= 0) return;
    map.delete(old);
  }
}

/** From the nearest cause to the first one. */
export function chainOf(history: History, cause: string | undefined): Cause[] {
  const chain: Cause[] = [];
  const seen = new Set<string>();
  for (let id = cause; id !== undefined && !seen.has(id) && chain.length < 40;) {
    seen.add(id);
    const found = history.causes.get(id);
    if (found === undefined) break;
    chain.push(found);
    id = found.parent;
  }
  return chain;
}
