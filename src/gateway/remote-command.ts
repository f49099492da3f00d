// Models apimachinery/pkg/util/remotecommand and kubelet's websocket.go: v4 and v5.channel.k8s.io.
import type { WebSocket } from 'ws';
import { ByteDecoder, textToBytes } from '../lib/byte-text.ts';
import { UNREAD_LIMIT, type Answering, type DoorServer, type Speaking } from './door-server.ts';
import { statusBody } from './status-body.ts';
import { reject, type Accept, type Upgrade } from './upgrade.ts';

const STDIN = 0;
const RESIZE = 4;
/** Of v5: the client closes one channel. */
const CLOSE = 255;

/** exec and attach: the client's channels joined with those of the command. */
export function serveRemoteCommand(door: DoorServer, { request, socket, path }: Upgrade, accept: Accept): void {
  let client: WebSocket | undefined;
  const answering: Answering = {
    hear(output) {
      switch (output.t) {
        case 'answer':
          speaking.over();
          return reject(socket, output.status, output.body, output.headers['content-type']);
        case 'head':
          if (output.status >= 300) return reject(socket, output.status, statusBody(output.status, 'refused'));
          return accept((accepted) => {
            client = accepted;
            listen(accepted, speaking);
          });
        case 'data':
          return sendTo(client, output.channel, output.data, speaking);
        case 'end':
          speaking.over();
          client?.close(1000);
          return;
        case 'fail':
          speaking.over();
          if (client === undefined) reject(socket, 503, statusBody(503, output.text));
          else client.close(1011, 'the connection to the pod broke');
      }
    },
    lost() {
      if (client === undefined) socket.destroy();
      else client.terminate();
    },
  };
  const speaking = door.begin(request, path, '', answering);
  socket.once('close', () => speaking.cancel('the client went away'));
}

function listen(client: WebSocket, speaking: Speaking): void {
  const stdin = new ByteDecoder();
  client.on('error', () => client.terminate());
  client.on('message', (message) => {
    const bytes = asBytes(message);
    const channel = bytes[0] ?? STDIN;
    if (channel === CLOSE) {
      if (bytes[1] !== STDIN) return;
      const rest = stdin.end();
      if (rest !== '') speaking.data(rest, STDIN);
      return speaking.end();
    }
    if (channel !== STDIN && channel !== RESIZE) return;
    const text = stdin.decode(bytes.subarray(1));
    if (text !== '') speaking.data(text, channel);
  });
}

/** One message of the channel protocol; a client that reads too slowly is cut off. */
export function sendTo(client: WebSocket | undefined, channel: number, data: string, speaking: Speaking): void {
  if (client === undefined) return;
  if (client.bufferedAmount > UNREAD_LIMIT) {
    speaking.cancel(`it left more than ${UNREAD_LIMIT} bytes unread`);
    client.terminate();
    return;
  }
  const bytes = textToBytes(data);
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
