import { SECOND, type Micros } from './env.ts';
import { deliver, tellProcesses, type Host, type Process, type World } from './kernel-world.ts';
import { hash32 } from './random.ts';
import type { DiskOp } from './wire.ts';

/** What a machine's disk holds: `current` is what its processes see, `durable` is what a power-off leaves. */
export interface HostDisk {
  current: Map<string, string>;
  readonly durable: Map<string, string>;
  /** Last writer's group, by path: a file has one owner. */
  readonly owners: Map<string, string>;
  /** Paths written since their writer's last fsync, with the time of the last write. */
  readonly dirty: Map<string, Dirty>;
  /** The device works on one fsync at a time. */
  busyUntil: Micros;
  readonly fsyncLatency: Micros;
  /** Added by faults. */
  slowness: Micros;
  /** How many faults leave no room on it. */
  full: number;
  /** Cuts the power in the middle of the next fsync. */
  tear: ((world: World) => void) | undefined;
}

interface Dirty {
  readonly by: number;
  readonly at: Micros;
}

const DEFAULT_FSYNC: Micros = 2_000;
/** Linux writes back what nobody synced after vm.dirty_expire_centisecs. */
const WRITEBACK_AFTER: Micros = 30 * SECOND;

export function createDisk(files: Readonly<Record<string, string>> | undefined, fsyncLatency?: Micros): HostDisk {
  const entries = Object.entries(files ?? {});
  return {
    current: new Map(entries),
    durable: new Map(entries),
    owners: new Map(),
    dirty: new Map(),
    busyUntil: 0,
    fsyncLatency: fsyncLatency ?? DEFAULT_FSYNC,
    slowness: 0,
    full: 0,
    tear: undefined,
  };
}

export function applyDiskOp(world: World, process: Process, op: DiskOp, at: Micros): void {
  const disk = process.host.disk;
  const touch = (path: string): void => {
    disk.dirty.set(path, { by: process.uid, at });
    disk.owners.set(path, process.group);
  };
  touch(op.path);
  switch (op.op) {
    case 'write':
      disk.current.set(op.path, op.text);
      return;
    case 'append':
      disk.current.set(op.path, (disk.current.get(op.path) ?? '') + op.text);
      return;
    case 'remove':
      disk.current.delete(op.path);
      return;
    case 'rename': {
      const text = disk.current.get(op.path);
      disk.current.delete(op.path);
      if (text !== undefined) disk.current.set(op.to, text);
      touch(op.to);
      return;
    }
  }
}

/** Makes what the process has written durable; it learns of it when the device is done. */
export function fsync(world: World, process: Process, id: number, askedAt: Micros): void {
  const disk = process.host.disk;
  const boot = process.host.boots;
  const snapshot: [string, string | undefined][] = [];
  for (const [path, dirty] of disk.dirty) {
    if (dirty.by !== process.uid) continue;
    snapshot.push([path, disk.current.get(path)]);
    disk.dirty.delete(path);
  }
  const { tear } = disk;
  if (tear !== undefined && tearLast(world, disk, snapshot, tear)) return;
  const done = Math.max(askedAt, disk.busyUntil) + disk.fsyncLatency + disk.slowness;
  disk.busyUntil = Math.max(done, world.now);
  world.queue.schedule(disk.busyUntil, () => {
    // Powered off meanwhile: nothing of it reached the medium.
    if (!process.host.on || process.host.boots !== boot) return;
    for (const [path, text] of snapshot) settle(disk, path, text);
    world.trace.record(process.id, { kind: 'fsync', process: process.id, took: world.now - askedAt });
    deliver(world, process, { kind: 'fsynced', id });
  });
}

/** All is durable but half of what was appended last, and the power is gone. False: nothing was appended, so nothing can be torn. */
function tearLast(
  world: World,
  disk: HostDisk,
  snapshot: readonly [string, string | undefined][],
  tear: (world: World) => void,
): boolean {
  const [path, text] = snapshot.at(-1) ?? [];
  const before = path === undefined ? undefined : disk.durable.get(path);
  if (path === undefined || text === undefined || before === undefined) return false;
  const added = text.length - before.length;
  if (added < 2 || !text.startsWith(before)) return false;
  for (const [other, whole] of snapshot) settle(disk, other, whole);
  settle(disk, path, text.slice(0, before.length + Math.floor(added / 2)));
  disk.tear = undefined;
  tear(world);
  return true;
}

/** Flips a bit of the last line: both in what its next reader finds and in what a power-off leaves. */
export function corruptFile(world: World, host: Host, path: string): void {
  const { current, durable } = host.disk;
  for (const files of [current, durable]) {
    const text = files.get(path);
    if (text !== undefined) files.set(path, flipBit(world, text));
  }
}

function flipBit(world: World, text: string): string {
  const end = text.endsWith('\n') ? text.length - 1 : text.length;
  const start = text.lastIndexOf('\n', end - 1) + 1;
  if (start >= end) return text;
  const at = start + (hash32(world.seed, text.slice(start, end), text.length) % (end - start));
  return text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ 1) + text.slice(at + 1);
}

export function setDiskFull(world: World, host: Host, by: 1 | -1): void {
  const { disk } = host;
  const before = disk.full > 0;
  disk.full += by;
  const full = disk.full > 0;
  if (full !== before) tellProcesses(world, host, { kind: 'disk-full', full });
}

function settle(disk: HostDisk, path: string, text: string | undefined): void {
  if (text === undefined) disk.durable.delete(path);
  else disk.durable.set(path, text);
}

/** The machine lost power: what was not durable is gone. */
export function loseUnsynced(world: World, disk: HostDisk): void {
  for (const [path, dirty] of disk.dirty) {
    if (world.now - dirty.at >= WRITEBACK_AFTER) settle(disk, path, disk.current.get(path));
  }
  disk.dirty.clear();
  disk.owners.clear();
  disk.current = new Map(disk.durable);
  disk.busyUntil = 0;
}

/** The files that a new group of the host sees: all but those which another living group of a process of its own has written. */
export function filesFor(world: World, disk: HostDisk, group: string, hostGroup: string): Record<string, string> {
  const files: Record<string, string> = {};
  for (const [path, text] of disk.current) {
    const owner = disk.owners.get(path);
    const foreign = owner !== undefined && owner !== group && owner !== hostGroup && (world.groups.get(owner) ?? 0) > 0;
    if (!foreign) files[path] = text;
  }
  return files;
}

/** What other groups wrote since the machine was powered on: files there are, and files that are gone. */
export function filesOfOthers({ host, group }: Process): { files: Record<string, string>; gone: string[] } {
  const { disk } = host;
  const files: Record<string, string> = {};
  const gone: string[] = [];
  for (const [path, owner] of disk.owners) {
    if (owner === group) continue;
    const text = disk.current.get(path);
    if (text === undefined) gone.push(path);
    else files[path] = text;
  }
  return { files, gone };
}
