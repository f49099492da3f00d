// port-forward. Models kubelet's pkg/kubelet/server/portforward for WebSocket (v4.channel.k8s.io): two channels for a port.
import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import { textToBytes } from '../lib/byte-text.ts';
import { UNREAD_LIMIT, type DoorServer } from './door-server.ts';
import { Http1Translator } from './http1.ts';
import { asBytes } from './remote-command.ts';
import { statusBody } from './status-body.ts';
import { reject, type Accept, type Upgrade } from './upgrade.ts';

const UP = 0;
const ERROR = 2;

export interface ForwardHandlers {
  /** The pod's node took it. */
  open(): void;
  /** It did not. */
  refused(code: number, body: string, contentType: string | undefined): void;
  data(bytes: Uint8Array): void;
  error(text: string): void;
  end(): void;
}

export interface Forward {
  write(bytes: Uint8Array): void;
  /** The client sends no more; what it asked for is still answered. */
  end(): void;
  cancel(why: string): void;
}

/** One connection to a port of a pod. The simulated servers speak HTTP, so what is forwarded is HTTP. */
export function openForward(
  door: DoorServer,
  request: IncomingMessage,
  path: string,
  port: number,
  handlers: ForwardHandlers,
): Forward {
  let over = false;
  const finish = (): void => {
    if (over) return;
    over = true;
    speaking.cancel('the forwarded connection was closed');
    handlers.end();
  };
  const translator = new Http1Translator({
    payload: (text) => speaking.data(text, UP),
    bytes: (bytes) => handlers.data(bytes),
    close: finish,
  });
  const speaking = door.begin(request, `${path.split('?')[0] ?? ''}?ports=${port}`, '', {
    hear(output) {
      switch (output.t) {
        case 'answer':
          over = true;
          speaking.over();
          return handlers.refused(output.status, output.body, output.headers['content-type']);
        case 'head':
          return handlers.open();
        case 'data':
          if (output.channel === ERROR) handlers.error(output.data);
          else translator.fromServer(output.data);
          return;
        case 'end':
          if (over) return;
          over = true;
          speaking.over();
          return handlers.end();
        case 'fail':
          if (over) return;
          over = true;
          speaking.over();
          return handlers.refused(503, statusBody(503, output.text), undefined);
      }
    },
    lost() {
      over = true;
      handlers.end();
    },
  });
  return {
    write: (bytes) => translator.fromClient(bytes),
    end: () => translator.endOfClient(),
    cancel(why) {
      if (over) return;
      over = true;
      speaking.cancel(why);
    },
  };
}

/** Client libraries: `?ports=80&ports=443`, the channels 2i (data) and 2i + 1 (errors) for the i-th. */
export function serveForward(door: DoorServer, { request, socket, path }: Upgrade, accept: Accept): void {
  const ports = new URLSearchParams(path.split('?')[1] ?? '').getAll('ports').flatMap((list) => list.split(','));
  const numbers = ports.map(Number);
  if (numbers.length === 0 || numbers.some((port) => !Number.isInteger(port) || port < 1 || port > 65_535))
    return reject(socket, 400, statusBody(400, 'query parameter "ports" is required'));
  let client: WebSocket | undefined;
  let opened = 0;
  const forwards = numbers.map((port, index) =>
    openForward(door, request, path, port, {
      open() {
        if (++opened === numbers.length) accept((accepted) => begin(accepted));
      },
      refused: (code, body, contentType) => {
        if (client === undefined) reject(socket, code, body, contentType);
        else client.close(1011);
      },
      data: (bytes) => send(2 * index, bytes),
      error: (text) => send(2 * index + 1, textToBytes(text)),
      end: () => client?.close(1000),
    }),
  );
  const send = (channel: number, bytes: Uint8Array): void => {
    if (client === undefined) return;
    if (client.bufferedAmount > UNREAD_LIMIT) return client.terminate();
    client.send(Buffer.concat([Buffer.of(channel), bytes]));
  };
  const begin = (accepted: WebSocket): void => {
    client = accepted;
    accepted.on('error', () => accepted.terminate());
    numbers.forEach((port, index) => {
      const named = Buffer.alloc(2);
      named.writeUInt16LE(port);
      send(2 * index, named);
      send(2 * index + 1, named);
    });
    accepted.on('message', (message) => {
      const bytes = asBytes(message);
      const channel = bytes[0] ?? 0;
      if (channel % 2 === 0) forwards[channel / 2]?.write(bytes.subarray(1));
    });
  };
  socket.once('close', () => {
    for (const forward of forwards) forward.cancel('the client went away');
  });
}
