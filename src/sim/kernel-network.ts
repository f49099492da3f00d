import { LOOKAHEAD, MILLISECOND, type Micros } from './env.ts';
import type { Blocked, Host, LatencyTable, LinkFault, Listener, World } from './kernel-world.ts';
import { splitAddress, traverse, type NatContext, type NatPacket, type Verdict } from './netfilter.ts';
import { hash32 } from './random.ts';
import type { Machines } from './session.ts';

/** Links, routes and address translation between hosts. */

export function createLatencies(machines: Machines): LatencyTable {
  const known = new Map<number, Micros>();
  const rules = machines.latencies ?? [];
  return {
    between(from, to) {
      const key = from.index * 0x10000 + to.index;
      const cached = known.get(key);
      if (cached !== undefined) return cached;
      const rule = rules.find(
        ({ between: [a, b] }) =>
          (covers(a, from.name) && covers(b, to.name)) || (covers(b, from.name) && covers(a, to.name)),
      );
      const latency = from === to ? LOOKAHEAD : Math.max(LOOKAHEAD, rule?.latency ?? machines.defaultLatency);
      known.set(key, latency);
      return latency;
    },
  };
}

/** A rule names a host, or all whose names begin so: `worker-*`. */
function covers(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name;
}

export interface Passage {
  readonly latency: Micros;
  /** How much later a second copy arrives, if there is one. */
  readonly copy?: Micros;
}

/** What becomes of a packet that sets out along the path now. Decided by a hash of who sends it and which it is. */
export function sendAlong(world: World, path: readonly Host[], name: string, sequence: number): Passage | Blocked {
  const blocked = blockedAlong(world, path);
  if (blocked !== undefined) return blocked;
  let latency = path.length <= 1 ? LOOKAHEAD : 0;
  let copy: Micros | undefined;
  for (let i = 1; i < path.length; i++) {
    const from = path[i - 1];
    const to = path[i];
    if (from === undefined || to === undefined) break;
    latency += world.latencies.between(from, to);
    if (from === to || world.linkFaults.length === 0) continue;
    for (const fault of world.linkFaults) {
      if (!concerns(fault, from, to)) continue;
      const roll = hash32(world.seed, name, sequence * 16 + i);
      if (fault.loss > 0 && roll % 1_000_000 < fault.loss) return { where: [from.name, to.name], why: 'loss' };
      latency += fault.delay;
      if (fault.duplicate > 0) copy ??= copyOf(world, fault, name, sequence * 16 + i);
      if (fault.jitter > 0) latency += hash32(world.seed + 1, name, sequence * 16 + i) % (fault.jitter + 1);
    }
  }
  return copy === undefined ? { latency } : { latency, copy };
}

/** A copy comes along another way, and a good deal later. */
const MOST_BEHIND: Micros = 20 * MILLISECOND;

function copyOf(world: World, fault: LinkFault, name: string, sequence: number): Micros | undefined {
  if (hash32(world.seed + 2, name, sequence) % 1_000_000 >= fault.duplicate) return undefined;
  return hash32(world.seed + 3, name, sequence) % MOST_BEHIND;
}

/** The first link or host on the path that lets nothing through at this instant. */
export function blockedAlong(world: World, path: readonly Host[]): Blocked | undefined {
  if (world.hostsDown === 0 && world.linkFaults.length === 0) return undefined;
  for (let i = 0; i < path.length; i++) {
    const to = path[i];
    if (to === undefined) break;
    const from = path[i - 1] ?? to;
    if (!to.on || to.paused) return { where: [from.name, to.name], why: 'down' };
    if (from === to) continue;
    for (const fault of world.linkFaults) {
      if (isCut(fault) && concerns(fault, from, to)) return { where: [from.name, to.name], why: 'cut' };
    }
  }
  return undefined;
}

function isCut(fault: LinkFault): boolean {
  return fault.cut || fault.loss >= 1_000_000;
}

function concerns(fault: LinkFault, from: Host, to: Host): boolean {
  return (fault.from?.has(from.name) ?? true) && (fault.to?.has(to.name) ?? true);
}

export type Route =
  | {
      readonly kind: 'path';
      readonly path: readonly Host[];
      readonly host: Host;
      readonly ip: string;
      readonly port: number;
      readonly source: string;
      readonly loopback: boolean;
    }
  | { readonly kind: 'rejected'; readonly path: readonly Host[]; readonly reason: 'refused' | 'unreachable' }
  | { readonly kind: 'vanished'; readonly path: readonly Host[] };

/** A packet that is translated on host after host has met a loop of rules. */
const MAX_HOPS = 6;

