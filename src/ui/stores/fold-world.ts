import { PREFIX } from './parse.ts';
import type { TraceEvent, TraceNote } from '../../sim/trace.ts';
import { foldRaft } from './fold-raft.ts';
import { hostOf, type ContainerState, type ProcessState, type SandboxState, type World } from './world.ts';

/** Parts of the page that have something new to show. */
export type Slice = 'machines' | 'raft' | 'objects' | 'pods' | 'faults' | 'beliefs' | 'tables';

const KEPT_ENTRIES = 2_000;
const KEPT_PROCESSES = 4_000;

/** Whether a record changes the world, and so belongs in the journal that looking back is made of. */
export function changesWorld(event: TraceEvent): boolean {
  switch (event.kind) {
    case 'host':
    case 'process':
    case 'fault':
    case 'tables':
      return true;
    case 'note':
      return NOTES[event.note.type] === true;
    default:
      return false;
  }
}

const NOTES: { readonly [type in TraceNote['type']]?: true } = {
  'raft.role': true,
  'raft.timer': true,
  'raft.append': true,
  'raft.durable': true,
  'raft.commit': true,
  'raft.compact': true,
  'raft.snapshot': true,
  'raft.configuration': true,
  'etcd.start': true,
  'etcd.apply': true,
  belief: true,
  'pod.sandbox': true,
  container: true,
  'balancer.backend': true,
};

/** Brings the world up to one more record and tells which part of it changed. */
export function foldWorld(world: World, event: TraceEvent): Slice | undefined {
  if (event.at > world.now) world.now = event.at;
  const slice = changed(world, event);
  if (slice === 'objects' || slice === 'pods' || slice === 'machines') world.version++;
  return slice;
}

function changed(world: World, event: TraceEvent): Slice | undefined {
  switch (event.kind) {
    case 'host':
      return foldHost(world, event);
    case 'process':
      world.processes.set(event.process, processAfter(world.processes.get(event.process), event));
      if (world.processes.size > KEPT_PROCESSES) forgetEnded(world);
      return 'machines';
    case 'fault':
      if (event.state === 'healed') world.faults.delete(event.id);
      else if (lasts(event.command))
        world.faults.set(event.id, {
          id: event.id,
          command: event.command,
          text: event.text,
          targets: event.targets,
          at: event.at,
        });
      return 'faults';
    case 'tables':
      world.tables.set(event.host, event.tables);
      return 'tables';
    case 'connection':
      world.connections += event.state === 'open' ? 1 : -1;
      return undefined;
    case 'note':
      return foldNote(world, event.at, event.source, event.note);
    default:
      return undefined;
  }
}

/** A kill is over when it is done; there is nothing to heal. */
export function lasts(command: string): boolean {
  return !/^(kill|power-on)\b/.test(command);
}

type Of<K extends TraceEvent['kind']> = Extract<TraceEvent, { readonly kind: K }>;

function foldHost(world: World, event: Of<'host'>): Slice {
  const state = event.state === 'off' ? 'off' : event.state === 'paused' ? 'paused' : 'on';
  world.machines.set(event.host, { name: event.host, state, since: event.at });
  if (state === 'off') {
    for (const process of world.processes.values())
      if (process.host === event.host && process.state !== 'exited')
        world.processes.set(process.id, {
          ...process,
          state: 'exited',
          since: event.at,
          reason: 'the machine lost power',
        });
    for (const sandbox of world.sandboxes.values())
      if (sandbox.node === event.host) world.sandboxes.set(sandbox.uid, powerless(sandbox, event.at));
  }
  return 'machines';
}

function powerless(sandbox: SandboxState, at: number): SandboxState {
  const containers = new Map<string, ContainerState>();
  for (const [name, container] of sandbox.containers) containers.set(name, { ...container, state: 'exited', at });
  return { ...sandbox, state: 'gone', containers };
}

/** Containers come and go for ever: those that ended first are forgotten first. */
function forgetEnded(world: World): void {
  let excess = KEPT_PROCESSES / 4;
  for (const [id, process] of world.processes) {
    if (excess <= 0) return;
    if (process.state !== 'exited') continue;
    world.processes.delete(id);
    excess--;
  }
}

