// How the page that shows a cluster and the server that the page came from let real clients in: text messages over a WebSocket.
import { isObject } from '../lib/json.ts';

/**
 * `meta`: the element in which a server tells its page the secret; without it there is no door. `path`: where the page
 * connects, at its own server. `protocol`: the WebSocket's; the secret is offered beside it, so that it is in no address.
 */
export const PageDoor = { meta: 'kubarium-door', path: '/door', protocol: 'kubarium-door' } as const;

/** How this page stands to the door. */
export type Standing = 'yours' | 'held';

/** Where clients come in, as the page shows it. */
export interface DoorAddress {
  /** `http://127.0.0.1:N/T` */
  readonly address: string;
  /** The file that the server wrote. */
  readonly file: string;
  /** What is in it. */
  readonly kubeconfig: string;
}

/** To the page, besides lines that are inputs for the door's process (api/door.ts): those begin with `{"t":`. */
export type ToPage =
  | ({ readonly door: Standing } & DoorAddress)
  /** Clients with a connection now, and how many requests there have been. */
  | { readonly door: 'clients'; readonly clients: number; readonly asked: number };

/** From the page, besides what the door's process printed. */
export type FromPage =
  /** A run is there; ids of exchanges and connections up to `above` are taken: a recording had them. */
  | { readonly page: 'open'; readonly above: number }
  /** The run is gone; another may follow. */
  | { readonly page: 'shut' }
  /** Wants the door although another page has it. */
  | { readonly page: 'take' };

/** Reads a message that the page has for the server itself; undefined: it is the door's. */
export function parseFromPage(text: string): FromPage | undefined {
  if (!text.startsWith('{"page":')) return undefined;
  const value = parsed(text);
  if (!isObject(value)) return undefined;
  const { page, above } = value;
  if (page === 'shut' || page === 'take') return { page };
  return page === 'open' && typeof above === 'number' && Number.isSafeInteger(above) && above >= 0
    ? { page, above }
    : undefined;
}

/** Reads a message that the server has for the page itself; undefined: it is an input. */
export function parseToPage(text: string): ToPage | undefined {
  if (!text.startsWith('{"door":')) return undefined;
  const value = parsed(text);
  if (!isObject(value)) return undefined;
  const { door, clients, asked, address, file, kubeconfig } = value;
  if (door === 'clients' && typeof clients === 'number' && typeof asked === 'number') return { door, clients, asked };
  if (door !== 'yours' && door !== 'held') return undefined;
  return typeof address === 'string' && typeof file === 'string' && typeof kubeconfig === 'string'
    ? { door, address, file, kubeconfig }
    : undefined;
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}
