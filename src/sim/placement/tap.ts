import type { Placement, WindowOutcome } from './placement.ts';
import type { Delivery } from '../wire.ts';

/**
 * Hears what one program prints as soon as it has been computed, without the cost of observing the whole run. Changes
 * nothing of what the placement computes.
 */
export function tapOutput(placement: Placement, program: string, hear: (text: string) => void): Placement {
  const processes = new Set<number>();
  const notice = (deliveries: readonly Delivery[]): void => {
    for (const { to, event } of deliveries) {
      if (event.kind === 'start' && event.start.program === program) processes.add(to);
    }
  };
  const listen = (outcome: WindowOutcome): WindowOutcome => {
    for (const { process, effects } of outcome.results) {
      if (!processes.has(process)) continue;
      for (const effect of effects) if (effect.kind === 'print' && effect.stream === 'stdout') hear(effect.text);
    }
    return outcome;
  };
  return {
    name: placement.name,
    run(deliveries, observed) {
      notice(deliveries);
      const outcome = placement.run(deliveries, observed);
      return outcome instanceof Promise ? outcome.then(listen) : listen(outcome);
    },
    paced: (watched) => placement.paced?.(watched),
    end: (group) => placement.end(group),
    workers: () => placement.workers(),
    terminate: (worker) => placement.terminate(worker),
    stop: () => placement.stop(),
  };
}
