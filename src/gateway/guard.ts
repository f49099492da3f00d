import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { PageDoor } from '../api/page-door.ts';

/** 128 random bits: who does not know them cannot ask anything. */
export function newToken(): string {
  return randomBytes(16).toString('hex');
}

const LOOPBACK_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/;
const LOOPBACK_ADDRESS = /^(127(\.\d{1,3}){3}|::1|::ffff:127(\.\d{1,3}){3})$/;

/**
 * What the request asks for below `/token`; undefined: it must not be served. A browser never gets in: it always names
 * its Origin or says with `Sec-Fetch-Site` that it is one, and a name that was rebound to 127.0.0.1 shows as Host.
 */
export function admit(request: IncomingMessage, token: string): string | undefined {
  const { host, origin } = request.headers;
  if (host === undefined || !LOOPBACK_HOST.test(host)) return undefined;
  if (origin !== undefined || request.headers['sec-fetch-site'] !== undefined) return undefined;
  const [, given = '', rest = ''] = /^\/([^/?]*)(.*)$/s.exec(request.url ?? '') ?? [];
  if (!isSame(given, token)) return undefined;
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/**
 * Whether the page that is asked for may learn the secret: only as a page of its own on this machine. Not when a name was
 * rebound to this address, when the server also listens elsewhere, or when another site frames or fetches it.
 */
export function mayBePage({ headers, socket }: IncomingMessage): boolean {
  const into = headers['sec-fetch-dest'];
  return isLocal(headers.host, socket.remoteAddress) && (into === undefined || into === 'document');
}

/** Whether this is the connection of a page that this server served: it says so with its Origin, and knows the secret. */
export function isPage({ headers, socket }: IncomingMessage, secret: string): boolean {
  const { host = '', origin } = headers;
  if (!isLocal(host, socket.remoteAddress) || !isOrigin(origin, host)) return false;
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  return offered[0] === PageDoor.protocol && offered.length === 2 && isSame(offered[1] ?? '', secret);
}

function isOrigin(origin: string | undefined, host: string): boolean {
  return origin === `http://${host}` || origin === `https://${host}`;
}

function isLocal(host: string | undefined, address: string | undefined): boolean {
  return host !== undefined && LOOPBACK_HOST.test(host) && LOOPBACK_ADDRESS.test(address ?? '');
}

function isSame(given: string, token: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}
