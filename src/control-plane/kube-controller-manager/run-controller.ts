import type { KubeObject } from '../../api/types.gen.ts';
import type { Informer, Key } from '../../client/contract.ts';
import type { Resource } from '../../client/resources.ts';
import { createWorkQueue } from '../../client/work-queue.ts';
import { controllerOf } from '../../api/owner-references.ts';
import { keyOf } from './controller.ts';
import type { Controller, ControllerContext, ControllerProgram } from './controller.ts';
import { createPerformer } from './perform.ts';

/** Upstream's default for `--concurrent-*-syncs`. */
const WORKERS = 5;

/** Makes a program of a control loop: informers wake keys, a queue works on them, the plan is performed. */
export function controller<T extends KubeObject, M>(spec: Controller<T, M>): ControllerProgram {
  return { name: spec.name, start: (context) => start(spec, context) };
}

function start<T extends KubeObject, M>(spec: Controller<T, M>, context: ControllerContext): void {
  const { env, informers, cache, flags } = context;
  const memories = new Map<Key, M>();
  const performer = createPerformer(context, spec.name, context.recorder(spec.component ?? spec.name));
  const own = spec.reconciles === undefined ? undefined : informers.for(spec.reconciles);
  const queue = createWorkQueue(env, { name: spec.name, workers: spec.workers ?? WORKERS, work });

  async function work(key: Key): Promise<void> {
    if (!performer.isCurrent(key, () => queue.add(key))) return;
    const plan = spec.reconcile({
      key,
      object: own?.get(key),
      cache,
      memory: memories.get(key),
      now: env.now(),
      uptime: env.uptime(),
      flags,
    });
    if (plan.memory === undefined) memories.delete(key);
    else memories.set(key, plan.memory);
    if (plan.again !== undefined) queue.addAfter(key, plan.again);
    if (plan.writes.length > 0) await perform(key, plan.writes);
  }

  async function perform(key: Key, writes: Parameters<typeof performer.perform>[1]): Promise<void> {
    const note = { type: 'reconcile', controller: spec.name, key, writes: writes.length } as const;
    try {
      await performer.perform(key, writes);
      env.trace(note);
      // The writes come back through the informers; a plan that has more to do goes on once they are seen.
      if (performer.isHolding(key)) queue.add(key);
    } catch (error) {
      env.trace({ ...note, error: error instanceof Error ? error.message : String(error) });
      throw error;
    }
  }

  function wakeOn(
    informer: Informer<KubeObject>,
    keys: (object?: KubeObject, old?: KubeObject) => readonly Key[],
  ): void {
    informer.onChange((object, old) => {
      for (const key of keys(object, old)) queue.add(key);
    });
  }

  for (const resource of spec.reads ?? []) informers.for(resource);
  const sources = [
    own,
    ...[...(spec.owns ?? []), ...(spec.watches ?? []).map((watch) => watch.resource)].map(informerOf),
  ];
  function informerOf(resource: Resource): Informer<KubeObject> {
    return informers.for(resource);
  }
  let missing = 0;
  const go = (): void => {
    own?.onChange((object, old) => queue.add(keyOf(object ?? (old as T))));
    for (const resource of spec.owns ?? [])
      wakeOn(informers.for(resource), (object, old) => ownerKeys(spec, object, old));
    for (const watch of spec.watches ?? []) {
      wakeOn(informers.for(watch.resource), (object, old) => watch.keys(object, old, cache));
    }
    if (own === undefined) queue.add('');
  };
  const needed = [...sources, ...(spec.reads ?? []).map(informerOf)].filter((informer) => informer !== undefined);
  missing = needed.length;
  for (const informer of needed) {
    informer.whenSynced(() => {
      missing--;
      if (missing === 0) go();
    });
  }
}

/** The controllers, old and new, of an object that changed. */
function ownerKeys(
  spec: { readonly reconciles?: Resource },
  object: KubeObject | undefined,
  old: KubeObject | undefined,
): readonly Key[] {
  const keys = new Set<Key>();
  for (const state of [old, object]) {
    if (state === undefined) continue;
    const owner = controllerOf(state);
    if (owner === undefined || owner.kind !== spec.reconciles?.kind) continue;
    const { namespace } = state.metadata;
    keys.add(namespace === undefined ? owner.name : `${namespace}/${owner.name}`);
  }
  return [...keys];
}
