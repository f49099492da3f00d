// exec and attach over SPDY: what kubectl before v1.31 speaks, and newer ones fall back to when their first try is refused, so
// that they have the reason. Models kubelet's pkg/kubelet/server/remotecommand/httpstream.go.
import type { Duplex } from 'node:stream';
import { UNREAD_LIMIT, type DoorServer } from './door-server.ts';
import { openCommand, RESIZE, STDIN } from './remote-command.ts';
import { SpdyConnection, type SpdyStream } from './spdy.ts';
import { reject, type Upgrade } from './upgrade.ts';

/** The newest that SPDY has. */
export const COMMAND_PROTOCOL = 'v4.channel.k8s.io';

const CHANNELS: Readonly<Record<string, number>> = { stdin: STDIN, stdout: 1, stderr: 2, error: 3, resize: RESIZE };

export function serveSpdyCommand(door: DoorServer, { request, socket, head, path }: Upgrade): void {
  const streams = new Map<number, SpdyStream>();
  /** What came before the client had made the stream for it. */
  const early = new Map<number, Uint8Array[]>();
  let waiting = 0;
  let spdy: SpdyConnection | undefined;
  const command = openCommand(door, request, path, {
    open() {
      spdy = accept(socket, head, (stream) => join(stream));
    },
    refused: (code, body, contentType) => {
      if (spdy === undefined) reject(socket, code, body, contentType);
    },
    data(channel, bytes) {
      const stream = streams.get(channel);
      if (stream !== undefined) return stream.write(bytes);
      early.set(channel, [...(early.get(channel) ?? []), bytes]);
      waiting += bytes.length;
      if (waiting > UNREAD_LIMIT) socket.destroy();
    },
    end(how) {
      if (how !== 'done' || spdy === undefined) return void socket.destroy();
      for (const stream of streams.values()) stream.end();
      socket.end();
    },
  });
  const join = (stream: SpdyStream): void => {
    const channel = CHANNELS[stream.headers['streamtype'] ?? ''];
    if (channel === undefined) return stream.end();
    streams.set(channel, stream);
    for (const bytes of early.get(channel) ?? []) stream.write(bytes);
    early.delete(channel);
    if (channel !== STDIN && channel !== RESIZE) return;
    stream.on = {
      data: (bytes) => command.data(channel, bytes),
      end: () => {
        if (channel === STDIN) command.endOfInput();
      },
    };
  };
  socket.once('close', () => command.cancel('the client went away'));
}

function accept(socket: Duplex, head: Buffer, take: (stream: SpdyStream) => void): SpdyConnection {
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: ${COMMAND_PROTOCOL}\r\n\r\n`,
  );
  const spdy = new SpdyConnection({
    send: (bytes) => {
      if (socket.writableLength > UNREAD_LIMIT) socket.destroy();
      else socket.write(bytes);
    },
    close: () => socket.end(),
    stream: take,
  });
  socket.on('data', (bytes: Buffer) => spdy.receive(bytes));
  socket.once('close', () => spdy.lost());
  if (head.length > 0) spdy.receive(head);
  return spdy;
}
