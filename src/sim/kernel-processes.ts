import { LOOKAHEAD, SECOND, type ExecSpec, type ExitStatus, type Micros, type Signal } from './env.ts';
import { abandon } from './kernel-connect.ts';
import { createDisk, filesFor, loseUnsynced } from './kernel-disk.ts';
import { closeEnd, drop, forgetIfDone, reviewConnections } from './kernel-transport.ts';
import {
  catchUp,
  deliver,
  forgetTurn,
  setSlow,
  type ChildLink,
  type Host,
  type Process,
  tellProcesses,
  type World,
} from './kernel-world.ts';
import type { HostSpec, InitProcess } from './session.ts';
import { NO_SKEW, skewAt } from './skew.ts';
import type { AdoptedChild, MissedEvent, ProcessEvent, StartInfo } from './wire.ts';

/** Machines and processes: power, start, end, adoption, pauses. */

const RESTART_AFTER: Micros = SECOND;
/** What a child without a living parent may leave behind. */
const MISSED_LIMIT = 1_000;
const SIGNAL_NUMBERS: Readonly<Record<Signal, number>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

export function createHost(spec: HostSpec, index: number): Host {
  return {
    spec,
    name: spec.name,
    index,
    ip: spec.ip,
    on: false,
    paused: false,
    bootedAt: 0,
    boots: 0,
    skew: NO_SKEW,
    slowdowns: [],
    processes: new Map(),
    incarnations: new Map(),
    podAddresses: new Set(),
    listeners: new Map(),
    orphans: new Map(),
    tables: {},
    disk: createDisk(spec.files, spec.fsyncLatency),
    nextPid: 2,
  };
}

export function powerOn(world: World, host: Host): void {
  if (host.on) return;
  host.on = true;
  world.hostsDown--;
  host.bootedAt = world.now;
  host.boots++;
  host.nextPid = 2;
  world.trace.record(host.name, { kind: 'host', host: host.name, state: 'on' }, world.cause);
  for (const init of host.spec.init) startInit(world, host, init, LOOKAHEAD);
  reviewConnections(world);
}

/** Memory, sockets, addresses and unsynced writes are gone, and nobody is told. */
export function powerOff(world: World, host: Host): void {
  if (!host.on) return;
  host.on = false;
  if (host.paused) host.paused = false;
  else world.hostsDown++;
  for (const process of [...host.processes.values()]) {
    process.children.clear();
    for (const end of [...process.ends.values()]) {
      end.state = 'closed';
      world.queue.cancelIf(end.deadCheck);
      end.deadCheck = undefined;
      drop(world, end.out);
      forgetIfDone(world, end.connection);
    }
    process.ends.clear();
    remove(world, process, { code: 137, signal: 'SIGKILL', error: 'power off' });
  }
  // Data that a dead process had left to its kernel.
  for (const connection of [...world.connections.values()]) {
    for (const end of [connection.client, connection.server]) {
      if (end?.host === host) drop(world, end.out);
    }
    forgetIfDone(world, connection);
  }
  for (const ip of host.podAddresses) world.addresses.delete(ip);
  host.podAddresses.clear();
  host.listeners.clear();
  host.orphans.clear();
  host.tables = {};
  loseUnsynced(world, host.disk);
  world.trace.record(host.name, { kind: 'host', host: host.name, state: 'off' }, world.cause);
  reviewConnections(world);
}

function startInit(world: World, host: Host, init: InitProcess, delay: Micros): void {
  const boot = host.boots;
  const cause = world.cause;
  world.queue.schedule(world.now + delay, () => {
    if (!host.on || host.boots !== boot || host.processes.has(init.name)) return;
    const own = init.ownWorker === undefined ? {} : { ownWorker: init.ownWorker };
    const spec: ExecSpec = { program: init.program, name: init.name, args: init.args, ...own };
    start(world, host, spec, host.nextPid++, undefined, init, cause);
  });
}

