// kubectl port-forward: a stream for data and one for errors per connection, over SPDY, itself over WebSocket or HTTP.
// Models kubelet's pkg/kubelet/server/portforward/httpstream.go and apiserver's tunneling.
import type { IncomingMessage } from 'node:http';
import { textToBytes } from '../lib/byte-text.ts';
import type { DoorServer } from './door-server.ts';
import { openForward } from './forward-streams.ts';
import { SpdyConnection, type SpdyStream } from './spdy.ts';

export const TUNNEL_PROTOCOL = 'SPDY/3.1+portforward.k8s.io';
export const FORWARD_PROTOCOL = 'portforward.k8s.io';

interface Pair {
  data?: SpdyStream;
  error?: SpdyStream;
}

/** What carries the bytes of SPDY. */
export interface Transport {
  send(bytes: Uint8Array): void;
  close(): void;
}

/** Returns what takes the client's bytes, and its going away. */
export function serveSpdyForward(
  door: DoorServer,
  request: IncomingMessage,
  path: string,
  transport: Transport,
): SpdyConnection {
  const pairs = new Map<string, Pair>();
  return new SpdyConnection({
    send: (bytes) => transport.send(bytes),
    close: () => transport.close(),
    stream(stream) {
      const { streamtype, port = '', requestid = '' } = stream.headers;
      const pair = pairs.get(requestid) ?? {};
      pairs.set(requestid, pair);
      if (streamtype === 'error') pair.error = stream;
      else if (streamtype === 'data') pair.data = stream;
      if (pair.data === undefined || pair.error === undefined) return;
      pairs.delete(requestid);
      join(door, request, path, Number(port), pair.data, pair.error);
    },
  });
}

function join(
  door: DoorServer,
  request: IncomingMessage,
  path: string,
  port: number,
  data: SpdyStream,
  error: SpdyStream,
): void {
  const finish = (): void => {
    error.end();
    data.end();
  };
  const forward = openForward(door, request, path, port, {
    open() {},
    refused(_code, body) {
      error.write(textToBytes(messageOf(body)));
      finish();
    },
    data: (bytes) => data.write(bytes),
    error: (text) => error.write(textToBytes(text)),
    end: finish,
  });
  data.on = {
    data: (bytes) => forward.write(bytes),
    end: () => forward.end(),
    reset: () => forward.cancel('the client closed the connection'),
  };
}

/** The message of a metav1.Status, or the text as it is. */
function messageOf(body: string): string {
  return /"message":"((?:[^"\\]|\\.)*)"/.exec(body)?.[1] ?? body;
}
