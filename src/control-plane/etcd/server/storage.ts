// The write-ahead log and the snapshots on this machine's disk. Models server/storage (wal, snap)
import type { Disk } from '../../../sim/env.ts';
import type { Entry, HardState, Restored, Snapshot } from '../raft/types.ts';
import { NONE } from '../raft/types.ts';
import { entryText } from './entry-text.ts';

export class Storage {
  private readonly disk: Disk;
  private readonly directory: string;
  private segment = '';
  private hardState: HardState = { term: 0, vote: NONE, commit: 0 };

  constructor(disk: Disk, dataDir: string) {
    this.disk = disk;
    this.directory = `${dataDir}/member`;
  }

  /** The newest snapshot and what the log holds after it. A line that was cut off by a crash ends the log. */
  load(): Restored {
    const snapshot = this.newestSnapshot();
    this.segment = this.segmentOf(snapshot?.index ?? 0);
    const entries: Entry[] = [];
    const first = (snapshot?.index ?? 0) + 1;
    for (const line of (this.disk.read(this.segment) ?? '').split('\n')) {
      const record = parseRecord(line);
      if (record === undefined) break;
      if ('hardState' in record) this.hardState = record.hardState;
      else {
        entries.length = Math.min(entries.length, Math.max(0, record.entry.index - first));
        entries.push(record.entry);
      }
    }
    const last = first - 1 + entries.length;
    const hardState = { ...this.hardState, commit: Math.min(this.hardState.commit, last) };
    return { hardState, snapshot, entries, applied: snapshot?.index ?? 0 };
  }

  /** Written, and not durable before the next fsync is done. */
  save(hardState: HardState | undefined, entries: readonly Entry[]): void {
    let text = '';
    for (const entry of entries) text += `E${entryText(entry)}\n`;
    if (hardState !== undefined) {
      this.hardState = hardState;
      text += hardStateLine(hardState);
    }
    if (text !== '') this.disk.append(this.segment, text);
  }

  /** From here on the log begins after the snapshot, with `tail`. Once that is durable, `forgetOld` may follow. */
  saveSnapshot(snapshot: Snapshot, tail: readonly Entry[]): void {
    this.disk.write(this.snapshotPath(snapshot), JSON.stringify(snapshot));
    this.segment = this.segmentOf(snapshot.index);
    const lines = tail.map((entry) => `E${entryText(entry)}\n`);
    this.disk.write(this.segment, `${hardStateLine(this.hardState)}${lines.join('')}`);
  }

  forgetOld(snapshot: Snapshot): void {
    const keep = this.snapshotPath(snapshot);
    for (const path of this.disk.list(`${this.directory}/`)) {
      const older = path.endsWith('.snap') ? path < keep : path < this.segmentOf(snapshot.index);
      if (older) this.disk.remove(path);
    }
  }

  private newestSnapshot(): Snapshot | undefined {
    for (const path of [...this.disk.list(`${this.directory}/snap/`)].reverse()) {
      const snapshot = parseSnapshot(this.disk.read(path) ?? '');
      if (snapshot !== undefined) return snapshot;
    }
    return undefined;
  }

  private snapshotPath({ term, index }: Snapshot): string {
    return `${this.directory}/snap/${padded(term)}-${padded(index)}.snap`;
  }

  private segmentOf(index: number): string {
    return `${this.directory}/wal/${padded(index)}.wal`;
  }
}

function hardStateLine(hardState: HardState): string {
  return `H${JSON.stringify(hardState)}\n`;
}

function padded(value: number): string {
  return value.toString(16).padStart(16, '0');
}

function parseRecord(line: string): { readonly entry: Entry } | { readonly hardState: HardState } | undefined {
  try {
    if (line.startsWith('E')) return { entry: JSON.parse(line.slice(1)) as Entry };
    if (line.startsWith('H')) return { hardState: JSON.parse(line.slice(1)) as HardState };
  } catch {
    return undefined;
  }
  return undefined;
}

function parseSnapshot(text: string): Snapshot | undefined {
  try {
    return JSON.parse(text) as Snapshot;
  } catch {
    return undefined;
  }
}