/** Starts a process for its parent; a name in use ends at once as a failed exec does. */
export function exec(world: World, parent: Process, pid: number, spec: ExecSpec, cause: string | undefined): void {
  const { host } = parent;
  if (!host.on || !parent.alive) return;
  const { name, program, args } = spec;
  const link: ChildLink = { pid, name, program, args, parentName: parent.name, parent, process: undefined, missed: [] };
  parent.children.set(pid, link);
  const ip = spec.ip ?? parent.ip;
  const failure = host.processes.has(name)
    ? `process name "${name}" is in use`
    : ip !== parent.ip && ip !== host.ip && !host.podAddresses.has(ip)
      ? `no network namespace has the address ${ip}`
      : undefined;
  if (failure !== undefined) {
    world.queue.schedule(world.now + LOOKAHEAD, () =>
      tellParent(world, link, { kind: 'exit', status: { code: 126, error: failure } }, cause),
    );
    return;
  }
  start(world, host, { ...spec, ip }, pid, link, undefined, cause);
}

function start(
  world: World,
  host: Host,
  spec: ExecSpec,
  pid: number,
  link: ChildLink | undefined,
  init: InitProcess | undefined,
  cause: string | undefined,
): void {
  const ownWorker = spec.ownWorker ?? false;
  const { name, program, args } = spec;
  const group = ownWorker ? `${host.name}/${name}` : host.name;
  const uid = world.nextUid++;
  const process: Process = {
    uid,
    id: `${host.name}/${name}`,
    name,
    program,
    args,
    host,
    pid,
    ip: spec.ip ?? host.ip,
    group,
    ownWorker,
    init,
    link,
    withParent: spec.withParent ?? false,
    children: new Map(),
    alive: true,
    mute: false,
    paused: false,
    held: [],
    slow: 1,
    backlog: [],
    turn: undefined,
    timers: new Map(),
    listeners: new Map(),
    ends: new Map(),
    effectSeq: 0,
  };
  if (link !== undefined) link.process = process;
  host.processes.set(name, process);
  world.processes.set(uid, process);
  world.endedGroups.delete(group);
  if (host.slowdowns.length > 0) setSlow(world, process);
  deliver(world, process, { kind: 'start', start: startInfo(world, process, cause) });
  world.groups.set(group, (world.groups.get(group) ?? 0) + 1);
  recordStart(world, process, cause);
}

function startInfo(world: World, process: Process, cause: string | undefined): StartInfo {
  const { host, name, group } = process;
  const incarnation = (host.incarnations.get(name) ?? 0) + 1;
  host.incarnations.set(name, incarnation);
  const first = (world.groups.get(group) ?? 0) === 0;
  return {
    program: process.program,
    name,
    host: host.name,
    pid: process.pid,
    ip: process.ip,
    args: process.args,
    seed: world.seed,
    incarnation: `${process.id}#${incarnation}`,
    epoch: world.epoch,
    bootedAt: host.bootedAt,
    skew: host.skew,
    ...(host.disk.full > 0 ? { diskFull: true } : {}),
    adopted: adopt(process),
    ...(first ? { files: filesFor(world, host.disk, group, host.name) } : {}),
    ...(cause === undefined ? {} : { cause }),
  };
}

function adopt(process: Process): AdoptedChild[] {
  const links = process.host.orphans.get(process.name) ?? [];
  process.host.orphans.delete(process.name);
  return links.map((link) => {
    const { pid, name, program, args, missed } = link;
    link.parent = process;
    link.missed = [];
    if (link.process !== undefined) process.children.set(pid, link);
    return { pid, name, program, args, missed };
  });
}

function recordStart(world: World, process: Process, cause: string | undefined): void {
  world.hash.number(world.now);
  world.hash.text(process.id);
  const { id, program, pid, ip, ownWorker } = process;
  const parent = process.link?.parent === undefined ? {} : { parent: process.link.parent.id };
  world.trace.record(
    id,
    { kind: 'process', process: id, state: 'started', program, pid, ip, ownWorker, ...parent },
    cause,
  );
}

export function signal(world: World, process: Process, name: Signal, cause: string | undefined): void {
  if (name === 'SIGKILL') kill(world, process, cause);
  else deliver(world, process, { kind: 'signal', signal: name, ...(cause === undefined ? {} : { cause }) });
}

/** SIGKILL: the process is gone; its host closes its connections. */
export function kill(world: World, process: Process, cause: string | undefined, error?: string): void {
  if (!process.alive) return;
  world.batch.push({ at: world.now, to: process.uid, group: process.group, event: { kind: 'stop' } });
  end(
    world,
    process,
    { code: 128 + SIGNAL_NUMBERS.SIGKILL, signal: 'SIGKILL', ...(error === undefined ? {} : { error }) },
    cause,
  );
}

