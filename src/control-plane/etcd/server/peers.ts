// Raft's messages to the other members, one connection to each. Models server/etcdserver/api/rafthttp
import type { Address, Connection, Env, Micros } from '../../../sim/env.ts';
import { MILLISECOND, SECOND } from '../../../sim/env.ts';
import type { MemberId, Message } from '../raft/types.ts';
import { decodeMessage, encodeMessage } from './entry-text.ts';

/** Messages that wait for a connection; more are dropped, which Raft takes as lost. */
const MAX_QUEUED = 64;
const REDIAL_AFTER: Micros = 100 * MILLISECOND;
const CONNECTION_TIMEOUT: Micros = 5 * SECOND;
const SNAPSHOT_TIMEOUT: Micros = 30 * SECOND;
const SNAPSHOT_RECEIVED = 'received';

export interface PeerHandlers {
  message(message: Message): void;
  unreachable(id: MemberId): void;
  connected(id: MemberId): void;
  snapshotSent(id: MemberId, failed: boolean): void;
}

interface Peer {
  readonly id: MemberId;
  readonly address: Address;
  connection: Connection | undefined;
  /** When the connection was opened, by `env.uptime`. */
  activeSince: Micros | undefined;
  queue: Message[];
}

export class Peers {
  private readonly env: Env;
  private readonly handlers: PeerHandlers;
  private readonly peers = new Map<MemberId, Peer>();

  constructor(env: Env, addresses: ReadonlyMap<MemberId, Address>, handlers: PeerHandlers) {
    this.env = env;
    this.handlers = handlers;
    for (const [id, address] of addresses) {
      this.peers.set(id, { id, address, connection: undefined, activeSince: undefined, queue: [] });
    }
  }

  start(listen: readonly Address[]): void {
    for (const address of listen) {
      this.env.listen(address, {
        accept: (connection) => ({ message: (payload) => this.receive(connection, payload) }),
        error: (reason) => this.env.print(`listen tcp ${address}: bind: ${reason}\n`, 'stderr'),
      });
    }
    for (const peer of this.peers.values()) this.dial(peer);
  }

  private receive(connection: Connection, payload: string): void {
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

  private dial(peer: Peer): void {
    const { env } = this;
    // What is sent over the connection later has its own causes; that it is dialled follows from nothing but the start.
    env.because(undefined, () => {
      peer.connection = env.connect(
        peer.address,
        { open: () => this.opened(peer), close: () => this.closed(peer) },
        { protocol: 'raft', connectTimeout: CONNECTION_TIMEOUT, deadAfter: CONNECTION_TIMEOUT },
      );
    });
  }

  private opened(peer: Peer): void {
    peer.activeSince = this.env.uptime();
    const { queue } = peer;
    peer.queue = [];
    for (const message of queue) this.transmit(peer, message);
    this.handlers.connected(peer.id);
  }

  private closed(peer: Peer): void {
    peer.activeSince = undefined;
    peer.connection = undefined;
    peer.queue = [];
    this.env.after(REDIAL_AFTER, () => this.dial(peer));
    this.handlers.unreachable(peer.id);
  }

  /** Over a connection of its own, so that heartbeats need not wait for it. */
  private sendSnapshot(peer: Peer, message: Message): void {
    let done = false;
    const finish = (failed: boolean): void => {
      if (done) return;
      done = true;
      connection.close();
      this.handlers.snapshotSent(peer.id, failed);
    };
    const connection = this.env.connect(
      peer.address,
      {
        open: () => connection.send(encodeMessage(message), { text: labelOf(message), shape: 'request' }),
        message: () => finish(false),
        close: () => finish(true),
      },
      { protocol: 'raft', connectTimeout: CONNECTION_TIMEOUT, deadAfter: SNAPSHOT_TIMEOUT },
    );
  }

  isConnectedSince(id: MemberId, since: Micros): boolean {
    const activeSince = this.peers.get(id)?.activeSince;
    return activeSince !== undefined && activeSince < since;
  }

  longestConnected(): MemberId | undefined {
    let longest: Peer | undefined;
    for (const peer of this.peers.values()) {
      if (peer.activeSince !== undefined && peer.activeSince < (longest?.activeSince ?? Number.POSITIVE_INFINITY))
        longest = peer;
    }
    return longest?.id;
  }

  countConnectedSince(since: Micros): number {
    return [...this.peers.keys()].filter((id) => this.isConnectedSince(id, since)).length;
  }
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
