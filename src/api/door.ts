import { isObject } from '../lib/json.ts';

/** The door's host and process in the simulated network, and what runs there. */
export const Door = { host: 'door', ip: '10.0.0.3', process: 'door/door', program: 'door' } as const;

type Headers = Readonly<Record<string, string>>;

/**
 * What a real client did, as inputs of the run: one line of JSON each. `id` names an exchange, `conn` the client's
 * connection. Strings stand for bytes as in byte-text.ts.
 */
export type DoorInput =
  | {
      readonly t: 'request';
      readonly id: number;
      readonly conn: number;
      readonly method: string;
      readonly path: string;
      readonly headers: Headers;
      readonly body: string;
    }
  /** More from the client on a channel of an upgraded exchange, and its end. */
  | { readonly t: 'data'; readonly id: number; readonly channel: number; readonly data: string }
  | { readonly t: 'end'; readonly id: number }
  /** The client gave this exchange up, or was cut off; `why` is for the reader of the recording. */
  | { readonly t: 'cancel'; readonly id: number; readonly why: string }
  /** The client's connection is gone, with all that was going on over it. */
  | { readonly t: 'gone'; readonly conn: number };

/** What the door prints for the world outside, one line of JSON each. */
export type DoorOutput =
  /** The process started (again): whatever was going on before is lost. */
  | { readonly t: 'started' }
  | {
      readonly t: 'answer';
      readonly id: number;
      readonly status: number;
      readonly headers: Headers;
      readonly body: string;
    }
  | { readonly t: 'head'; readonly id: number; readonly status: number; readonly headers: Headers }
  | { readonly t: 'data'; readonly id: number; readonly channel: number; readonly data: string }
  | { readonly t: 'end'; readonly id: number }
  /** The cluster could not be reached, or went away. `definite`: the request had no effect. */
  | { readonly t: 'fail'; readonly id: number; readonly definite: boolean; readonly text: string };

/** Reads an input of the door; undefined when it is none (a recording may hold anything). */
export function parseDoorInput(text: string): DoorInput | undefined {
  const value = parseObject(text);
  if (value === undefined) return undefined;
  const number = (name: string): number | undefined => {
    const found = value[name];
    return typeof found === 'number' && Number.isSafeInteger(found) ? found : undefined;
  };
  const string = (name: string): string | undefined => {
    const found = value[name];
    return typeof found === 'string' ? found : undefined;
  };
  const [id, conn] = [number('id'), number('conn')];
  switch (value['t']) {
    case 'request': {
      const [method, path, headers] = [string('method'), string('path'), headersOf(value['headers'])];
      if (id === undefined || conn === undefined || method === undefined || path === undefined) return undefined;
      return { t: 'request', id, conn, method, path, headers, body: string('body') ?? '' };
    }
    case 'data':
      return id === undefined
        ? undefined
        : { t: 'data', id, channel: number('channel') ?? 0, data: string('data') ?? '' };
    case 'end':
      return id === undefined ? undefined : { t: 'end', id };
    case 'cancel':
      return id === undefined ? undefined : { t: 'cancel', id, why: string('why') ?? '' };
    case 'gone':
      return conn === undefined ? undefined : { t: 'gone', conn };
    default:
      return undefined;
  }
}

/** What `door` printed: written by our own program, so only its shape as JSON is checked. */
export function parseDoorOutput(line: string): DoorOutput | undefined {
  const value = parseObject(line);
  return value === undefined || typeof value['t'] !== 'string' ? undefined : (value as DoorOutput);
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function headersOf(value: unknown): Headers {
  if (!isObject(value)) return {};
  const headers: Record<string, string> = {};
  for (const [name, text] of Object.entries(value)) if (typeof text === 'string') headers[name] = text;
  return headers;
}