function processAfter(before: ProcessState | undefined, event: Of<'process'>): ProcessState {
  const host = hostOf(event.process);
  const { process: id, program, pid } = event;
  if (event.state === 'exited') {
    const reason = event.reason === undefined ? {} : { reason: event.reason };
    const base = before ?? { ip: '', ownWorker: false };
    return { ...base, id, host, program, pid, state: 'exited', since: event.at, code: event.code, ...reason };
  }
  const parent = event.parent === undefined ? {} : { parent: event.parent };
  const state = event.state === 'paused' ? 'paused' : 'running';
  return { id, host, program, pid, ip: event.ip, ownWorker: event.ownWorker, state, since: event.at, ...parent };
}

function foldNote(world: World, at: number, source: string, note: TraceNote): Slice | undefined {
  switch (note.type) {
    case 'etcd.apply':
      return foldApply(world, at, hostOf(source), note);
    case 'belief':
      return foldBelief(world, at, note);
    case 'pod.sandbox': {
      const before = world.sandboxes.get(note.uid);
      const ip = note.ip ?? before?.ip;
      const containers = before?.containers ?? new Map<string, ContainerState>();
      world.sandboxes.set(note.uid, {
        uid: note.uid,
        pod: note.pod,
        node: note.node,
        state: note.state,
        containers,
        ...(ip === undefined ? {} : { ip }),
      });
      forgetGone(world);
      return 'pods';
    }
    case 'container':
      foldContainer(world, at, note);
      return 'pods';
    case 'balancer.backend':
      world.backends.set(note.backend, note.healthy);
      return 'machines';
    case 'raft.append':
      for (const entry of note.entries)
        if (entry.text !== undefined || !world.entries.has(entry.index)) world.entries.set(entry.index, entry);
      if (world.entries.size > KEPT_ENTRIES * 2) forgetEntries(world);
      return foldRaft(world.members, at, hostOf(source), note) ? 'raft' : undefined;
    default:
      return foldRaft(world.members, at, hostOf(source), note) ? 'raft' : undefined;
  }
}

function forgetEntries(world: World): void {
  let excess = world.entries.size - KEPT_ENTRIES;
  for (const index of world.entries.keys()) {
    if (excess-- <= 0) return;
    world.entries.delete(index);
  }
}

/** Every member applies every entry: only the first to do so brings news. */
function foldApply(
  world: World,
  at: number,
  host: string,
  note: Extract<TraceNote, { type: 'etcd.apply' }>,
): Slice | undefined {
  world.applied.set(host, note.revision);
  if (note.revision <= world.revision) return undefined;
  world.revision = note.revision;
  for (const change of note.changes) {
    if (change.value === undefined) {
      world.objects.delete(change.key);
      world.pods.delete(change.key);
      continue;
    }
    const before = change.version > 1 ? world.objects.get(change.key) : undefined;
    const { key, value, createRevision, version } = change;
    const stored = {
      key,
      value,
      revision: note.revision,
      createRevision,
      version,
      at,
      createdAt: before?.createdAt ?? at,
    };
    world.objects.set(key, stored);
    if (key.startsWith(PREFIX.pods)) world.pods.set(key, stored);
  }
  return 'objects';
}

function foldBelief(world: World, at: number, note: Extract<TraceNote, { type: 'belief' }>): Slice {
  const seen = new Map(world.beliefs.get(note.component));
  seen.set(note.resource, { resourceVersion: Number(note.resourceVersion), at });
  world.beliefs.set(note.component, seen);
  return 'beliefs';
}

function foldContainer(world: World, at: number, note: Extract<TraceNote, { type: 'container' }>): void {
  const before = world.sandboxes.get(note.uid) ?? {
    uid: note.uid,
    pod: note.pod,
    node: note.node,
    state: 'ready' as const,
    containers: new Map<string, ContainerState>(),
  };
  const old = before.containers.get(note.container);
  const containers = new Map(before.containers);
  const starts = (old?.starts ?? 0) + (note.state === 'running' ? 1 : 0);
  const code = note.code === undefined ? {} : { code: note.code };
  containers.set(note.container, { id: note.id, state: note.state, at, starts, ...code });
  world.sandboxes.set(note.uid, { ...before, containers });
}

const KEPT_GONE = 2_000;

/** Sandboxes that are gone are remembered for a while: their pods may still be shown as ending. */
function forgetGone(world: World): void {
  if (world.sandboxes.size < KEPT_GONE * 2) return;
  let excess = world.sandboxes.size - KEPT_GONE;
  for (const [uid, sandbox] of world.sandboxes) {
    if (excess <= 0) return;
    if (sandbox.state !== 'gone') continue;
    world.sandboxes.delete(uid);
    excess--;
  }
}
