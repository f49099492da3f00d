import { SECOND, type CloseReason, type Micros } from './env.ts';
import { blockedAlong, listenKey, listenerAt, route, sendAlong, type Route } from './kernel-network.ts';
import { createEnd, drop, finish, isBlocked, pump, recordDrop, reviewConnection } from './kernel-transport.ts';
import {
  deliver,
  type Connection,
  type End,
  type Host,
  type Listener,
  type Process,
  type World,
} from './kernel-world.ts';
import type { Effect } from './wire.ts';

/** Setting connections up: binding, SYN, accept, refusal, and giving up. */

const CONNECT_TIMEOUT: Micros = 30 * SECOND;
const DEAD_AFTER: Micros = 45 * SECOND;
/** Linux repeats a SYN after 1 s, 2 s, 4 s, … */
const SYN_RTO: Micros = SECOND;

export function bind(world: World, process: Process, id: number, address: string): void {
  const { host } = process;
  const key = listenKey(host, process.ip, address);
  if (key === undefined) {
    deliver(world, process, { kind: 'listen-error', listener: id, reason: 'cannot assign requested address' });
  } else if (host.listeners.has(key)) {
    deliver(world, process, { kind: 'listen-error', listener: id, reason: 'address in use' });
  } else {
    const listener: Listener = { id, key, process };
    host.listeners.set(key, listener);
    process.listeners.set(id, listener);
  }
}

export function unbind(process: Process, id: number): void {
  const listener = process.listeners.get(id);
  if (listener === undefined) return;
  process.listeners.delete(id);
  process.host.listeners.delete(listener.key);
}

export function connect(
  world: World,
  process: Process,
  effect: Extract<Effect, { kind: 'connect' }>,
  at: Micros,
): void {
  const { options, end: id, address } = effect;
  const ip = options.from ?? process.ip;
  // The client end and its connection name each other.
  const connection: Connection = {
    id,
    protocol: options.protocol ?? (process.host.podAddresses.has(ip) ? 'pod' : 'api'),
    dialled: address,
    deadAfter: options.deadAfter ?? DEAD_AFTER,
    connectBefore: at + (options.connectTimeout ?? CONNECT_TIMEOUT),
    cause: effect.cause,
    path: [process.host],
    back: [process.host],
    reached: address,
    source: `${ip}:${effect.port}`,
    get client() {
      return client;
    },
    server: undefined,
    synRto: SYN_RTO,
    synTries: 0,
    giveUp: undefined,
  };
  const client: End = createEnd(connection, id, process, ip);
  world.connections.set(id, connection);
  process.ends.set(id, client);
  connection.giveUp = world.queue.schedule(Math.max(connection.connectBefore, world.now), () =>
    fail(world, connection, 'timeout'),
  );
  trySyn(world, connection, ip, effect.port, at);
}

function trySyn(world: World, connection: Connection, ip: string, port: number, at: Micros): void {
  const { client } = connection;
  const draw = `${connection.id}#${connection.synTries++}`;
  const found = route(world, client.host, ip, connection.dialled, draw);
  connection.path = found.path;
  connection.back = [...found.path].reverse();
  const passage = sendAlong(world, found.path, connection.id, ++client.out.attempts);
  if (isBlocked(passage)) {
    retrySyn(world, connection, ip, port, { where: passage.where, why: passage.why });
    return;
  }
  if (found.kind === 'vanished') {
    retrySyn(world, connection, ip, port, undefined);
    return;
  }
  const arrives = Math.max(at + passage.latency, world.now);
  if (found.kind === 'rejected') {
    world.queue.schedule(arrives + passage.latency, () => fail(world, connection, found.reason));
    return;
  }
  connection.source = `${found.source}:${port}`;
  connection.reached = connection.dialled.startsWith('unix:') ? connection.dialled : `${found.ip}:${found.port}`;
  world.queue.schedule(arrives, () => synArrives(world, connection, found, ip, port));
}

function retrySyn(
  world: World,
  connection: Connection,
  ip: string,
  port: number,
  blocked: Parameters<typeof recordDrop>[3] | undefined,
): void {
  const retryAt = world.now + connection.synRto;
  connection.synRto *= 2;
  const again = retryAt < connection.connectBefore;
  if (blocked !== undefined) recordDrop(world, connection.client, 0, blocked, again ? retryAt : undefined);
  if (!again) return;
  world.queue.schedule(retryAt, () => {
    if (isPending(world, connection)) trySyn(world, connection, ip, port, world.now);
  });
}

