import type { EtcdError } from '../../api/etcd.ts';
import { isObject } from '../../lib/json.ts';
import { SECOND, type Address } from '../../sim/env.ts';
import { RpcFailure, type HttpClient } from '../../sim/http.ts';
import type { EtcdctlCall } from './etcdctl.ts';

export class EtcdctlError extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

const COMMAND_TIMEOUT = 5 * SECOND;

/** One unary call to one endpoint. Throws EtcdctlError in etcd's or grpc's words. */
export async function callAt<T>(client: HttpClient, path: string, request: object): Promise<T> {
  const response = await client.request(
    { method: 'POST', path, body: JSON.stringify(request) },
    { timeout: COMMAND_TIMEOUT, protocol: 'etcd' },
  );
  if (response.status >= 200 && response.status < 300) return decode<T>(response.body);
  throw new EtcdctlError(errorText(response.body));
}

export function errorText(body: string): string {
  try {
    const error: unknown = JSON.parse(body);
    if (isEtcdError(error)) return error.message;
  } catch {
    return body;
  }
  return body;
}

function isEtcdError(value: unknown): value is EtcdError {
  return isObject(value) && typeof value['message'] === 'string';
}

/** The servers' answers are typed by the contract in api/etcd. */
function decode<T>(body: string): T {
  const value: T = JSON.parse(body);
  return value;
}

/** Asks the endpoints in turn until one answers. */
export async function call<T>({ connect, endpoints }: EtcdctlCall, path: string, request: object): Promise<T> {
  let last = 'no endpoints available';
  for (const endpoint of endpoints) {
    const client = connect(endpoint);
    try {
      return await callAt<T>(client, path, request);
    } catch (error) {
      if (!(error instanceof RpcFailure)) throw error;
      last = failureText(error);
    } finally {
      client.close();
    }
  }
  throw new EtcdctlError(last);
}

export function failureText(failure: RpcFailure): string {
  switch (failure.reason) {
    case 'refused':
      return `connection error: desc = "transport: Error while dialing: dial tcp ${failure.address}: connect: connection refused"`;
    case 'unreachable':
      return `connection error: desc = "transport: Error while dialing: dial tcp ${failure.address}: connect: no route to host"`;
    case 'reset':
      return `rpc error: code = Unavailable desc = error reading from server: EOF`;
    case 'timeout':
      return 'context deadline exceeded';
    case 'cancelled':
      return 'context canceled';
  }
}

export interface PerEndpoint<T> {
  readonly endpoint: Address;
  readonly result?: T;
  readonly error?: string;
}

/** The same call at every endpoint. */
export async function callEach<T>(
  { connect, endpoints }: EtcdctlCall,
  path: string,
  request: object,
): Promise<PerEndpoint<T>[]> {
  const results: PerEndpoint<T>[] = [];
  for (const endpoint of endpoints) {
    const client = connect(endpoint);
    try {
      results.push({ endpoint, result: await callAt<T>(client, path, request) });
    } catch (error) {
      if (error instanceof RpcFailure) results.push({ endpoint, error: failureText(error) });
      else if (error instanceof EtcdctlError) results.push({ endpoint, error: error.message });
      else throw error;
    } finally {
      client.close();
    }
  }
  return results;
}
