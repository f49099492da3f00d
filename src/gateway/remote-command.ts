// Models apimachinery/pkg/util/remotecommand and kubelet's websocket.go: v4 and v5.channel.k8s.io.
import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import { ByteDecoder, textToBytes } from '../lib/byte-text.ts';
import { UNREAD_LIMIT, type DoorServer } from './door-server.ts';
import { RemoteTty } from './remote-tty.ts';
import { statusBody } from './status-body.ts';
import { reject, type Accept, type Upgrade } from './upgrade.ts';

export const STDIN = 0;
export const STDOUT = 1;
export const RESIZE = 4;
/** Of v5: the client closes one channel. */
const CLOSE = 255;

export interface CommandHandlers {
  /** The command runs. */
  open(): void;
  /** It does not. */
  refused(code: number, body: string, contentType: string | undefined): void;
  data(channel: number, bytes: Uint8Array): void;
  /** It is over, or cannot be heard any more. */
  end(how: 'done' | 'broken' | 'lost'): void;
}

export interface Command {
  data(channel: number, bytes: Uint8Array): void;
  endOfInput(): void;
  cancel(why: string): void;
}

/** exec and attach: one command in a pod, with its channels. */
export function openCommand(
  door: DoorServer,
  request: IncomingMessage,
  path: string,
  handlers: CommandHandlers,
): Command {
  const stdin = new ByteDecoder();
  const send = (text: string, channel: number): void => {
    if (text !== '') speaking.data(text, channel);
  };
  const tty = isTty(path)
    ? new RemoteTty({
        show: (text) => handlers.data(STDOUT, textToBytes(text)),
        input: (text) => send(text, STDIN),
      })
    : undefined;
  const speaking = door.begin(request, path, '', {
    hear(output) {
      switch (output.t) {
        case 'answer':
          speaking.over();
          return handlers.refused(output.status, output.body, output.headers['content-type']);
        case 'head':
          if (output.status < 300) return handlers.open();
          speaking.cancel('it was refused');
          return handlers.refused(output.status, statusBody(output.status, 'refused'), undefined);
        case 'data':
          if (tty !== undefined && output.channel === STDOUT) return tty.output(output.data);
          return handlers.data(output.channel, textToBytes(output.data));
        case 'end':
          speaking.over();
          return handlers.end('done');
        case 'fail':
          speaking.over();
          handlers.refused(503, statusBody(503, output.text), undefined);
          return handlers.end('broken');
      }
    },
    lost: () => handlers.end('lost'),
  });
  return {
    data(channel, bytes) {
      if (channel === RESIZE) return send(Buffer.from(bytes).toString(), RESIZE);
      const text = stdin.decode(bytes);
      if (tty === undefined) send(text, STDIN);
      else tty.keys(text);
    },
    endOfInput() {
      send(stdin.end(), STDIN);
      speaking.end();
    },
    cancel: (why) => speaking.cancel(why),
  };
}

function isTty(path: string): boolean {
  const tty = new URLSearchParams(path.split('?')[1] ?? '').get('tty');
  return tty === 'true' || tty === '1';
}

/** exec and attach over WebSocket: the client's channels joined with those of the command. */
export function serveRemoteCommand(door: DoorServer, { request, socket, path }: Upgrade, accept: Accept): void {
  let client: WebSocket | undefined;
  const command = openCommand(door, request, path, {
    open: () =>
      accept((accepted) => {
        client = accepted;
        listen(accepted, command);
      }),
    refused: (code, body, contentType) => {
      if (client === undefined) reject(socket, code, body, contentType);
    },
    data: (channel, bytes) => sendTo(client, channel, bytes, command),
    end(how) {
      if (client === undefined) {
        if (how === 'lost') socket.destroy();
      } else if (how === 'done') client.close(1000);
      else if (how === 'broken') client.close(1011, 'the connection to the pod broke');
      else client.terminate();
    },
  });
  socket.once('close', () => command.cancel('the client went away'));
}

function listen(client: WebSocket, command: Command): void {
  client.on('error', () => client.terminate());
  client.on('message', (message) => {
    const bytes = asBytes(message);
    const channel = bytes[0] ?? STDIN;
    if (channel === CLOSE) {
      if (bytes[1] === STDIN) command.endOfInput();
    } else if (channel === STDIN || channel === RESIZE) command.data(channel, bytes.subarray(1));
  });
}

/** One message of the channel protocol; a client that reads too slowly is cut off. */
function sendTo(client: WebSocket | undefined, channel: number, bytes: Uint8Array, command: Command): void {
  if (client === undefined) return;
  if (client.bufferedAmount > UNREAD_LIMIT) {
    command.cancel(`it left more than ${UNREAD_LIMIT} bytes unread`);
    client.terminate();
    return;
  }
  const message = new Uint8Array(bytes.length + 1);
  message[0] = channel;
  message.set(bytes, 1);
  client.send(message);
}

export function asBytes(message: unknown): Uint8Array {
  if (message instanceof Uint8Array) return message;
  if (message instanceof ArrayBuffer) return new Uint8Array(message);
  return Array.isArray(message) ? Buffer.concat(message.map(asBytes)) : new Uint8Array();
}
