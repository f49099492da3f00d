import { stableStringify } from '../lib/json.ts';
import { compareNumbers } from '../lib/order.ts';
import type { Micros } from './env.ts';
import { describeFault, healTargets, parseFault, type ActiveFault } from './faults/index.ts';
import { UsageError } from './faults/fault.ts';
import { kill, signal } from './kernel-processes.ts';
import { deliver, newCause, type Process, type World } from './kernel-world.ts';
import type { Input } from './session.ts';

/** What the kernel executes from its list of inputs: the recorded ones, and the silence before a worker's loss was noticed. */
export type KernelInput = Input | { readonly kind: 'mute'; readonly at: Micros; readonly worker: string };

export interface FaultBook {
  readonly active: Map<string, ActiveFault>;
  next: number;
}

export function createFaultBook(): FaultBook {
  return { active: new Map(), next: 1 };
}

export function withMutes(inputs: readonly Input[]): KernelInput[] {
  const all: KernelInput[] = [...inputs];
  for (const input of inputs) {
    if (input.kind !== 'worker-lost' || input.since === undefined || input.since >= input.at) continue;
    all.push({ kind: 'mute', at: input.since, worker: input.worker });
  }
  return all.sort((a, b) => compareNumbers(a.at, b.at));
}

export function applyInput(world: World, book: FaultBook, input: KernelInput): void {
  // The silence before a loss was noticed is seen as such only in a replay, so it is no part of the hash.
  if (input.kind !== 'mute') {
    world.hash.number(world.now);
    // A recording that was read back names the same fields in another order.
    world.hash.text(stableStringify(input));
  }
  switch (input.kind) {
    case 'fault':
      return applyFault(world, book, input.command);
    case 'text': {
      const text = `input for ${input.process}: ${input.text}`;
      const cause = newCause(world, text);
      world.trace.record('kernel', { kind: 'input', text }, cause);
      const process = findProcess(world, input.process);
      if (process !== undefined) deliver(world, process, { kind: 'input', text: input.text, cause });
      return;
    }
    case 'signal': {
      const text = `${input.signal} for ${input.process}`;
      const cause = newCause(world, text);
      world.trace.record('kernel', { kind: 'input', text }, cause);
      const process = findProcess(world, input.process);
      if (process !== undefined) signal(world, process, input.signal, cause);
      return;
    }
    case 'mute':
      for (const process of inGroup(world, input.worker)) process.mute = true;
      return;
    case 'worker-lost': {
      const text = `worker ${input.worker} was lost: ${input.reason}`;
      const cause = newCause(world, text);
      world.trace.record('kernel', { kind: 'input', text }, cause);
      for (const process of inGroup(world, input.worker)) kill(world, process, cause, 'its worker was lost');
      return;
    }
  }
}

export function findProcess(world: World, id: string): Process | undefined {
  const slash = id.indexOf('/');
  return world.hosts.get(id.slice(0, slash))?.processes.get(id.slice(slash + 1));
}

function inGroup(world: World, group: string): Process[] {
  return [...world.processes.values()].filter((process) => process.alive && process.group === group);
}

function applyFault(world: World, book: FaultBook, command: string): void {
  const cause = newCause(world, `fault: ${command}`);
  world.cause = cause;
  try {
    injectOrHeal(world, book, command);
  } catch (error) {
    // Recorded when it could be parsed; by now its target is gone.
    if (!(error instanceof UsageError)) throw error;
    world.trace.record('kernel', { kind: 'input', text: `fault ${command}: ${error.message}` }, cause);
  } finally {
    world.cause = undefined;
  }
}

function injectOrHeal(world: World, book: FaultBook, command: string): void {
  const toHeal = healTargets(book.active, command);
  if (toHeal !== undefined) {
    for (const fault of toHeal) heal(world, book, fault);
    return;
  }
  const { fault, args } = parseFault(command, world);
  for (const active of [...book.active.values()]) {
    if (fault.ends?.(args, active) === true) heal(world, book, active);
  }
  const targets = fault.targets(args);
  const text = fault.describe(args);
  const undo = fault.inject(world, args);
  const id = String(book.next++);
  if (undo !== undefined) book.active.set(id, { id, name: fault.name, command, text, targets, heal: undo });
  world.trace.record('kernel', { kind: 'fault', id, command, state: 'injected', text, targets }, world.cause);
}

function heal(world: World, book: FaultBook, fault: ActiveFault): void {
  const { id, command, text, targets } = fault;
  book.active.delete(id);
  world.trace.record('kernel', { kind: 'fault', id, command, state: 'healed', text, targets }, world.cause);
  fault.heal(world);
}

/** Throws a UsageError when the command would do nothing now. */
export function checkFault(world: World, book: FaultBook, command: string): void {
  if (healTargets(book.active, command) === undefined) describeFault(command, world);
}
