import type { ProgramTable } from '../env.ts';
import { ProcessRunner } from '../process-runner.ts';
import type { Delivery } from '../wire.ts';
import { createHop } from './hop.ts';
import type { Placement } from './placement.ts';

/** Everything in this thread: for tests, replay and fast-forward. */
export function createInThread(programs: ProgramTable): Placement {
  const runner = new ProcessRunner(programs, createHop());
  const groups = new Map<string, number>();
  return {
    name: 'in-thread',
    run(deliveries, observed) {
      count(groups, deliveries);
      const results = runner.run(deliveries, observed);
      return results instanceof Promise ? results.then((all) => ({ results: all })) : { results };
    },
    end(group) {
      runner.drop(group);
      groups.delete(group);
    },
    workers: () => [...groups].map(([group, events]) => ({ worker: group, groups: [group], events })),
    terminate(worker) {
      if (!groups.delete(worker)) return [];
      runner.drop(worker);
      return [worker];
    },
    stop() {
      for (const group of groups.keys()) runner.drop(group);
      groups.clear();
    },
  };
}

export function count(groups: Map<string, number>, deliveries: readonly Delivery[]): void {
  for (const { group } of deliveries) groups.set(group, (groups.get(group) ?? 0) + 1);
}
