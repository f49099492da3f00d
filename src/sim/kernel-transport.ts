import { MILLISECOND, SECOND, type CloseReason, type MessageLabel, type Micros } from './env.ts';
import { blockedAlong, sendAlong } from './kernel-network.ts';
import {
  deliver,
  type Blocked,
  type Connection,
  type End,
  type Host,
  type Message,
  type Pipe,
  type World,
} from './kernel-world.ts';

/** TCP as applications feel it: ordered, reliable while the path works, a stall and then a time-out when it does not. */

/** Linux's least retransmission time-out and its greatest. */
export const RTO_MIN: Micros = 200 * MILLISECOND;
export const RTO_MAX: Micros = 120 * SECOND;

export function createPipe(name: string): Pipe {
  return {
    name,
    queue: [],
    inFlight: 0,
    ready: false,
    attempts: 0,
    packets: 0,
    received: 0,
    rto: RTO_MIN,
    retry: undefined,
    lastArrival: 0,
    round: 0,
  };
}

export function createEnd(connection: Connection, key: string, process: End['process'], ip: string): End {
  return {
    key,
    connection,
    process,
    host: process.host,
    ip,
    state: 'opening',
    lastHeard: 0,
    deadCheck: undefined,
    out: createPipe(key),
  };
}

export function isBlocked(result: object): result is Blocked {
  return 'why' in result;
}

export function peerOf(end: End): End | undefined {
  return end === end.connection.client ? end.connection.server : end.connection.client;
}

export function pathFrom(end: End): Connection['path'] {
  return end === end.connection.client ? end.connection.path : end.connection.back;
}

export function pathTo(end: End): Connection['path'] {
  return end === end.connection.client ? end.connection.back : end.connection.path;
}

/** Data from the process at this end. */
export function sendData(
  world: World,
  end: End,
  payload: string,
  label: MessageLabel | undefined,
  cause: string | undefined,
  sentAt: Micros,
): void {
  if (end.state === 'closed') return;
  enqueue(world, end, { kind: 'data', payload, label }, cause, sentAt);
}

/** Closes this end in order: what was sent before arrives first. The end hears nothing more. */
export function closeEnd(world: World, end: End, reason: CloseReason, cause: string | undefined, sentAt: Micros): void {
  if (end.state === 'closed') return;
  end.state = 'closed';
  world.queue.cancelIf(end.deadCheck);
  end.deadCheck = undefined;
  end.process.ends.delete(end.key);
  enqueue(world, end, { kind: 'fin', reason }, cause, sentAt);
}

function enqueue(world: World, end: End, body: Message['body'], cause: string | undefined, sentAt: Micros): void {
  const pipe = end.out;
  const message: Message = { packet: ++pipe.packets, sentAt, body, cause };
  pipe.queue.push(message);
  if (pipe.ready && pipe.retry === undefined && pipe.inFlight === pipe.queue.length - 1) {
    transmit(world, end, message, sentAt, true);
  } else if (pipe.ready) recordPacket(world, end, message, sentAt, undefined);
}

/** Sends everything that waits, unless the direction is stalled. */
export function pump(world: World, end: End): void {
  const pipe = end.out;
  while (pipe.ready && pipe.retry === undefined) {
    const message = pipe.queue[pipe.inFlight];
    if (message === undefined) return;
    transmit(world, end, message, world.now, false);
  }
}

function transmit(world: World, end: End, message: Message, at: Micros, first: boolean): void {
  const pipe = end.out;
  const passage = sendAlong(world, pathFrom(end), pipe.name, ++pipe.attempts);
  if (isBlocked(passage)) {
    if (first) recordPacket(world, end, message, at, undefined);
    stall(world, end, message, passage);
    return;
  }
  const arrives = Math.max(at + passage.latency, pipe.lastArrival, world.now);
  pipe.lastArrival = arrives;
  pipe.inFlight++;
  recordPacket(world, end, message, at, arrives);
  const round = pipe.round;
  world.queue.schedule(arrives, () => {
    if (pipe.round === round) arrive(world, end);
  });
  if (passage.copy !== undefined) sendCopy(world, end, message, at, arrives + passage.copy);
}

/** The same segment a second time. */
function sendCopy(world: World, from: End, message: Message, at: Micros, arrives: Micros): void {
  recordPacket(world, from, message, at, arrives, true);
  world.queue.schedule(arrives, () => {
    const to = peerOf(from);
    if (to === undefined || to.state === 'closed' || blockedAlong(world, pathFrom(from)) !== undefined) return;
    receive(world, from, to, message);
  });
}

