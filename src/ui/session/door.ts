import { PageDoor, type DoorAddress, type Standing } from '../../api/page-door.ts';

/** What a server that can let real clients in told the page that it served. */
export interface DoorOffer {
  readonly url: string;
  readonly secret: string;
}

/** How it stands with the door for real clients, as the page shows it. */
export type DoorState =
  /** Nobody offers one: the page is static files somewhere. */
  | { readonly kind: 'none' }
  /** This run was begun without one. */
  | { readonly kind: 'without' }
  | { readonly kind: 'connecting' }
  | OpenDoor
  /** The server that offered it does not answer. */
  | { readonly kind: 'lost' };

export interface OpenDoor extends DoorAddress {
  readonly kind: Standing;
  /** Clients with a connection now, and how many requests they have made in all. */
  readonly clients: number;
  readonly asked: number;
}

/** Reads the offer once: from then on the page no longer holds the secret in its markup. */
export function takeOffer(page: Document): DoorOffer | undefined {
  const element = page.querySelector(`meta[name="${PageDoor.meta}"]`);
  const secret = element?.getAttribute('content') ?? '';
  element?.remove();
  if (secret === '') return undefined;
  const url = new URL(PageDoor.path, page.baseURI);
  url.protocol = url.protocol.replace('http', 'ws');
  return { url: url.href, secret };
}
