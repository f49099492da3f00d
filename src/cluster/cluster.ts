import type { Lease, Node, Pod } from '../api/types.gen.ts';
import { isConditionTrue } from '../api/conditions.ts';
import { SECOND, type Micros } from '../sim/env.ts';
import { Kernel } from '../sim/kernel.ts';
import { drainTrace } from '../sim/kernel-trace.ts';
import { createInThread } from '../sim/placement/in-thread.ts';
import type { Placement } from '../sim/placement/placement.ts';
import type { HostSpec, Input, InputAction } from '../sim/session.ts';
import type { TraceEvent } from '../sim/trace.ts';
import { GodView } from './god-view.ts';
import { programs } from './programs.ts';
import { defaultTopology, machinesOf, type Topology } from './topology.ts';

/** 2026-01-01T00:00:00Z: where virtual time begins unless a run says otherwise. */
export const DEFAULT_EPOCH: Micros = 1_767_225_600 * SECOND;

export interface ClusterOptions {
  readonly topology?: Partial<Topology>;
  readonly seed?: number;
  readonly epoch?: Micros;
  readonly inputs?: readonly Input[];
  readonly placement?: Placement;
  /** Machines beside those of the topology: clients of a test. */
  readonly hosts?: readonly HostSpec[];
  /** Sees every record, after the view has. */
  readonly onTrace?: (events: readonly TraceEvent[]) => void;
}

/** A whole cluster in this thread, for tests, scenarios, random runs and figures. */
export class Cluster {
  readonly kernel: Kernel;
  readonly view = new GodView();
  readonly topology: Topology;
  readonly #onTrace: ((events: readonly TraceEvent[]) => void) | undefined;

  constructor(options: ClusterOptions = {}) {
    this.topology = { ...defaultTopology, ...options.topology };
    this.#onTrace = options.onTrace;
    const machines = machinesOf(this.topology);
    this.kernel = new Kernel({
      seed: options.seed ?? 1,
      epoch: options.epoch ?? DEFAULT_EPOCH,
      machines: { ...machines, hosts: [...machines.hosts, ...(options.hosts ?? [])] },
      placement: options.placement ?? createInThread(programs),
      ...(options.inputs === undefined ? {} : { inputs: options.inputs }),
    });
    this.kernel.world.trace.observed = true;
  }

  /** Virtual time so far. */
  get now(): Micros {
    return this.kernel.horizon;
  }

  /** Runs window by window; `done` is asked whenever records came in. Resolves true as soon as it holds. */
  async #run(to: Micros, done?: () => boolean): Promise<boolean> {
    for (;;) {
      const more = this.kernel.window(to);
      const going = typeof more === 'boolean' ? more : await more;
      const events = drainTrace(this.kernel.world.trace, this.kernel.horizon);
      if (events.length > 0) {
        this.view.fold(events);
        this.#onTrace?.(events);
        if (done?.() === true) return true;
      }
      if (!going) return done?.() ?? false;
    }
  }

  async runFor(duration: Micros): Promise<void> {
    await this.#run(this.now + duration);
  }

  async runUntilTime(at: Micros): Promise<void> {
    await this.#run(at);
  }

  /** False: it did not come true within `limit`. */
  async runUntil(condition: (view: GodView) => boolean, limit: Micros): Promise<boolean> {
    if (condition(this.view)) return true;
    return this.#run(this.now + limit, () => condition(this.view));
  }

  input(action: InputAction): Input {
    const input: Input = { ...action, at: this.now };
    this.kernel.addInput(input);
    return input;
  }

  /** `power-off worker-2`, `heal all`: as typed after `fault`. */
  fault(command: string): void {
    this.input({ kind: 'fault', command });
  }

  /** Types a line into a terminal of the laptop and runs until the prompt is back. Returns what was printed. */
  async type(line: string, limit: Micros = 120 * SECOND, session = 1): Promise<string> {
    if (!this.view.sessions.has(session)) {
      this.#send({ session, kind: 'open' });
      await this.runUntil((view) => view.sessions.get(session)?.prompt === true, 5 * SECOND);
    }
    this.view.sessions.set(session, { text: '', prompt: false });
    this.#send({ session, kind: 'line', text: line });
    const done = await this.runUntil((view) => view.sessions.get(session)?.prompt === true, limit);
    const text = this.view.sessions.get(session)?.text ?? '';
    if (done) return text;
    this.#send({ session, kind: 'interrupt' });
    await this.runFor(SECOND);
    return `${text}^C`;
  }

  /** Writes a file on the laptop, as the editor does. */
  async save(path: string, text: string): Promise<void> {
    this.#send({ session: 1, kind: 'file', path, text });
    await this.runFor(10_000);
  }

  #send(message: {
    readonly session: number;
    readonly kind: string;
    readonly text?: string;
    readonly path?: string;
  }): void {
    this.input({ kind: 'text', process: 'laptop/terminal', text: JSON.stringify(message) });
  }

  /** Opens a URL from the internet; resolves with what came back. */
  async visit(url: string, limit: Micros = 60 * SECOND): Promise<GodView['visits'][number] | undefined> {
    const before = this.view.visits.length;
    this.input({ kind: 'text', process: 'internet/internet', text: JSON.stringify({ url }) });
    await this.runUntil((view) => view.visits.length > before, limit);
    return this.view.visits[before];
  }

  /** Boots until every machine that is a node is Ready. */
  async boot(limit: Micros = 180 * SECOND): Promise<boolean> {
    let checked = -1;
    return this.runUntil((view) => {
      const changed = view.changedAt(NODES);
      if (changed === checked) return false;
      checked = changed;
      return areNodesReady(view, this.topology);
    }, limit);
  }

  hash(): string {
    return this.kernel.hash();
  }
}

const NODES = '/registry/minions/';

function isReadyNode(node: Node): boolean {
  return isConditionTrue(node.status?.conditions, 'Ready');
}

/** Every machine that is a node is Ready. */
export function areNodesReady(view: GodView, { workers, controlPlanes, controlPlaneNodes }: Topology): boolean {
  return view.isEvery(NODES, workers + (controlPlaneNodes ? controlPlanes : 0), isReadyNode);
}

export function readyNodes(view: GodView): string[] {
  return view
    .list<Node>(NODES)
    .filter(isReadyNode)
    .map((node) => node.metadata.name);
}

export function podsOf(view: GodView, namespace: string): Pod[] {
  return view.list<Pod>(`/registry/pods/${namespace}/`);
}

export function isReady(pod: Pod): boolean {
  return isConditionTrue(pod.status?.conditions, 'Ready') && pod.metadata.deletionTimestamp === undefined;
}

/** Machine that holds a lease of kube-system, such as `kube-scheduler`. */
export function holderOf(view: GodView, lease: string): string | undefined {
  return view.get<Lease>(`/registry/leases/kube-system/${lease}`)?.spec?.holderIdentity?.split('_')[0];
}
