import type { Env } from '../../sim/env.ts';
import { MINUTE } from '../../lib/time.ts';

/** What has to be done once after the start, in the order in which it is reported. */
export const START_HOOKS = [
  'start-system-namespaces-controller',
  'start-kube-apiserver-identity-lease-controller',
  'start-service-ip-repair-controllers',
  'rbac/bootstrap-roles',
  'scheduling/bootstrap-system-priority-classes',
  'priority-and-fairness-config-producer',
  'bootstrap-controller',
  'start-kubernetes-service-cidr-controller',
] as const;

export type StartHook = (typeof START_HOOKS)[number];

/** Longer than any request waits. */
const PATIENCE = MINUTE;

export class StartHooks {
  readonly #env: Env;
  readonly #pending = new Set<StartHook>(START_HOOKS);
  readonly #waiting = new Map<StartHook, Set<() => void>>();

  constructor(env: Env) {
    this.#env = env;
  }

  isPending(hook: StartHook): boolean {
    return this.#pending.has(hook);
  }

  done(hook: StartHook): void {
    if (!this.#pending.delete(hook)) return;
    const waiting = this.#waiting.get(hook) ?? [];
    this.#waiting.delete(hook);
    for (const go of waiting) go();
  }

  /** Comes back when that is done, or after a while all the same. */
  async wait(hook: StartHook): Promise<void> {
    if (!this.isPending(hook)) return;
    const { promise, resolve } = this.#env.deferred<undefined>();
    const go = (): void => {
      cancel();
      this.#waiting.get(hook)?.delete(go);
      resolve(undefined);
    };
    const cancel = this.#env.after(PATIENCE, go);
    const waiting = this.#waiting.get(hook) ?? new Set();
    waiting.add(go);
    this.#waiting.set(hook, waiting);
    await promise;
  }
}
