import { unreachable } from '../lib/assert.ts';
import type { Micros } from './env.ts';
import { bind, connect, unbind } from './kernel-connect.ts';
import { applyDiskOp, filesOfOthers, fsync } from './kernel-disk.ts';
import { end, exec, signal, tellParent } from './kernel-processes.ts';
import { closeEnd, sendData, finish } from './kernel-transport.ts';
import { deliver, type Process, type World } from './kernel-world.ts';
import type { TraceHash } from './trace-hash.ts';
import type { Effect } from './wire.ts';

/** Timers are private to their process, so they take effect as soon as they are known. */
export function applyTimer(
  world: World,
  process: Process,
  effect: Extract<Effect, { kind: 'timer' | 'cancel' }>,
  at: Micros,
): void {
  const { id } = effect;
  if (effect.kind === 'cancel') {
    world.queue.cancelIf(process.timers.get(id));
    process.timers.delete(id);
    return;
  }
  const event = world.queue.push(at + effect.delay, process.uid, process.effectSeq++, () => {
    process.timers.delete(id);
    deliver(world, process, { kind: 'timer', id });
  });
  process.timers.set(id, event);
}

/**
 * Every other effect of an instant `at` is applied LOOKAHEAD later, in one order for the whole cluster: so what a process
 * does can never depend on how the run was cut into windows.
 */
export function applyEffect(world: World, process: Process, effect: Effect, at: Micros): void {
  switch (effect.kind) {
    case 'timer':
    case 'cancel':
    case 'note':
    case 'step':
      return;
    case 'send': {
      const from = process.ends.get(effect.end);
      if (from !== undefined) sendData(world, from, effect.payload, effect.label, effect.cause, at);
      return;
    }
    case 'print':
      return print(world, process, effect);
    case 'disk':
      if (process.host.on) applyDiskOp(world, process, effect.op, at);
      return;
    case 'exit': {
      const { code, error } = effect;
      const status = {
        code,
        ...(effect.signal === undefined ? {} : { signal: effect.signal }),
        ...(error === undefined ? {} : { error }),
      };
      return end(world, process, status, effect.cause, effect.detail);
    }
    default:
      if (process.alive) applyOfLiving(world, process, effect, at);
  }
}

type LivingEffect = Exclude<
  Effect,
  { kind: 'timer' | 'cancel' | 'send' | 'note' | 'step' | 'print' | 'disk' | 'exit' }
>;

function applyOfLiving(world: World, process: Process, effect: LivingEffect, at: Micros): void {
  switch (effect.kind) {
    case 'fsync':
      return fsync(world, process, effect.id, at);
    case 'reread':
      return deliver(world, process, { kind: 'files', id: effect.id, ...filesOfOthers(process) });
    case 'listen':
      return bind(world, process, effect.id, effect.address);
    case 'unlisten':
      return unbind(process, effect.id);
    case 'connect':
      return connect(world, process, effect, at);
    case 'close': {
      const from = process.ends.get(effect.end);
      if (from !== undefined) closeEnd(world, from, 'closed', effect.cause, at);
      return;
    }
    case 'exec':
      return exec(world, process, effect.pid, effect.spec, effect.cause);
    case 'kill': {
      const child = process.children.get(effect.pid)?.process;
      if (child !== undefined) signal(world, child, effect.signal, effect.cause);
      return;
    }
    case 'give': {
      const child = process.children.get(effect.pid)?.process;
      const cause = effect.cause === undefined ? {} : { cause: effect.cause };
      if (child !== undefined) deliver(world, child, { kind: 'input', text: effect.text, ...cause });
      return;
    }
    case 'address':
      return setAddress(world, process, effect.ip, effect.owned);
    case 'restore':
      process.host.tables = { ...process.host.tables, ...effect.tables };
      if (world.trace.observed) recordTables(world, process, at);
      return;
    case 'save':
      return deliver(world, process, { kind: 'tables', id: effect.id, tables: process.host.tables });
    default:
      unreachable(effect);
  }
}

