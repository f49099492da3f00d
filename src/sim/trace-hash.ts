/** A 64-bit incremental hash (two 32-bit lanes with different constants). Order matters, engines do not. */
export class TraceHash {
  #a = 0x811c9dc5;
  #b = 0x9747b28c;

  number(value: number): void {
    const low = value | 0;
    const high = ((value - (value >>> 0)) / 0x100000000) | 0;
    this.#a = Math.imul(rotate(this.#a ^ low, 5), 0x01000193) ^ high;
    this.#b = (Math.imul(rotate(this.#b ^ high ^ low, 13), 0x85ebca6b) + 0x165667b1) | 0;
  }

  text(value: string): void {
    let a = this.#a;
    let b = this.#b;
    const pairs = value.length & ~1;
    for (let i = 0; i < pairs; i += 2) {
      const unit = value.charCodeAt(i) | (value.charCodeAt(i + 1) << 16);
      a = Math.imul(a ^ unit, 0x01000193);
      a ^= a >>> 15;
      b = Math.imul(b ^ unit, 0x5bd1e995) + 0x27d4eb2f;
      b ^= b >>> 15;
    }
    if (pairs < value.length) {
      const unit = value.charCodeAt(pairs);
      a = Math.imul(a ^ unit, 0x01000193);
      b = Math.imul(b ^ unit, 0x5bd1e995) + 0x27d4eb2f;
      b ^= b >>> 15;
    }
    this.#a = Math.imul(a ^ value.length, 0x01000193);
    this.#b = rotate((b + value.length) | 0, 17);
  }

  /** Sixteen hexadecimal digits. */
  hex(): string {
    return lane(this.#a) + lane(this.#b);
  }
}

function lane(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}
