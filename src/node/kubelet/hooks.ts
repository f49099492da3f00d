import type { Container, HTTPGetAction, LifecycleHandler, Pod } from '../../api/types.gen.ts';
import { SECOND, type Env, type Micros } from '../../sim/env.ts';
import { RpcFailure, type HttpResponse } from '../../sim/http.ts';
import { createHttpClient } from '../../sim/http-client.ts';
import type { CriClient } from './cri-client.ts';
import { RuntimeFailure } from './cri-client.ts';

/** A port by number or by the name that the container gives it. */
export function portOf(port: number | string, container: Container): number | undefined {
  if (typeof port === 'number') return port;
  const named = container.ports?.find(({ name }) => name === port);
  if (named !== undefined) return named.containerPort;
  const number = Number(port);
  return Number.isSafeInteger(number) && number > 0 ? number : undefined;
}

/** GET as probes and hooks do it; throws RpcFailure. */
export async function httpGet(
  env: Env,
  action: HTTPGetAction,
  port: number,
  podIp: string,
  timeout: Micros,
  agent: string,
): Promise<{ readonly url: string; readonly answer: HttpResponse }> {
  const host = action.host === undefined || action.host === '' ? podIp : action.host;
  const path = action.path ?? '/';
  const scheme = (action.scheme ?? 'HTTP').toLowerCase();
  const url = `${scheme}://${host}:${port}${path.startsWith('/') ? path : `/${path}`}`;
  const client = createHttpClient(env, `${host}:${port}`, {
    protocol: 'kubelet',
    timeout,
    connectTimeout: timeout,
    userAgent: agent,
  });
  const headers = Object.fromEntries((action.httpHeaders ?? []).map(({ name, value }) => [name.toLowerCase(), value]));
  try {
    return {
      url,
      answer: await client.request({
        method: 'GET',
        path: path.startsWith('/') ? path : `/${path}`,
        headers: { host: `${host}:${port}`, accept: '*/*', ...headers },
      }),
    };
  } finally {
    client.close();
  }
}

/** What went wrong in Go's words for a GET. */
export function httpFailureText(url: string, error: RpcFailure): string {
  const address = /^\w+:\/\/([^/]+)/.exec(url)?.[1] ?? '';
  switch (error.reason) {
    case 'refused':
      return `Get "${url}": dial tcp ${address}: connect: connection refused`;
    case 'unreachable':
      return `Get "${url}": dial tcp ${address}: connect: no route to host`;
    case 'reset':
      return `Get "${url}": EOF`;
    default:
      return `Get "${url}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`;
  }
}

/** Runs a lifecycle hook; undefined when it went well, else why it failed. */
export async function runHook(
  env: Env,
  cri: CriClient,
  pod: Pod,
  container: Container,
  containerId: string,
  hook: LifecycleHandler,
  podIp: string,
  timeout: number,
): Promise<string | undefined> {
  if (hook.sleep !== undefined) {
    await env.sleep(hook.sleep.seconds * SECOND);
    return undefined;
  }
  if (hook.exec !== undefined) return runExecHook(cri, container, containerId, hook.exec.command ?? [], timeout);
  if (hook.httpGet === undefined) return undefined;
  const port = portOf(hook.httpGet.port, container);
  if (port === undefined) return `failed to find port ${JSON.stringify(hook.httpGet.port)}`;
  try {
    const { answer } = await httpGet(env, hook.httpGet, port, podIp, 30 * SECOND, 'kube-lifecycle/1.35');
    return answer.status >= 400 ? `HTTP hook failed with statuscode: ${answer.status}` : undefined;
  } catch (error) {
    if (!(error instanceof RpcFailure)) throw error;
    return httpFailureText(`http://${podIp}:${port}${hook.httpGet.path ?? '/'}`, error);
  }
}

async function runExecHook(
  cri: CriClient,
  container: Container,
  containerId: string,
  cmd: readonly string[],
  timeout: number,
): Promise<string | undefined> {
  try {
    const { exitCode, stdout, stderr } = await cri.call('execSync', { containerId, cmd, timeout });
    if (exitCode === 0) return undefined;
    return `Exec lifecycle hook ([${cmd.join(' ')}]) for Container "${container.name}" failed - error: command '${cmd.join(' ')}' exited with ${exitCode}: ${stderr}, message: ${JSON.stringify(stdout + stderr)}`;
  } catch (error) {
    if (!(error instanceof RuntimeFailure)) throw error;
    return error.rpcText;
  }
}
