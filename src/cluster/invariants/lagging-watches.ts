import { SECOND, type Micros } from '../../sim/env.ts';
import type { TraceEvent } from '../../sim/trace.ts';
import type { Commit } from './commit.ts';

/** A watch that has not told of a commit for so long lags. */
const PROMPT: Micros = SECOND;
/** How long it takes to act on what was believed before the watch caught up. */
const AFTERMATH: Micros = 5 * SECOND;

/** Tells when the leading controller manager acts on old knowledge: its watches hung on a server that is gone, say. */
export class LaggingWatches {
  /** Commits of each watched kind that the leader may not have seen, oldest first. */
  readonly #unseen = new Map<string, { readonly revision: number; readonly at: Micros }[]>();
  readonly #beliefs = new Map<string, number>();
  #leader = '';
  #lagged: Micros = -AFTERMATH;

  constructor(resources: readonly string[]) {
    for (const resource of resources) this.#unseen.set(resource, []);
  }

  fold(event: TraceEvent, commit: Commit | undefined): void {
    if (commit !== undefined) {
      for (const { key } of commit.changes)
        this.#unseen.get(key.split('/')[2] ?? '')?.push({ revision: commit.revision, at: event.at });
    }
    if (event.kind !== 'note') return;
    const { note } = event;
    if (note.type === 'lease' && note.lease.endsWith('/kube-controller-manager') && note.state === 'acquired')
      this.#leader = event.source;
    if (note.type !== 'belief') return;
    const unseen = this.#unseen.get(note.resource);
    if (unseen === undefined) return;
    const revision = Number(note.resourceVersion);
    if (event.source === this.#leader && this.#lags(note.resource, event.at)) this.#lagged = event.at;
    this.#beliefs.set(`${event.source} ${note.resource}`, revision);
    // The slowest that matters is the leader; candidates that lag behind are judged once they lead.
    if (unseen.length > 5000) unseen.splice(0, 2500);
  }

  #lags(resource: string, now: Micros): boolean {
    const seen = this.#beliefs.get(`${this.#leader} ${resource}`) ?? 0;
    const first = this.#unseen.get(resource)?.find(({ revision }) => revision > seen);
    return first !== undefined && first.at < now - PROMPT;
  }

  /** Whether the leader lags, or did a moment ago. */
  lagging(now: Micros): boolean {
    if ([...this.#unseen.keys()].some((resource) => this.#lags(resource, now))) this.#lagged = now;
    return now < this.#lagged + AFTERMATH;
  }
}