/** The client still waits, or has closed with data left for its kernel to send. */
function isPending(world: World, connection: Connection): boolean {
  return world.connections.get(connection.id) === connection && !connection.client.out.ready;
}

function synArrives(
  world: World,
  connection: Connection,
  found: Extract<Route, { kind: 'path' }>,
  ip: string,
  port: number,
): void {
  if (!isPending(world, connection)) return;
  const blocked = blockedAlong(world, connection.path);
  if (blocked !== undefined) {
    retrySyn(world, connection, ip, port, blocked);
    return;
  }
  const listener = listenerAt(found, connection.dialled);
  const back = sendAlong(world, connection.back, `${connection.id}'`, connection.synTries);
  const vanished = !isAnsweredBy(found.host, found.ip, found.loopback);
  if (isBlocked(back) || vanished) {
    // The answer is lost, or nobody has the address any more.
    retrySyn(world, connection, ip, port, isBlocked(back) ? back : undefined);
    return;
  }
  const answered = world.now + back.latency;
  if (listener === undefined) {
    world.queue.schedule(answered, () => fail(world, connection, 'refused'));
    return;
  }
  if (connection.server === undefined) admit(world, connection, listener);
  const server = connection.server;
  world.queue.schedule(answered, () => establish(world, connection, server));
}

function isAnsweredBy(host: Host, ip: string, loopback: boolean): boolean {
  return loopback || ip === host.ip || host.podAddresses.has(ip) || (host.spec.extraIps?.includes(ip) ?? false);
}

function admit(world: World, connection: Connection, listener: Listener): void {
  const { process } = listener;
  const key = `${connection.id}'`;
  const ip = connection.reached.slice(0, Math.max(0, connection.reached.lastIndexOf(':')));
  const server = createEnd(connection, key, process, ip);
  server.state = 'open';
  server.lastHeard = world.now;
  connection.server = server;
  process.ends.set(key, server);
  world.hash.text(connection.reached);
  world.hash.number(world.now);
  const { cause, id, reached: local, source: remote } = connection;
  const event = { kind: 'accept', listener: listener.id, end: key, id, local, remote } as const;
  deliver(world, process, cause === undefined ? event : { ...event, cause });
}

/** The SYN-ACK reached the client. */
function establish(world: World, connection: Connection, server: End | undefined): void {
  if (!isPending(world, connection) || server === undefined) return;
  const blocked = blockedAlong(world, connection.back);
  const { client } = connection;
  if (blocked !== undefined) {
    // The server answers the repeated SYN again; until then the client goes on waiting.
    const [port] = connection.source.split(':').slice(-1);
    retrySyn(world, connection, client.ip, Number(port), blocked);
    return;
  }
  world.queue.cancelIf(connection.giveUp);
  connection.giveUp = undefined;
  client.out.ready = true;
  server.out.ready = true;
  if (client.state === 'opening') {
    client.state = 'open';
    client.lastHeard = world.now;
    if (world.trace.observed) recordOpen(world, connection, server);
    deliver(world, client.process, { kind: 'open', end: client.key });
  }
  pump(world, client);
  pump(world, server);
  reviewConnection(world, connection);
}

function recordOpen(world: World, connection: Connection, server: End): void {
  const { client, id, dialled, reached, protocol, cause } = connection;
  const path = connection.path.map((host) => host.name);
  world.trace.record(
    client.process.id,
    {
      kind: 'connection',
      connection: id,
      state: 'open',
      from: client.process.id,
      to: server.process.id,
      path,
      dialled,
      reached,
      protocol,
    },
    cause,
  );
}

function fail(world: World, connection: Connection, reason: CloseReason): void {
  if (!isPending(world, connection)) return;
  abandon(world, connection, reason, connection.cause);
}

/** The client gives a connection up that it has not established. A server that already knows it finds out by itself. */
export function abandon(world: World, connection: Connection, reason: CloseReason, cause: string | undefined): void {
  const { client, server } = connection;
  world.queue.cancelIf(connection.giveUp);
  connection.giveUp = undefined;
  client.out.ready = true;
  finish(world, client, reason, cause);
  drop(world, client.out);
  if (server === undefined) {
    world.connections.delete(connection.id);
    return;
  }
  server.out.ready = true;
  pump(world, server);
  reviewConnection(world, connection);
}
