// Raft's messages to the other members, one connection to each. Models server/etcdserver/api/rafthttp
import type { Address, Connection, ConnectionHandlers, Env, Micros } from '../../../sim/env.ts';
import { MILLISECOND, SECOND } from '../../../sim/env.ts';
import type { MemberId, Message } from '../raft/types.ts';
import { decodeMessage, encodeMessage } from './entry-text.ts';
import { BAD_CERTIFICATE, parseHello, parseWelcome, type ClusterInfo, type Hello, type Welcome } from './greeting.ts';
import { log } from './log.ts';
import { addressOf } from './options.ts';
import { distrustOf, refusalOf, type Identity } from './tls.ts';

/** Messages that wait for a connection; more are dropped, which Raft takes as lost. */
const MAX_QUEUED = 64;
const REDIAL_AFTER: Micros = 100 * MILLISECOND;
const CONNECTION_TIMEOUT: Micros = 5 * SECOND;
const SNAPSHOT_TIMEOUT: Micros = 30 * SECOND;
const SNAPSHOT_RECEIVED = 'received';
const BAD_CERTIFICATE_SEEN = 'remote error: tls: bad certificate';

export interface PeerHandlers {
  message(message: Message): void;
  unreachable(id: MemberId): void;
  connected(id: MemberId): void;
  snapshotSent(id: MemberId, failed: boolean): void;
  /** This member itself was removed, says another. */
  removed(): void;
}

/** What the members know of each other, now. */
export interface Acquaintance {
  readonly clusterId: string;
  readonly self: MemberId;
  readonly peerUrls: readonly string[];
  isMember(id: MemberId): boolean;
  isRemoved(id: MemberId): boolean;
  info(): ClusterInfo;
}

interface Peer {
  readonly id: MemberId;
  address: Address;
  connection: Connection | undefined;
  /** When the connection was opened, by `env.uptime`. */
  activeSince: Micros | undefined;
  queue: Message[];
  /** Why it does not talk to this member; said once. */
  refusal: string | undefined;
}

export class Peers {
  private readonly env: Env;
  private readonly identity: Identity;
  private readonly known: Acquaintance;
  private readonly handlers: PeerHandlers;
  private readonly peers = new Map<MemberId, Peer>();
  private started = false;

  constructor(env: Env, identity: Identity, known: Acquaintance, handlers: PeerHandlers) {
    this.env = env;
    this.identity = identity;
    this.known = known;
    this.handlers = handlers;
  }

  start(listen: readonly Address[]): void {
    this.started = true;
    for (const address of listen) {
      this.env.listen(address, {
        accept: (connection) => this.accept(connection),
        error: (reason) => this.env.print(`listen tcp ${address}: bind: ${reason}\n`, 'stderr'),
      });
    }
    for (const peer of this.peers.values()) this.dial(peer);
  }

  /** From now on it is dialled, at this address. */
  set(id: MemberId, address: Address): void {
    const known = this.peers.get(id);
    if (known?.address === address) return;
    this.remove(id);
    const peer: Peer = { id, address, connection: undefined, activeSince: undefined, queue: [], refusal: undefined };
    this.peers.set(id, peer);
    if (this.started) this.dial(peer);
  }

  remove(id: MemberId): void {
    const peer = this.peers.get(id);
    this.peers.delete(id);
    peer?.connection?.close();
  }

  /** Whom the cluster has removed meanwhile. */
  forgetRemoved(): void {
    for (const id of [...this.peers.keys()]) if (this.known.isRemoved(id)) this.remove(id);
  }

  private accept(connection: Connection): ConnectionHandlers {
    let hello: Hello | undefined;
    return {
      message: (payload) => {
        if (payload === BAD_CERTIFICATE) return this.rejected(connection, BAD_CERTIFICATE_SEEN);
        if (hello !== undefined) return this.receive(connection, hello, payload);
        hello = parseHello(payload);
        const welcome = hello === undefined ? { refused: 'EOF' } : this.welcome(connection, hello);
        connection.send(JSON.stringify(welcome), { text: 'peer', shape: 'answer' });
        if ('refused' in welcome) connection.close();
      },
    };
  }

