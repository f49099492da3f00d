// The write-ahead log and the snapshots on this machine's disk. Models server/storage (wal, snap)
import type { Disk } from '../../../sim/env.ts';
import type { Entry, HardState, Restored, Snapshot } from '../raft/types.ts';
import { NONE } from '../raft/types.ts';
import { entryText } from './entry-text.ts';
import { decodeWal, encodeRecord, WalError, type WalRecord } from './wal.ts';

/** Which member of which cluster the directory belongs to: the first record of each log, as in upstream's. */
export interface Metadata {
  readonly memberId: string;
  readonly clusterId: string;
}

export class Storage {
  private readonly disk: Disk;
  private readonly directory: string;
  private segment = '';
  /** Sum of all records of the segment. */
  private sum = 0;
  private hardState: HardState = { term: 0, vote: NONE, commit: 0 };
  private metadata: Metadata | undefined;

  constructor(disk: Disk, dataDir: string) {
    this.disk = disk;
    this.directory = `${dataDir}/member`;
  }

  /** The newest snapshot and what the log holds after it. Throws a WalError when the log is damaged. */
  load(report: Report = () => undefined): Restored {
    const snapshot = this.newestSnapshot();
    this.segment = this.segmentOf(snapshot?.index ?? 0);
    const entries: Entry[] = [];
    const first = (snapshot?.index ?? 0) + 1;
    for (const line of this.readSegment(report)) {
      const record = parseRecord(line);
      if (record === undefined) throw new WalError(`unexpected block type ${line.kind}`);
      if ('metadata' in record) this.metadata = record.metadata;
      else if ('hardState' in record) this.hardState = record.hardState;
      else {
        entries.length = Math.min(entries.length, Math.max(0, record.entry.index - first));
        entries.push(record.entry);
      }
    }
    const last = first - 1 + entries.length;
    const hardState = { ...this.hardState, commit: Math.min(this.hardState.commit, last) };
    return { hardState, snapshot, entries, applied: snapshot?.index ?? 0 };
  }

  /** Known once it is loaded; undefined: there is no log here yet. */
  get owner(): Metadata | undefined {
    return this.metadata;
  }

  /** Begins the log of a new member. */
  create(metadata: Metadata): boolean {
    this.metadata = metadata;
    return this.disk.append(this.segment, this.encode([metadataRecord(metadata)]));
  }

  /** A record that a power-off cut short was never acknowledged: it is cut off. */
  private readSegment(report: Report): readonly WalRecord[] {
    const path = this.segment;
    const text = this.disk.read(path) ?? '';
    const { records, sum, valid } = decodeWal(path, text);
    this.sum = sum;
    if (valid === text.length) return records;
    report('repairing', { path });
    this.disk.write(`${path}.broken`, text);
    this.disk.write(path, text.slice(0, valid));
    report('repaired', { path, error: 'unexpected EOF' });
    return records;
  }

  /** Written, and not durable before the next fsync is done. False: there is no room, and nothing was written. */
  save(hardState: HardState | undefined, entries: readonly Entry[]): boolean {
    const records = entries.map(entryRecord);
    if (hardState !== undefined) {
      this.hardState = hardState;
      records.push(hardStateRecord(hardState));
    }
    return records.length === 0 || this.disk.append(this.segment, this.encode(records));
  }

  /** From here on the log begins after the snapshot, with `tail`. Once that is durable, `forgetOld` may follow. */
  saveSnapshot(snapshot: Snapshot, tail: readonly Entry[]): boolean {
    if (!this.disk.write(this.snapshotPath(snapshot), JSON.stringify(snapshot))) return false;
    this.segment = this.segmentOf(snapshot.index);
    this.sum = 0;
    const head = this.metadata === undefined ? [] : [metadataRecord(this.metadata)];
    const records = [...head, hardStateRecord(this.hardState), ...tail.map(entryRecord)];
    return this.disk.write(this.segment, this.encode(records));
  }

  get walPath(): string {
    return this.segment;
  }

  private encode(records: readonly WalRecord[]): string {
    let text = '';
    for (const record of records) {
      const { line, sum } = encodeRecord(record, this.sum);
      this.sum = sum;
      text += line;
    }
    return text;
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

export type Report = (message: string, fields: Readonly<Record<string, string>>) => void;

function entryRecord(entry: Entry): WalRecord {
  return { kind: 'E', text: entryText(entry) };
}

function hardStateRecord(hardState: HardState): WalRecord {
  return { kind: 'H', text: JSON.stringify(hardState) };
}

function metadataRecord(metadata: Metadata): WalRecord {
  return { kind: 'M', text: JSON.stringify(metadata) };
}

function padded(value: number): string {
  return value.toString(16).padStart(16, '0');
}

type Parsed =
  { readonly entry: Entry } | { readonly hardState: HardState } | { readonly metadata: Metadata } | undefined;

function parseRecord({ kind, text }: WalRecord): Parsed {
  if (kind === 'M') return { metadata: JSON.parse(text) as Metadata };
  if (kind === 'E') return { entry: JSON.parse(text) as Entry };
  if (kind === 'H') return { hardState: JSON.parse(text) as HardState };
  return undefined;
}

function parseSnapshot(text: string): Snapshot | undefined {
  try {
    return JSON.parse(text) as Snapshot;
  } catch {
    return undefined;
  }
}
