import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** 128 random bits: who does not know them cannot ask anything. */
export function newToken(): string {
  return randomBytes(16).toString('hex');
}

const LOOPBACK_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/;

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

function isSame(given: string, token: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}