  private welcome(connection: Connection, hello: Hello): Welcome {
    const { certificate } = this.identity;
    const refusal = refusalOf(this.identity, hello.certificate);
    if (refusal !== undefined) {
      this.rejected(connection, refusal.error);
      return { refused: refusal.alert };
    }
    const shown = certificate === undefined ? {} : { certificate };
    if (hello.wants === 'members') return { ...shown, info: this.known.info() };
    return this.stranger(hello) ?? shown;
  }

  /** Models rafthttp's checks of a stream's headers. */
  private stranger(hello: Hello): Welcome | undefined {
    const { env, known } = this;
    const remote = { 'local-member-id': known.self, 'remote-peer-id-from': hello.from };
    if (hello.clusterId !== known.clusterId) {
      const ids = { 'remote-peer-cluster-id': hello.clusterId, 'local-member-cluster-id': known.clusterId };
      log(env, 'warn', 'request cluster ID mismatch', { ...remote, ...ids });
      return { refused: 'cluster ID mismatch' };
    }
    if (known.isRemoved(hello.from)) {
      log(env, 'warn', 'rejected stream from remote peer because it was removed', remote);
      return { refused: 'the member has been permanently removed from the cluster', removed: true };
    }
    if (hello.to !== known.self) {
      log(env, 'warn', 'ignored streaming request; ID mismatch', { ...remote, 'remote-peer-id-to': hello.to });
      return { refused: 'to field mismatch' };
    }
    if (known.isMember(hello.from) || this.peers.has(hello.from)) return undefined;
    // It may have joined while this member was behind: it is answered once it has said where it is.
    log(env, 'warn', 'failed to find remote peer in cluster', { ...remote, 'cluster-id': known.clusterId });
    const [url] = hello.peerUrls;
    if (url !== undefined) this.set(hello.from, addressOf(url));
    return { refused: 'error sender not found' };
  }

  private rejected(connection: Connection, error: string): void {
    log(this.env, 'warn', 'rejected connection on peer endpoint', { 'remote-addr': connection.remote, error });
  }

  private receive(connection: Connection, hello: Hello, payload: string): void {
    if (hello.wants !== 'raft' || this.known.isRemoved(hello.from)) return connection.close();
    const message = decodeMessage(payload);
    this.handlers.message(message);
    if (message.type === 'MsgSnap') connection.send(SNAPSHOT_RECEIVED, { text: 'snapshot received', shape: 'answer' });
  }

  send(message: Message): void {
    const peer = this.peers.get(message.to);
    if (peer === undefined) return;
    if (message.type === 'MsgSnap') this.sendSnapshot(peer, message);
    else if (peer.activeSince !== undefined) this.transmit(peer, message);
    else if (peer.queue.length < MAX_QUEUED) peer.queue.push(message);
  }

  private transmit(peer: Peer, message: Message): void {
    peer.connection?.send(encodeMessage(message), { text: labelOf(message), shape: shapeOf(message) });
  }

  private hello(to: MemberId): string {
    const { clusterId, self, peerUrls } = this.known;
    return helloText(this.identity, { wants: 'raft', clusterId, from: self, to, peerUrls });
  }

  private dial(peer: Peer): void {
    const { env } = this;
    // What is sent over the connection later has its own causes; that it is dialled follows from nothing but the start.
    env.because(undefined, () => {
      const connection = env.connect(
        peer.address,
        {
          open: () => connection.send(this.hello(peer.id), { text: 'peer', shape: 'request' }),
          message: (payload) => this.welcomed(peer, connection, payload),
          close: () => this.closed(peer, connection),
        },
        { protocol: 'raft', connectTimeout: CONNECTION_TIMEOUT, deadAfter: CONNECTION_TIMEOUT },
      );
      peer.connection = connection;
    });
  }

  private welcomed(peer: Peer, connection: Connection, payload: string): void {
    if (peer.connection !== connection || peer.activeSince !== undefined) return;
    const refusal = this.checkWelcome(connection, payload);
    // It may be this member that hung up, which nobody tells it.
    if (refusal !== undefined) this.closed(peer, connection);
    if (refusal === undefined) {
      peer.refusal = undefined;
      this.opened(peer);
    } else if (refusal !== peer.refusal) {
      peer.refusal = refusal;
      log(this.env, 'warn', 'peer refused the connection', { 'remote-peer-id': peer.id, error: refusal });
    }
  }