/** A segment at its destination, perhaps not for the first time: the application gets each once, and in order. */
function receive(world: World, from: End, to: End, message: Message): void {
  const { out } = from;
  if (message.packet === out.received + 1) {
    out.received = message.packet;
    hand(world, to, message);
  } else if (message.packet <= out.received) {
    const path = pathFrom(from);
    const where = [path.at(-2)?.name ?? from.host.name, to.host.name] as const;
    recordDrop(world, from, message.packet, { where, why: 'duplicate' }, undefined);
  }
}

/** The queue's first message reaches the other host. */
function arrive(world: World, from: End): void {
  const pipe = from.out;
  const message = pipe.queue[0];
  const to = peerOf(from);
  if (message === undefined || to === undefined) return;
  const blocked = blockedAlong(world, pathFrom(from));
  if (blocked !== undefined) {
    stall(world, from, message, blocked);
    return;
  }
  // One whose acknowledgement was lost comes again, and is acknowledged again.
  if (message.packet > pipe.received) {
    if (to.state === 'closed') {
      answerReset(world, from, to, message);
      return;
    }
    receive(world, from, to, message);
  }
  // The acknowledgement needs the way back.
  const lost = blockedAlong(world, pathTo(from));
  if (lost !== undefined) {
    stall(world, from, message, lost);
    return;
  }
  pipe.queue.shift();
  pipe.inFlight--;
  pipe.rto = RTO_MIN;
  from.lastHeard = world.now;
  to.lastHeard = world.now;
  if (from.state === 'closed' && pipe.queue.length === 0) forgetIfDone(world, from.connection);
}

function hand(world: World, to: End, message: Message): void {
  const { body, cause } = message;
  world.hash.number(world.now);
  world.hash.number(message.packet);
  if (body.kind === 'data') {
    const event = { kind: 'message', end: to.key, payload: body.payload } as const;
    deliver(world, to.process, cause === undefined ? event : { ...event, cause });
    return;
  }
  finish(world, to, body.reason, cause);
}

/** This end is over; its process is told why. What it still had to send is void. */
export function finish(world: World, end: End, reason: CloseReason, cause?: string): void {
  if (end.state === 'closed') return;
  end.state = 'closed';
  world.queue.cancelIf(end.deadCheck);
  end.deadCheck = undefined;
  end.process.ends.delete(end.key);
  drop(world, end.out);
  world.hash.text(reason);
  const { connection } = end;
  if (world.trace.observed) {
    const peer = peerOf(end);
    const to = peer?.process.id ?? connection.dialled;
    world.trace.record(
      end.process.id,
      { kind: 'connection', connection: connection.id, state: 'closed', reason, from: end.process.id, to },
      cause,
    );
  }
  const event = { kind: 'close', end: end.key, reason } as const;
  deliver(world, end.process, cause === undefined ? event : { ...event, cause });
  forgetIfDone(world, connection);
}

/** Nothing of this direction will arrive any more. */
export function drop(world: World, pipe: Pipe): void {
  pipe.queue = [];
  pipe.inFlight = 0;
  pipe.round++;
  world.queue.cancelIf(pipe.retry);
  pipe.retry = undefined;
}

export function forgetIfDone(world: World, connection: Connection): void {
  const { client, server } = connection;
  if (client.state !== 'closed') return;
  // A client that closes while it still connects leaves its kernel to send what it had written.
  const waits = client.out.queue.some((message) => message.body.kind === 'data');
  if (server === undefined ? waits : server.state !== 'closed') return;
  drop(world, client.out);
  if (server !== undefined) drop(world, server.out);
  world.queue.cancelIf(connection.giveUp);
  world.connections.delete(connection.id);
}

/** A segment for a connection that its host does not know is answered with RST. */
function answerReset(world: World, from: End, to: End, message: Message): void {
  drop(world, from.out);
  if (from.state === 'closed') {
    forgetIfDone(world, from.connection);
    return;
  }
  sendReset(world, to, message.cause);
}

/** The host of the closed end says so to the other. */
export function sendReset(world: World, closed: End, cause?: string): void {
  const other = peerOf(closed);
  if (other === undefined || other.state === 'closed') return;
  const passage = sendAlong(world, pathFrom(closed), closed.key, ++closed.out.attempts);
  if (isBlocked(passage)) {
    // A lost one is repeated when the peer next probes; a cut one only once the path is reviewed.
    if (passage.why === 'loss') world.queue.schedule(world.now + SECOND, () => sendReset(world, closed, cause));
    return;
  }
  world.queue.schedule(world.now + passage.latency, () => {
    if (other.state !== 'closed') finish(world, other, 'reset', cause);
  });
}

