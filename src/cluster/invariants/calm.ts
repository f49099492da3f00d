import { SECOND, type Micros } from '../../sim/env.ts';
import type { TraceEvent } from '../../sim/trace.ts';

/** After the last fault began or ended: leases run out, informers back off, machines boot. */
const RECOVERY: Micros = 90 * SECOND;

/** Since when nothing has been broken: what must come about soon is judged only then. */
export class Calm {
  readonly #active = new Set<string>();
  #disturbed: Micros = 0;

  fold(event: TraceEvent): void {
    if (event.kind !== 'fault') return;
    this.#disturbed = event.at;
    if (event.state === 'injected' && !event.command.startsWith('kill')) this.#active.add(event.id);
    if (event.state === 'healed' || event.command.startsWith('power-on')) this.#active.delete(event.id);
  }

  /** When the cluster had recovered from the last fault; undefined: one still lasts, or did a moment ago. */
  since(now: Micros): Micros | undefined {
    const recovered = this.#disturbed + RECOVERY;
    return this.#active.size > 0 || now < recovered ? undefined : recovered;
  }
}