  /** undefined: welcome. */
  private checkWelcome(connection: Connection, payload: string): string | undefined {
    const welcome = parseWelcome(payload);
    if (welcome === undefined) return 'EOF';
    if ('refused' in welcome) {
      if (welcome.removed === true) this.handlers.removed();
      return welcome.refused;
    }
    const distrust = distrustOf(this.identity, welcome.certificate);
    if (distrust === undefined) return undefined;
    connection.send(BAD_CERTIFICATE, { text: BAD_CERTIFICATE, shape: 'request' });
    connection.close();
    return distrust;
  }

  private opened(peer: Peer): void {
    peer.activeSince = this.env.uptime();
    const { queue } = peer;
    peer.queue = [];
    for (const message of queue) this.transmit(peer, message);
    this.handlers.connected(peer.id);
  }

  private closed(peer: Peer, connection: Connection): void {
    if (peer.connection !== connection) return;
    peer.activeSince = undefined;
    peer.connection = undefined;
    peer.queue = [];
    if (this.peers.get(peer.id) !== peer) return;
    this.env.after(REDIAL_AFTER, () => {
      if (this.peers.get(peer.id) === peer) this.dial(peer);
    });
    this.handlers.unreachable(peer.id);
  }

  /** Over a connection of its own, so that heartbeats need not wait for it. */
  private sendSnapshot(peer: Peer, message: Message): void {
    let done = false;
    let welcome = false;
    const finish = (failed: boolean): void => {
      if (done) return;
      done = true;
      connection.close();
      this.handlers.snapshotSent(peer.id, failed);
    };
    const connection = this.env.connect(
      peer.address,
      {
        open: () => connection.send(this.hello(peer.id), { text: 'peer', shape: 'request' }),
        message: (payload) => {
          if (welcome) return finish(false);
          if (this.checkWelcome(connection, payload) !== undefined) return finish(true);
          welcome = true;
          connection.send(encodeMessage(message), { text: labelOf(message), shape: 'request' });
        },
        close: () => finish(true),
      },
      { protocol: 'raft', connectTimeout: CONNECTION_TIMEOUT, deadAfter: SNAPSHOT_TIMEOUT },
    );
  }

  isActive(id: MemberId): boolean {
    return this.peers.get(id)?.activeSince !== undefined;
  }

  isConnectedSince(id: MemberId, since: Micros): boolean {
    const activeSince = this.peers.get(id)?.activeSince;
    return activeSince !== undefined && activeSince < since;
  }

  longestConnected(among: readonly MemberId[]): MemberId | undefined {
    let longest: Peer | undefined;
    for (const peer of this.peers.values()) {
      if (peer.activeSince === undefined || !among.includes(peer.id)) continue;
      if (peer.activeSince < (longest?.activeSince ?? Number.POSITIVE_INFINITY)) longest = peer;
    }
    return longest?.id;
  }

  countConnectedSince(since: Micros, among: readonly MemberId[]): number {
    return among.filter((id) => this.isConnectedSince(id, since)).length;
  }
}

export function helloText(identity: Identity, hello: Omit<Hello, 'certificate'>): string {
  const { certificate } = identity;
  return JSON.stringify(certificate === undefined ? hello : { ...hello, certificate });
}

function labelOf(message: Message): string {
  switch (message.type) {
    case 'MsgApp': {
      const first = message.entries[0];
      const last = message.entries.at(-1);
      if (first === undefined || last === undefined) return `MsgApp commit ${message.commit}`;
      return first === last ? `MsgApp ${first.index}` : `MsgApp ${first.index}..${last.index}`;
    }
    case 'MsgAppResp':
      return `MsgAppResp ${message.index}${message.reject ? ' rejected' : ''}`;
    case 'MsgVote':
    case 'MsgPreVote':
      return `${message.type} term ${message.term}`;
    case 'MsgVoteResp':
    case 'MsgPreVoteResp':
      return `${message.type} term ${message.term}${message.reject ? ' rejected' : ''}`;
    case 'MsgSnap':
      return `MsgSnap ${message.snapshot.index}`;
    default:
      return message.type;
  }
}

function shapeOf({ type }: Message): 'request' | 'answer' {
  return type.endsWith('Resp') ? 'answer' : 'request';
}
