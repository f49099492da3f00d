// Models apiserver/pkg/util/flowcontrol/dropped_requests_tracker.go: the more is refused, the longer clients are sent away.

const LONGEST_SECONDS = 32;

interface Second {
  readonly second: number;
  readonly requests: number;
}

/** Of one priority level. Times in whole seconds. */
export class DroppedRequests {
  #history: Second[] = [];
  #current: Second = { second: 0, requests: 0 };
  #retryAfter = 1;
  #raised = 0;

  /** Seconds after which to try again. */
  get retryAfter(): number {
    return this.#retryAfter;
  }

  record(second: number): void {
    if (second === this.#current.second) {
      this.#current = { second, requests: this.#current.requests + 1 };
      return;
    }
    const before = this.#current;
    this.#history = [...this.#history, before].filter((each) => before.second - each.second <= LONGEST_SECONDS);
    this.#current = { second, requests: 1 };
    this.#adjust(second);
  }

  #adjust(second: number): void {
    const after = this.#retryAfter;
    const dropped = this.#history
      .filter((each) => each.second < second && second - each.second <= after)
      .reduce((sum, { requests }) => sum + requests, 0);
    if (second - this.#raised >= after && dropped >= 3 * after) {
      this.#retryAfter = Math.min(LONGEST_SECONDS, 2 * after);
      this.#raised = second;
    } else if (dropped < after && after > 1) this.#retryAfter = after - 1;
  }
}
