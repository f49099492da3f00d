import { SECOND, type Env, type Micros, type Program } from '../../sim/env.ts';
import { createHttpClient } from '../../sim/http-client.ts';
import { RpcFailure } from '../../sim/http.ts';

/** What a visitor's browser waits for before it gives up. */
const TIMEOUT: Micros = 10 * SECOND;

/**
 * A visitor out on the internet. Input: JSON `{"url":"http://10.0.0.21:30080/"}`; each is a connection of its own, and what came
 * of it is traced as an `internet` note.
 */
export const internet: Program = (env) => {
  env.onInput((text) => {
    const url = urlOf(text);
    if (url !== undefined) env.spawn(() => visit(env, url));
  });
};

function urlOf(text: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null && 'url' in parsed && typeof parsed.url === 'string'
      ? parsed.url
      : undefined;
  } catch {
    return undefined;
  }
}

export interface HttpUrl {
  readonly host: string;
  readonly port: number;
  readonly path: string;
}

/** Only plain http to a literal address: there is no name server out there that knows of this cluster. */
export function parseUrl(url: string): HttpUrl | undefined {
  const match = /^(?:http:\/\/)?(\d{1,3}(?:\.\d{1,3}){3})(?::(\d{1,5}))?(\/\S*)?$/.exec(url.trim());
  if (match === null) return undefined;
  const port = Number(match[2] ?? 80);
  return port > 65535 ? undefined : { host: match[1] ?? '', port, path: match[3] ?? '/' };
}

async function visit(env: Env, url: string): Promise<void> {
  const started = env.uptime();
  const took = () => env.uptime() - started;
  const target = parseUrl(url);
  if (target === undefined) {
    env.trace({
      type: 'internet',
      url,
      error: `URL rejected: give an address such as http://10.0.0.21:30080/`,
      took: 0,
    });
    return;
  }
  const address = `${target.host}:${target.port}`;
  const client = createHttpClient(env, address, { protocol: 'pod', connectTimeout: TIMEOUT, timeout: TIMEOUT });
  try {
    const headers = { host: address, 'user-agent': 'curl/8.14.1', accept: '*/*' };
    const response = await client.request({ method: 'GET', path: target.path, headers });
    env.trace({ type: 'internet', url, status: response.status, body: response.body, took: took() });
  } catch (error) {
    if (!(error instanceof RpcFailure)) throw error;
    env.trace({ type: 'internet', url, error: curlText(error, target, took()), took: took() });
  } finally {
    client.close();
  }
}

/** Failures in curl's words. */
export function curlText(failure: RpcFailure, target: HttpUrl, took: Micros): string {
  const ms = Math.round(took / 1000);
  switch (failure.reason) {
    case 'refused':
    case 'unreachable':
      return `Failed to connect to ${target.host} port ${target.port} after ${ms} ms: Could not connect to server`;
    case 'timeout':
      return failure.definite
        ? `Connection timed out after ${ms} milliseconds`
        : `Operation timed out after ${ms} milliseconds with 0 bytes received`;
    case 'reset':
      return 'Recv failure: Connection reset by peer';
    case 'cancelled':
      return 'Operation was aborted';
  }
}
