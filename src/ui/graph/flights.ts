import type { Protocol } from '../../sim/env.ts';
import type { TraceEvent } from '../../sim/trace.ts';
import { heardLeader } from '../stores/fold-raft.ts';
import { hostOf, type World } from '../stores/world.ts';

/** A packet on its way over the map. Times are wall milliseconds: what is drawn, not what is simulated. */
export interface Flight {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly hue: Hue;
  readonly shape: 'request' | 'answer' | 'stream';
  readonly start: number;
  readonly takes: number;
  /** Between neighbours in the etcd column. */
  readonly column: boolean;
  readonly local: boolean;
  /** Set when it did not get through: it dies or waits at the link between these two. */
  where?: readonly [string, string];
  fate?: 'dies' | 'waits';
}

export type Hue = 'raft' | 'api' | 'watch' | 'kubelet' | 'pod' | 'dns' | 'cloud';

export interface Flights {
  live: Flight[];
  waiting: Map<string, Flight>;
  /** Packets per pair of machines since they were last drawn, for when single ones can no longer be seen. */
  heat: Map<string, { count: number; hue: Hue; from: string; to: string }>;
  /** The wall time and the speed that the records being folded are shown at. */
  clock: { wall: number; virtual: number; speed: number };
  /** Wall milliseconds that were spent paused: flights stand still then. */
  pauses: number;
  /** When the newest was sent on each way: those too close behind it could not be told apart. */
  newest: Map<string, number>;
}

/** A hop is never drawn faster: a millisecond could not be seen. */
export const SHORTEST = 300;
const LONGEST = 4_000;
/** Milliseconds between two dots of one kind on one way. */
const CLOSEST = 45;
const MOST = 700;
const MOST_WAITING = 400;
/** From this speed on links grow warm instead. */
export const WARM_SPEED = 100;

export function createFlights(): Flights {
  return {
    live: [],
    waiting: new Map(),
    heat: new Map(),
    clock: { wall: 0, virtual: 0, speed: 1 },
    pauses: 0,
    newest: new Map(),
  };
}

export function foldFlights(flights: Flights, world: World, event: TraceEvent): void {
  if (event.kind === 'packet') foldPacket(flights, world, event);
  else if (event.kind === 'drop') foldDrop(flights, event);
  else if (event.kind === 'connection' && event.state === 'closed') forgetConnection(flights, event.connection);
}

function foldPacket(flights: Flights, world: World, event: Extract<TraceEvent, { kind: 'packet' }>): void {
  const from = hostOf(event.from);
  const to = hostOf(event.to);
  const protocol = event.label?.protocol ?? event.protocol;
  if (protocol === 'raft' && event.arrives !== undefined && world.members.get(from)?.role === 'leader')
    heardLeader(world.members, event.arrives, to);
  const id = `${event.connection}>${event.from}#${event.packet}`;
  flights.waiting.delete(id);
  const local = from === to;
  if (local && protocol !== 'etcd') return;
  const { wall, virtual, speed } = flights.clock;
  const hue = hueOf(protocol, from, to);
  if (speed >= WARM_SPEED || flights.live.length >= MOST) {
    warm(flights, from, to, hue);
    return;
  }
  const start = wall - flights.pauses + Math.min(200, Math.max(0, (event.at - virtual) / 1_000 / speed));
  const shape = event.label?.shape ?? 'request';
  const way = `${from}>${to} ${hue} ${shape}`;
  const close = start - (flights.newest.get(way) ?? -Infinity) < CLOSEST;
  if (close && event.arrives !== undefined && event.copy !== true) return;
  flights.newest.set(way, start);
  const latency = event.arrives === undefined ? 0 : (event.arrives - event.at) / 1_000 / speed;
  const takes = Math.min(LONGEST, Math.max(local || protocol === 'raft' ? SHORTEST : SHORTEST * 1.6, latency));
  const flight: Flight = {
    id,
    from,
    to,
    hue,
    shape,
    start,
    takes,
    local,
    column: protocol === 'raft' || protocol === 'etcd',
  };
  flights.live.push(flight);
}

function foldDrop(flights: Flights, event: Extract<TraceEvent, { kind: 'drop' }>): void {
  for (const flight of candidates(flights, event.connection, event.packet)) {
    // A copy comes all the way before it is known as one.
    if (event.why === 'duplicate') {
      flight.fate = 'dies';
      continue;
    }
    flight.where = event.where;
    flight.fate = event.retryAt === undefined || event.why === 'loss' ? 'dies' : 'waits';
    if (flight.fate === 'waits' && flights.waiting.size < MOST_WAITING) flights.waiting.set(flight.id, flight);
  }
}

/** A drop names a connection and a packet, not the direction: the newest that fits is meant. */
function candidates(flights: Flights, connection: string, packet: number): Flight[] {
  for (let i = flights.live.length - 1; i >= 0; i--) {
    const flight = flights.live[i];
    if (
      flight !== undefined &&
      flight.fate === undefined &&
      flight.id.startsWith(`${connection}>`) &&
      flight.id.endsWith(`#${packet}`)
    )
      return [flight];
  }
  return [];
}

function forgetConnection(flights: Flights, connection: string): void {
  if (flights.waiting.size === 0) return;
  for (const id of [...flights.waiting.keys()]) if (id.startsWith(`${connection}>`)) flights.waiting.delete(id);
}

function warm(flights: Flights, from: string, to: string, hue: Hue): void {
  if (from === to) return;
  const key = from < to ? `${from}|${to}` : `${to}|${from}`;
  const known = flights.heat.get(key);
  if (known === undefined) flights.heat.set(key, { count: 1, hue, from, to });
  else known.count++;
}

/** Etcd's own clients speak to it as API traffic does; what goes outside is the cloud's. */
export function hueOf(protocol: Protocol, from: string, to: string): Hue {
  switch (protocol) {
    case 'etcd':
      return 'api';
    case 'cri':
      return 'kubelet';
    case 'pod':
      return from === 'registry' || to === 'registry' ? 'cloud' : 'pod';
    default:
      return protocol;
  }
}