/** Where a connection from `ip` on `host` to an address leads, through the tables of every host on its way. */
export function route(world: World, host: Host, ip: string, address: string, drawName: string): Route {
  if (address.startsWith('unix:')) {
    return { kind: 'path', path: [host], host, ip: '', port: 0, source: ip, loopback: true };
  }
  const dialled = splitAddress(address);
  const loopback = isLoopback(dialled.ip);
  const packet: NatPacket = {
    source: loopback ? '127.0.0.1' : ip,
    destination: loopback ? '127.0.0.1' : dialled.ip,
    port: dialled.port,
    mark: 0,
    masquerade: false,
  };
  const path: Host[] = [host];
  let draws = 0;
  const random = (): number => hash32(world.seed, drawName, draws++) >>> 1;
  let local = !host.podAddresses.has(ip);
  for (let at = host; path.length <= MAX_HOPS;) {
    const context: NatContext = { isLocal: (candidate) => isOwn(at, candidate), random };
    const verdict = cross(at, packet, context, local);
    if (verdict.kind === 'reject') return { kind: 'rejected', path, reason: rejection(verdict.with) };
    if (verdict.kind === 'drop') return { kind: 'vanished', path };
    if (packet.destination === '127.0.0.1') {
      return { kind: 'path', path, host: at, ip, port: packet.port, source: packet.source, loopback: true };
    }
    const next = world.addresses.get(packet.destination);
    if (next === undefined) return { kind: 'vanished', path };
    if (next === at) {
      const { destination, port, source } = packet;
      return { kind: 'path', path, host: at, ip: destination, port, source, loopback: false };
    }
    path.push(next);
    at = next;
    local = false;
  }
  return { kind: 'vanished', path };
}

/** One host's tables: as sender (OUTPUT) or on receipt (PREROUTING), then INPUT or FORWARD, then POSTROUTING. */
function cross(host: Host, packet: NatPacket, context: NatContext, sender: boolean): Verdict {
  const tables = host.tables;
  const entry = sender ? 'OUTPUT' : 'PREROUTING';
  const dnat = traverse(tables, 'nat', entry, packet, context);
  if (dnat.kind !== 'accept') return dnat;
  const staysHere = isOwn(host, packet.destination);
  if (sender) {
    const out = traverse(tables, 'filter', 'OUTPUT', packet, context);
    if (out.kind !== 'accept') return out;
  }
  if (staysHere) {
    const input = traverse(tables, 'filter', 'INPUT', packet, context);
    if (input.kind !== 'accept') return input;
  } else if (!sender) {
    const forward = traverse(tables, 'filter', 'FORWARD', packet, context);
    if (forward.kind !== 'accept') return forward;
  }
  if (staysHere && !sender) return { kind: 'accept' };
  packet.masquerade = false;
  const post = traverse(tables, 'nat', 'POSTROUTING', packet, context);
  if (packet.masquerade) packet.source = host.ip;
  packet.mark = 0;
  return post;
}

/** As connect(2) reports an ICMP answer: a port unreachable is ECONNREFUSED, others are EHOSTUNREACH. */
function rejection(kind: string): 'refused' | 'unreachable' {
  return kind === 'icmp-port-unreachable' || kind === 'tcp-reset' ? 'refused' : 'unreachable';
}

function isLoopback(ip: string): boolean {
  return ip.startsWith('127.') || ip === '0.0.0.0' || ip === 'localhost';
}

function isOwn(host: Host, ip: string): boolean {
  return ip === host.ip || isLoopback(ip) || (host.spec.extraIps?.includes(ip) ?? false);
}

/** The key under which a process's listener stands, or undefined when the address is not its own. */
export function listenKey(host: Host, processIp: string, address: string): string | undefined {
  if (address.startsWith('unix:')) return address;
  const { ip, port } = splitAddress(address);
  if (ip === '0.0.0.0' || ip === '') return processIp === host.ip ? `0.0.0.0:${port}` : `${processIp}:${port}`;
  if (isLoopback(ip)) return `${processIp}|127.0.0.1:${port}`;
  if (ip === processIp || isOwn(host, ip) || host.podAddresses.has(ip)) return `${ip}:${port}`;
  return undefined;
}

/** Who listens at the end of a route. A dialled loopback address reaches listeners of its own namespace, whatever they bound. */
export function listenerAt(route: Extract<Route, { kind: 'path' }>, address: string): Listener | undefined {
  const { host, ip, port, loopback } = route;
  if (address.startsWith('unix:')) return host.listeners.get(address);
  if (loopback) {
    const bound = host.listeners.get(`${ip}|127.0.0.1:${port}`);
    if (bound !== undefined) return bound;
  }
  const exact = host.listeners.get(`${ip}:${port}`);
  if (exact !== undefined || host.podAddresses.has(ip)) return exact;
  return host.listeners.get(`0.0.0.0:${port}`);
}