/** The process has ended while its host goes on. */
export function end(
  world: World,
  process: Process,
  status: ExitStatus,
  cause: string | undefined,
  detail?: string,
): void {
  if (!process.alive) return;
  for (const connectionEnd of [...process.ends.values()]) {
    if (connectionEnd.state === 'opening') abandon(world, connectionEnd.connection, 'reset', cause);
    else closeEnd(world, connectionEnd, 'reset', cause, world.now);
  }
  for (const listener of process.listeners.values()) process.host.listeners.delete(listener.key);
  remove(world, process, status, cause, detail);
  const { link, host, init } = process;
  if (link !== undefined) {
    world.queue.schedule(world.now + LOOKAHEAD, () => tellParent(world, link, { kind: 'exit', status }, cause));
  }
  if (init !== undefined) {
    const outer = world.cause;
    world.cause = cause;
    startInit(world, host, init, Math.max(LOOKAHEAD, init.restartAfter ?? RESTART_AFTER));
    world.cause = outer;
  }
}

function remove(world: World, process: Process, status: ExitStatus, cause = world.cause, detail?: string): void {
  const { host, group, id, program, pid, link } = process;
  process.alive = false;
  for (const timer of process.timers.values()) world.queue.cancel(timer);
  process.timers.clear();
  process.held = [];
  process.backlog = [];
  forgetTurn(world, process);
  host.processes.delete(process.name);
  // What it did earlier in this window still counts, so it is struck off the list only after the window.
  world.buried.push(process.uid);
  if (link !== undefined) link.process = undefined;
  const left = (world.groups.get(group) ?? 1) - 1;
  world.groups.set(group, left);
  if (left === 0) world.endedGroups.add(group);
  world.hash.number(world.now);
  world.hash.text(id);
  world.hash.number(status.code);
  const reason = detail ?? status.error;
  world.trace.record(
    id,
    {
      kind: 'process',
      process: id,
      state: 'exited',
      program,
      pid,
      code: status.code,
      ...(reason === undefined ? {} : { reason }),
    },
    cause,
  );
  orphan(world, process, cause);
}

function orphan(world: World, process: Process, cause: string | undefined): void {
  for (const link of process.children.values()) {
    link.parent = undefined;
    const child = link.process;
    if (child?.withParent === true) {
      kill(world, child, cause);
      continue;
    }
    const links = process.host.orphans.get(process.name) ?? [];
    links.push(link);
    process.host.orphans.set(process.name, links);
  }
  process.children.clear();
}

export function tellParent(world: World, link: ChildLink, event: MissedEvent, cause: string | undefined): void {
  const { parent, pid } = link;
  if (parent?.alive === true) {
    if (event.kind === 'exit') parent.children.delete(pid);
    const told: ProcessEvent =
      event.kind === 'exit'
        ? { kind: 'child-exit', pid, status: event.status }
        : { kind: 'child-output', pid, text: event.text, stream: event.stream };
    deliver(world, parent, cause === undefined ? told : { ...told, cause });
    return;
  }
  link.missed.push(event);
  if (link.missed.length > MISSED_LIMIT) link.missed.shift();
}

export function setPaused(world: World, target: Process | Host, paused: boolean): void {
  if (target.paused === paused) return;
  target.paused = paused;
  const state = paused ? 'paused' : 'resumed';
  if ('boots' in target) {
    world.hostsDown += paused ? 1 : -1;
    world.trace.record(target.name, { kind: 'host', host: target.name, state }, world.cause);
    if (!paused) for (const process of target.processes.values()) catchUp(world, process);
  } else {
    const { id, program, pid, ip, ownWorker } = target;
    world.trace.record(id, { kind: 'process', process: id, state, program, pid, ip, ownWorker }, world.cause);
    if (!paused) catchUp(world, target);
  }
  reviewConnections(world);
}

/** Sets the wall clock ahead or back, and from now on fast or slow, by this much more than it was. */
export function addSkew(world: World, host: Host, offset: Micros, drift: number): void {
  const { now } = world;
  const skew = { offset: skewAt(host.skew, now) + offset, drift: host.skew.drift + drift, since: now };
  host.skew = skew;
  tellProcesses(world, host, { kind: 'skew', skew });
}
