import { LOOKAHEAD, type Micros } from './env.ts';
import { EventQueue } from './event-queue.ts';
import { applyEffect, applyTimer, hashEffect, recordEffect } from './kernel-effects.ts';
import { applyInput, createFaultBook, withMutes, type FaultBook, type KernelInput } from './kernel-inputs.ts';
import { createLatencies } from './kernel-network.ts';
import { createHost, powerOn } from './kernel-processes.ts';
import { createTraceLog } from './kernel-trace.ts';
import type { Process, World } from './kernel-world.ts';
import type { LostGroup, Placement, WindowOutcome } from './placement/placement.ts';
import type { Input, Machines } from './session.ts';
import { TraceHash } from './trace-hash.ts';
import type { EventResult } from './wire.ts';

export interface KernelOptions {
  readonly seed: number;
  readonly epoch: Micros;
  readonly machines: Machines;
  readonly placement: Placement;
  readonly inputs?: readonly Input[];
}

interface PendingEffects {
  readonly process: Process;
  readonly result: EventResult;
}

/** Executes the world in conservative windows: nothing that happens in [T, T+L) can affect anybody else before T+L. */
export class Kernel {
  readonly world: World;
  readonly faults: FaultBook = createFaultBook();
  readonly #placement: Placement;
  /** Effects that wait to be applied, in order of (time, process). */
  #effects: PendingEffects[] = [];
  #effectsHead = 0;
  readonly #effectHash = new TraceHash();
  readonly #inputs: KernelInput[];
  #inputsHead = 0;
  /** Everything before this time has been executed. */
  #horizon: Micros = 0;
  #windowStart: Micros = 0;
  #events = 0;
  #windows = 0;
  #deliveries = 0;

  constructor(options: KernelOptions) {
    this.#placement = options.placement;
    this.#inputs = withMutes(options.inputs ?? []);
    this.world = createWorld(options);
    for (const host of this.world.hosts.values()) {
      this.world.queue.schedule(0, () => powerOn(this.world, host));
    }
  }

  get horizon(): Micros {
    return this.#horizon;
  }

  get events(): number {
    return this.#events;
  }

  get windows(): number {
    return this.#windows;
  }

  /** Deliveries to processes so far: what a person calls events. */
  get deliveries(): number {
    return this.#deliveries;
  }

  get inputs(): readonly Input[] {
    return this.#inputs.filter((input) => input.kind !== 'mute');
  }

