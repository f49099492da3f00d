import type { TraceEvent, TraceNote } from '../sim/trace.ts';

export interface StoredObject {
  readonly key: string;
  readonly value: string;
  readonly revision: number;
  readonly cause: string | undefined;
}

/** What lies under `/registry/<resource>/`. */
interface KindView {
  readonly objects: Map<string, StoredObject>;
  revision: number;
}

export interface MemberView {
  term: number;
  role: string;
  leader: string | undefined;
  commit: number;
}

export interface ContainerView {
  readonly pod: string;
  readonly uid: string;
  readonly container: string;
  readonly node: string;
  readonly id: string;
  state: 'created' | 'running' | 'exited';
}

/** What is the case, folded from the trace: for tests, scenarios and invariants. Nothing in the cluster ever sees it. */
export class GodView {
  /** Committed objects by etcd key. */
  readonly objects = new Map<string, StoredObject>();
  readonly #kinds = new Map<string, KindView>();
  readonly #parsed = new WeakMap<StoredObject, unknown>();
  readonly members = new Map<string, MemberView>();
  readonly containers = new Map<string, ContainerView>();
  /** Living processes: `host/process` → program. */
  readonly processes = new Map<string, string>();
  readonly hostsOff = new Set<string>();
  readonly schedules: (TraceNote & { type: 'schedule' })[] = [];
  readonly visits: (TraceNote & { type: 'internet' })[] = [];
  /** Text of the terminal's sessions since last taken, and whether the prompt is back. */
  readonly sessions = new Map<number, { text: string; prompt: boolean }>();
  readonly crashes: string[] = [];
  revision = 0;
  acknowledgedWrites = 0;
  elections = 0;
  faults = 0;
  podsStarted = 0;

  fold(events: readonly TraceEvent[]): void {
    for (const event of events) this.#foldOne(event);
  }

  #foldOne(event: TraceEvent): void {
    switch (event.kind) {
      case 'process':
        if (event.state === 'started') this.processes.set(event.process, event.program);
        if (event.state === 'exited') this.#exited(event.process, event.reason);
        return;
      case 'host':
        if (event.state === 'off') this.#hostOff(event.host);
        if (event.state === 'on') this.hostsOff.delete(event.host);
        return;
      case 'fault':
        if (event.state === 'injected') this.faults++;
        return;
      case 'output':
        if (event.process === 'laptop/terminal') this.#terminal(event.text);
        return;
      case 'note':
        return this.#note(event.note, event.cause);
      default:
        return;
    }
  }

  #exited(process: string, reason: string | undefined): void {
    this.processes.delete(process);
    if (reason !== undefined) this.crashes.push(`${process}: ${reason}`);
  }

  #hostOff(host: string): void {
    this.hostsOff.add(host);
    for (const [id, container] of this.containers)
      if (container.node === host) this.containers.set(id, { ...container, state: 'exited' });
    for (const process of [...this.processes.keys()])
      if (process.startsWith(`${host}/`)) this.processes.delete(process);
  }

  #note(note: TraceNote, cause: string | undefined): void {
    switch (note.type) {
      case 'etcd.apply':
        if (note.revision <= this.revision) return;
        this.revision = note.revision;
        for (const { key, value } of note.changes) this.#store(key, value, note.revision, cause);
        return;
      case 'raft.role':
        if (note.role === 'leader') this.elections++;
        this.members.set(note.member, {
          term: note.term,
          role: note.role,
          leader: note.leader,
          commit: this.members.get(note.member)?.commit ?? 0,
        });
        return;
      case 'raft.commit': {
        const member = this.members.get(note.member);
        if (member !== undefined) member.commit = note.index;
        return;
      }
      case 'container':
        if (note.state === 'running' && this.containers.get(note.id)?.state !== 'running') this.podsStarted++;
        this.containers.set(note.id, {
          pod: note.pod,
          uid: note.uid,
          container: note.container,
          node: note.node,
          id: note.id,
          state: note.state,
        });
        return;
      case 'api.request':
        if (note.code >= 200 && note.code < 300) this.acknowledgedWrites++;
        return;
      case 'schedule':
        this.schedules.push(note);
        return;
      case 'internet':
        this.visits.push(note);
        return;
      default:
        return;
    }
  }

  #store(key: string, value: string | undefined, revision: number, cause: string | undefined): void {
    const kind = this.#kind(key);
    kind.revision = revision;
    if (value === undefined) {
      this.objects.delete(key);
      kind.objects.delete(key);
      return;
    }
    const stored: StoredObject = { key, value, revision, cause };
    this.objects.set(key, stored);
    kind.objects.set(key, stored);
  }

  #kind(key: string): KindView {
    const name = /^\/[^/]*\/[^/]*\//.exec(key)?.[0] ?? key;
    const known = this.#kinds.get(name);
    if (known !== undefined) return known;
    const made: KindView = { objects: new Map(), revision: 0 };
    this.#kinds.set(name, made);
    return made;
  }

  #terminal(text: string): void {
    for (const line of text.split('\n')) {
      if (line === '') continue;
      const message: { session: number; kind: string; text?: string } = JSON.parse(line);
      const session = this.sessions.get(message.session) ?? { text: '', prompt: false };
      if (message.kind === 'output') session.text += message.text ?? '';
      if (message.kind === 'prompt') session.prompt = true;
      this.sessions.set(message.session, session);
    }
  }

  /** Objects under a prefix such as `/registry/pods/`, decoded, in key order: to be looked at, not changed. */
  list<T>(prefix: string): T[] {
    const found = [...this.#kind(prefix).objects.values()].filter(({ key }) => key.startsWith(prefix));
    found.sort((a, b) => (a.key < b.key ? -1 : 1));
    return found.map((stored) => this.#decode<T>(stored));
  }

  /** Whether there are so many objects under `/registry/<resource>/`, and every one is so. */
  isEvery<T>(resource: string, count: number, isSo: (object: T) => boolean): boolean {
    const { objects } = this.#kind(resource);
    if (objects.size !== count) return false;
    for (const stored of objects.values()) if (!isSo(this.#decode<T>(stored))) return false;
    return true;
  }

  get<T>(key: string): T | undefined {
    const found = this.objects.get(key);
    return found === undefined ? undefined : this.#decode<T>(found);
  }

  /** The revision of the last change under `/registry/pods/` and the like. */
  changedAt(prefix: string): number {
    return this.#kind(prefix).revision;
  }

  #decode<T>(stored: StoredObject): T {
    const known = this.#parsed.get(stored);
    const object = (known ?? JSON.parse(stored.value)) as T;
    if (known === undefined) this.#parsed.set(stored, object);
    return object;
  }

  get leader(): string | undefined {
    let best: [string, MemberView] | undefined;
    for (const entry of this.members)
      if (entry[1].role === 'leader' && (best === undefined || entry[1].term > best[1].term)) best = entry;
    return best?.[0];
  }
}
