// Models apiserver/pkg/util/flowcontrol/fairqueuing/integrator.go and apf_controller.go's seatDemandStats.

const SMOOTHING = 0.977;

/** How many seats a level wanted over a time. */
export class SeatDemand {
  #value = 0;
  #since = 0;
  #started = 0;
  #high = 0;
  #sum = 0;
  #squares = 0;
  #smoothed = 0;

  start(value: number, now: number): void {
    this.#smoothed = 0;
    this.#begin(value, now);
  }

  set(value: number, now: number): void {
    this.#integrate(now);
    this.#value = value;
    this.#high = Math.max(this.#high, value);
  }

  /** What it was since the last time, and a new start. */
  reset(now: number): { readonly high: number; readonly smoothed: number } {
    this.#integrate(now);
    const time = now - this.#started;
    if (time > 0) {
      const average = this.#sum / time;
      const deviation = Math.sqrt(Math.max(0, this.#squares / time - average * average));
      const envelope = average + deviation;
      this.#smoothed = Math.max(envelope, SMOOTHING * this.#smoothed + (1 - SMOOTHING) * envelope);
    }
    const high = this.#high;
    this.#begin(this.#value, now);
    return { high, smoothed: this.#smoothed };
  }

  #begin(value: number, now: number): void {
    this.#value = value;
    this.#high = value;
    this.#since = now;
    this.#started = now;
    this.#sum = 0;
    this.#squares = 0;
  }

  #integrate(now: number): void {
    const time = now - this.#since;
    this.#sum += this.#value * time;
    this.#squares += this.#value * this.#value * time;
    this.#since = now;
  }
}
