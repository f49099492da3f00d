import type { Lease, LeaseSpec } from '../api/types.gen.ts';
import { formatMicroTime } from '../lib/time.ts';
import { SECOND } from '../sim/env.ts';
import type { Cancel, Env, Micros } from '../sim/env.ts';
import { RpcFailure } from '../sim/http.ts';
import { ApiError } from './client.ts';
import type { Client } from './client.ts';
import type { LeaderElectionOptions, RunLeaderElection } from './contract.ts';
import { Leases } from './resources.ts';

/** Waits between attempts to acquire vary up to 1 + this many tenths of the retry period. */
const JITTER_TENTHS = 12;

/** Models client-go/tools/leaderelection with a Lease lock. */
export const runLeaderElection: RunLeaderElection = (env, client, options) => {
  const retryPeriod = options.retryPeriod ?? 2 * SECOND;
  const renewDeadline = options.renewDeadline ?? 10 * SECOND;
  const lock = createLock(env, client, options);
  const name = `${options.namespace}/${options.lease}`;

  env.spawn(async () => {
    while (!(await lock.tryAcquireOrRenew())) {
      await env.sleep(retryPeriod + env.random.below(Math.floor((retryPeriod * JITTER_TENTHS) / 10)));
    }
    env.trace({ type: 'lease', lease: name, holder: options.identity, state: 'acquired' });
    record(options, lock.observed(), 'became leader');
    options.onStartedLeading();
    await holdOn();
    env.trace({ type: 'lease', lease: name, holder: options.identity, state: 'lost' });
    record(options, lock.observed(), 'stopped leading');
    options.onStoppedLeading();
  });

  /** Resolves when no renewal has succeeded within the deadline. */
  async function holdOn(): Promise<void> {
    for (;;) {
      await env.sleep(retryPeriod);
      if (!(await renewWithin(renewDeadline))) return;
    }
  }

  function renewWithin(deadline: Micros): Promise<boolean> {
    const done = env.deferred<boolean>();
    let over = false;
    const cancel: Cancel = env.after(deadline, () => finish(false));
    function finish(renewed: boolean): void {
      if (over) return;
      over = true;
      cancel();
      done.resolve(renewed);
    }
    env.spawn(async () => {
      while (!over) {
        if (await lock.tryAcquireOrRenew()) return finish(true);
        await env.sleep(retryPeriod);
      }
    });
    return done.promise;
  }
};

interface Lock {
  /** False when another holds the lease or the API could not be asked. */
  tryAcquireOrRenew(): Promise<boolean>;
  observed(): Lease | undefined;
}

function createLock(env: Env, client: Client, options: LeaderElectionOptions): Lock {
  const { lease: name, namespace, identity } = options;
  const duration = options.leaseDuration ?? 15 * SECOND;
  let observed: Lease | undefined;
  /** By this host's monotonic clock: the holder's own times are never compared with ours. */
  let observedAt: Micros = 0;
  let reported = '';

  const holder = (): string => observed?.spec.holderIdentity ?? '';
  const stillHeld = (): boolean =>
    holder() !== '' && observedAt + (observed?.spec.leaseDurationSeconds ?? 0) * SECOND > env.uptime();

  function observe(lease: Lease): void {
    const changed = observed === undefined || JSON.stringify(observed.spec) !== JSON.stringify(lease.spec);
    observed = lease;
    if (changed) observedAt = env.uptime();
    if (holder() === reported) return;
    reported = holder();
    options.onNewLeader?.(reported);
  }

  function specAt(now: string, previous: LeaseSpec | undefined): LeaseSpec {
    const mine = previous?.holderIdentity === identity;
    return {
      ...previous,
      holderIdentity: identity,
      leaseDurationSeconds: Math.floor(duration / SECOND),
      acquireTime: (mine ? previous.acquireTime : undefined) ?? now,
      renewTime: now,
      leaseTransitions: previous === undefined ? 0 : (previous.leaseTransitions ?? 0) + (mine ? 0 : 1),
    };
  }

  async function create(): Promise<void> {
    const spec = specAt(formatMicroTime(env.now()), undefined);
    observe(
      await client.create(Leases, {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { name, namespace },
        spec,
      }),
    );
  }

  async function update(lease: Lease): Promise<void> {
    observe(await client.update(Leases, { ...lease, spec: specAt(formatMicroTime(env.now()), lease.spec) }));
  }

  /** A leader whose view is current renews without reading first. */
  async function renewFast(): Promise<boolean> {
    if (observed === undefined || holder() !== identity || !stillHeld()) return false;
    try {
      await update(observed);
      return true;
    } catch (error) {
      return unlessWorld(error);
    }
  }

  async function readThenWrite(): Promise<boolean> {
    try {
      const found = await read();
      if (found === undefined) {
        await create();
        return true;
      }
      observe(found);
      if (stillHeld() && holder() !== identity) return false;
      await update(found);
      return true;
    } catch (error) {
      return unlessWorld(error);
    }
  }

  async function read(): Promise<Lease | undefined> {
    try {
      return await client.get(Leases, name, namespace);
    } catch (error) {
      if (error instanceof ApiError && error.reason === 'NotFound') return undefined;
      throw error;
    }
  }

  return {
    tryAcquireOrRenew: async () => (await renewFast()) || (await readThenWrite()),
    observed: () => observed,
  };
}

function unlessWorld(error: unknown): false {
  if (error instanceof ApiError || error instanceof RpcFailure) return false;
  throw error;
}

function record(options: LeaderElectionOptions, lease: Lease | undefined, what: string): void {
  if (lease !== undefined) options.recorder?.event(lease, 'Normal', 'LeaderElection', `${options.identity} ${what}`);
}