/** What only the trace needs is recorded as soon as it is known. */
export function recordEffect(world: World, process: Process, effect: Effect, at: Micros): void {
  if (effect.kind === 'note') world.trace.note(process.id, effect.note, effect.cause, at);
  else if (effect.kind === 'print') {
    const { text, stream, cause } = effect;
    world.trace.record(process.id, { kind: 'output', process: process.id, stream, text }, cause, at);
  } else if (effect.kind === 'step') {
    const { id, text, about, cause } = effect;
    const parent = cause === undefined ? {} : { parent: cause };
    const record = { kind: 'cause', id, text, ...parent, ...(about === undefined ? {} : { about }) } as const;
    world.trace.record(process.id, record, cause, at);
  }
}

function print(world: World, process: Process, effect: Extract<Effect, { kind: 'print' }>): void {
  const { text, stream, cause } = effect;
  if (process.link !== undefined) tellParent(world, process.link, { kind: 'output', text, stream }, cause);
}

function recordTables(world: World, process: Process, at: Micros): void {
  const { host } = process;
  // Tables are plain data by their type; the trace wants them as JSON.
  const tables = JSON.parse(JSON.stringify(host.tables));
  world.trace.record(host.name, { kind: 'tables', host: host.name, tables }, undefined, at);
}

function setAddress(world: World, process: Process, ip: string, owned: boolean): void {
  const { host } = process;
  if (owned) {
    if (world.addresses.has(ip)) return;
    host.podAddresses.add(ip);
    world.addresses.set(ip, host);
    return;
  }
  if (!host.podAddresses.delete(ip)) return;
  world.addresses.delete(ip);
  for (const [key, listener] of [...host.listeners]) {
    if (!key.startsWith(`${ip}:`) && !key.startsWith(`${ip}|`)) continue;
    host.listeners.delete(key);
    listener.process.listeners.delete(listener.id);
  }
  for (const connection of [...world.connections.values()]) {
    for (const side of [connection.client, connection.server]) {
      if (side === undefined || side.host !== host || side.ip !== ip || side.state === 'closed') continue;
      const peer = side === connection.client ? connection.server : connection.client;
      finish(world, side, 'reset');
      if (peer !== undefined) finish(world, peer, 'reset');
    }
  }
}

/** Everything that a process asks for enters the hash in its own bytes, engine texts and observations apart. */
export function hashEffect(hash: TraceHash, effect: Effect): void {
  switch (effect.kind) {
    case 'timer':
      hash.number(effect.id);
      return hash.number(effect.delay);
    case 'cancel':
      return hash.number(-effect.id);
    case 'send':
      hash.text(effect.end);
      return hash.text(effect.payload);
    case 'connect':
    case 'listen':
      return hash.text(effect.address);
    case 'disk':
      hash.text(effect.op.path);
      if (effect.op.op === 'rename') hash.text(effect.op.to);
      else if (effect.op.op !== 'remove') hash.text(effect.op.text);
      return hash.text(effect.op.op);
    case 'print':
    case 'give':
      return hash.text(effect.text);
    case 'exec':
      hash.text(effect.spec.name);
      hash.text(effect.spec.program);
      return hash.text(JSON.stringify(effect.spec.args));
    case 'kill':
      hash.number(effect.pid);
      return hash.text(effect.signal);
    case 'exit':
      return hash.number(effect.code);
    case 'address':
      hash.text(effect.ip);
      return hash.number(effect.owned ? 1 : 0);
    case 'restore':
      return hash.text(JSON.stringify(effect.tables));
    case 'close':
      return hash.text(effect.end);
    case 'unlisten':
    case 'fsync':
    case 'reread':
    case 'save':
      return hash.number(effect.id);
    case 'note':
    case 'step':
      return;
  }
}
