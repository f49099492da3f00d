// What one change of one key left behind. Models server/storage/mvcc (revision.go, key_index.go).
import type { KeyValue } from '../../../api/etcd.ts';

export interface Change {
  readonly main: number;
  readonly sub: number;
  readonly key: string;
  /** undefined: a tombstone, which ends a generation of the key. */
  readonly kv: KeyValue | undefined;
  /** Cause id of the request that made it. */
  readonly cause: string | undefined;
}

/** All changes of one key that are not compacted, oldest first: generations, each but the last one ended by a tombstone. */
export class KeyIndex {
  private changes: Change[] = [];

  get empty(): boolean {
    return this.changes.length === 0;
  }

  add(change: Change): void {
    this.changes.push(change);
  }

  latest(): KeyValue | undefined {
    return this.changes.at(-1)?.kv;
  }

  /** As of the given main revision. */
  at(main: number): KeyValue | undefined {
    return this.changes[this.positionAt(main)]?.kv;
  }

  /**
   * Forgets what no reader at `main` or later can see: all before the last change up to there, and that one as well if the
   * key was gone by then.
   */
  compact(main: number): void {
    const at = this.positionAt(main);
    if (at < 0) return;
    this.changes = this.changes.slice(this.changes[at]?.kv === undefined ? at + 1 : at);
  }

  keeps(change: Change): boolean {
    return this.changes[this.positionAt(change.main)] === change;
  }

  private positionAt(main: number): number {
    const last = this.changes.length - 1;
    if (last < 0 || (this.changes[last]?.main ?? 0) <= main) return last;
    let low = 0;
    let high = last;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.changes[middle]?.main ?? 0) <= main) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}