  hash(): string {
    const hash = new TraceHash();
    hash.text(this.#effectHash.hex());
    hash.text(this.world.hash.hex());
    return hash.hex();
  }

  /** When the next thing happens, if ever. */
  nextTime(): Micros | undefined {
    const effect = this.#effects[this.#effectsHead];
    const times = [
      this.world.queue.peekTime(),
      effect === undefined ? undefined : effect.result.at + LOOKAHEAD,
      this.#inputs[this.#inputsHead]?.at,
    ];
    let next: Micros | undefined;
    for (const time of times) if (time !== undefined && (next === undefined || time < next)) next = time;
    return next;
  }

  /** Adds an input; its time must not lie before the horizon. Inputs at one instant take effect in the order of their coming. */
  addInput(input: Input): void {
    let index = this.#inputs.length;
    while (index > this.#inputsHead && (this.#inputs[index - 1]?.at ?? 0) > input.at) index--;
    this.#inputs.splice(index, 0, input);
  }

  /** Executes one window that ends at `to` or sooner. False: nothing is left before `to`. */
  window(to: Micros): boolean | Promise<boolean> {
    const start = this.nextTime();
    if (start === undefined || start >= to) {
      if (to > this.#horizon) this.#horizon = to;
      return false;
    }
    const { world } = this;
    this.#windowStart = start;
    this.#windows++;
    this.#applyInputs(start);
    const nextInput = this.#inputs[this.#inputsHead]?.at ?? Infinity;
    const end = Math.min(start + LOOKAHEAD, to, nextInput);
    this.#horizon = end;
    this.#execute(end);
    const deliveries = world.batch;
    world.batch = [];
    if (deliveries.length === 0) {
      this.#closeWindow();
      return true;
    }
    this.#deliveries += deliveries.length;
    const outcome = this.#placement.run(deliveries, world.trace.observed);
    if (outcome instanceof Promise) return outcome.then((settled) => this.#absorb(settled));
    return this.#absorb(outcome);
  }

  /** Runs until the given time. */
  async runUntil(to: Micros): Promise<void> {
    for (;;) {
      const more = this.window(to);
      if (!(typeof more === 'boolean' ? more : await more)) return;
    }
  }

  /** Records that the processes of these groups are gone: mute since `since`, dead at the horizon. */
  lose(lost: readonly LostGroup[], since: Micros): void {
    for (const { group, reason } of lost) {
      this.addInput({ kind: 'worker-lost', worker: group, reason, at: this.#horizon, since });
    }
  }

  #applyInputs(at: Micros): void {
    const { world } = this;
    for (;;) {
      const input = this.#inputs[this.#inputsHead];
      if (input === undefined || input.at > at) return;
      this.#inputsHead++;
      world.now = Math.max(at, world.now);
      this.#events++;
      applyInput(world, this.faults, input);
    }
  }

  /** Everything in the kernel before `end`: events and effects merged by time, effects first. */
  #execute(end: Micros): void {
    const { world } = this;
    for (;;) {
      const pending = this.#effects[this.#effectsHead];
      const effectsAt = pending === undefined ? Infinity : pending.result.at + LOOKAHEAD;
      const eventAt = world.queue.peekTime() ?? Infinity;
      if (pending !== undefined && effectsAt <= eventAt) {
        if (effectsAt >= end) return;
        world.now = effectsAt;
        this.#effectsHead++;
        this.#events++;
        const { process, result } = pending;
        for (const effect of result.effects) applyEffect(world, process, effect, result.at);
      } else {
        if (eventAt >= end) return;
        world.now = eventAt;
        this.#events++;
        world.queue.pop()?.run();
      }
    }
  }

  #absorb(outcome: WindowOutcome): boolean {
    const { world } = this;
    this.#compactEffects();
    const results = inOrder(outcome.results);
    for (const result of results) {
      const process = world.processes.get(result.process);
      if (process === undefined || process.mute) continue;
      // What is only there for observers leaves no mark on the run: neither in the hash nor in the windows.
      const matters = result.effects.some(({ kind }) => kind !== 'note');
      if (matters) {
        this.#effectHash.number(result.at);
        this.#effectHash.number(result.process);
      }
      for (const effect of result.effects) {
        hashEffect(this.#effectHash, effect);
        if (effect.kind === 'timer' || effect.kind === 'cancel') applyTimer(world, process, effect, result.at);
        else if (world.trace.observed) recordEffect(world, process, effect, result.at);
      }
      if (matters) this.#effects.push({ process, result });
    }
    if (outcome.lost !== undefined) this.lose(outcome.lost, this.#windowStart);
    this.#closeWindow();
    return true;
  }

  #compactEffects(): void {
    if (this.#effectsHead === this.#effects.length) this.#effects = [];
    else if (this.#effectsHead > 1_024) this.#effects = this.#effects.slice(this.#effectsHead);
    else return;
    this.#effectsHead = 0;
  }

  #closeWindow(): void {
    for (const group of this.world.endedGroups) this.#placement.end(group);
    this.world.endedGroups.clear();
    for (const uid of this.world.buried) this.world.processes.delete(uid);
    this.world.buried.length = 0;
  }
}

function inOrder(results: readonly EventResult[]): readonly EventResult[] {
  for (let i = 1; i < results.length; i++) {
    const before = results[i - 1];
    const after = results[i];
    if (before !== undefined && after !== undefined && compareResults(before, after) > 0) {
      return [...results].sort(compareResults);
    }
  }
  return results;
}

/** The sort is stable: one process's results at one instant keep their order. */
function compareResults(a: EventResult, b: EventResult): number {
  return a.at - b.at || a.process - b.process;
}

function createWorld({ seed, epoch, machines }: KernelOptions): World {
  const hosts = machines.hosts.map((spec, index) => createHost(spec, index));
  const world: World = {
    seed,
    epoch,
    now: 0,
    queue: new EventQueue(),
    hosts: new Map(hosts.map((host) => [host.name, host])),
    addresses: new Map(),
    processes: new Map(),
    connections: new Map(),
    latencies: createLatencies(machines),
    linkFaults: [],
    groups: new Map(),
    endedGroups: new Set(),
    buried: [],
    batch: [],
    hash: new TraceHash(),
    trace: createTraceLog(() => world.now),
    nextUid: 1,
    nextCause: 1,
    cause: undefined,
    hostsDown: hosts.length,
  };
  for (const host of hosts) {
    world.addresses.set(host.ip, host);
    for (const ip of host.spec.extraIps ?? []) world.addresses.set(ip, host);
  }
  return world;
}