function stall(world: World, end: End, message: Message, blocked: Blocked): void {
  const pipe = end.out;
  // A lost segment takes none of those before it along.
  if (blocked.why !== 'loss') {
    pipe.round++;
    pipe.inFlight = 0;
  }
  if (world.now - message.sentAt >= end.connection.deadAfter) {
    recordDrop(world, end, message.packet, blocked, undefined);
    finish(world, end, 'timeout', message.cause);
    // Of an orphaned socket nobody is told; its peer finds out by itself.
    drop(world, pipe);
    forgetIfDone(world, end.connection);
    return;
  }
  const retryAt = world.now + pipe.rto;
  pipe.rto = Math.min(pipe.rto * 2, RTO_MAX);
  recordDrop(world, end, message.packet, blocked, retryAt);
  world.queue.cancelIf(pipe.retry);
  pipe.retry = world.queue.schedule(retryAt, () => {
    pipe.retry = undefined;
    pump(world, end);
  });
}

function recordPacket(
  world: World,
  end: End,
  message: Message,
  at: Micros,
  arrives: Micros | undefined,
  copy = false,
): void {
  if (!world.trace.observed || message.body.kind !== 'data') return;
  const { payload, label } = message.body;
  const { connection } = end;
  world.trace.record(
    end.process.id,
    {
      kind: 'packet',
      connection: connection.id,
      packet: message.packet,
      from: end.process.id,
      to: peerOf(end)?.process.id ?? connection.dialled,
      path: namesOf(pathFrom(end)),
      protocol: label?.protocol ?? connection.protocol,
      bytes: payload.length,
      ...(label === undefined ? {} : { label }),
      ...(arrives === undefined ? {} : { arrives }),
      ...(copy ? { copy: true } : {}),
    },
    message.cause,
    at,
  );
}

/** Paths are shared by all packets of a connection, so are their names. */
const pathNames = new WeakMap<readonly Host[], readonly string[]>();

function namesOf(path: readonly Host[]): readonly string[] {
  const known = pathNames.get(path);
  if (known !== undefined) return known;
  const names = path.map((host) => host.name);
  pathNames.set(path, names);
  return names;
}

export function recordDrop(
  world: World,
  end: End,
  packet: number,
  blocked: Blocked,
  retryAt: Micros | undefined,
): void {
  world.hash.number(world.now);
  world.hash.text(blocked.why);
  if (!world.trace.observed) return;
  const { where, why } = blocked;
  world.trace.record(end.process.id, {
    kind: 'drop',
    connection: end.connection.id,
    packet,
    where,
    why,
    ...(retryAt === undefined ? {} : { retryAt }),
  });
}

/** Time from a keep-alive probe to giving up, as a share of `deadAfter`: Go's HTTP/2 waits 30 s of silence and 15 s more. */
const PROBE_SHARE = 3;

/**
 * Called whenever a link, a host or a process stops or starts to answer. An end whose peer cannot answer probes closes
 * after `deadAfter`; probes of a healthy connection are not events, only their consequence is.
 */
export function reviewConnections(world: World): void {
  for (const connection of [...world.connections.values()]) reviewConnection(world, connection);
}

export function reviewConnection(world: World, connection: Connection): void {
  const { client, server } = connection;
  if (server === undefined || client.state === 'opening') return;
  const cut = blockedAlong(world, connection.path) ?? blockedAlong(world, connection.back);
  watch(world, client, server, cut !== undefined || isSilent(server));
  watch(world, server, client, cut !== undefined || isSilent(client));
}

/** The kernel of a stopped process acknowledges, but nobody answers pings. */
function isSilent(end: End): boolean {
  return end.state !== 'closed' && end.process.paused;
}

function watch(world: World, end: End, peer: End, silent: boolean): void {
  if (end.state === 'closed') return;
  const { deadAfter } = end.connection;
  if (silent) {
    if (end.deadCheck !== undefined) return;
    const period = deadAfter - Math.floor(deadAfter / PROBE_SHARE);
    const probes = Math.floor((world.now - end.lastHeard) / period);
    const at = end.lastHeard + probes * period + deadAfter;
    end.deadCheck = world.queue.schedule(Math.max(at, world.now + 1), () => giveUp(world, end, peer));
    return;
  }
  if (end.deadCheck !== undefined) {
    world.queue.cancelIf(end.deadCheck);
    end.deadCheck = undefined;
    end.lastHeard = world.now;
  }
  // A peer that no longer knows the connection answers the next probe with RST.
  if (peer.state === 'closed' && peer.out.queue.length === 0) sendReset(world, peer);
}

function giveUp(world: World, end: End, peer: End): void {
  end.deadCheck = undefined;
  finish(world, end, 'timeout');
  sendReset(world, end);
  if (peer.state !== 'closed') reviewConnection(world, end.connection);
}
