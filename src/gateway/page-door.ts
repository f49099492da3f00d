import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { PageDoor as Names, parseFromPage, type FromPage, type ToPage } from '../api/page-door.ts';
import { DoorServer, type DoorLimits } from './door-server.ts';
import { isPage, mayBePage, newToken } from './guard.ts';
import { kubeconfigOf, writeKubeconfig } from './kubeconfig.ts';
import { listenLocally } from './listen.ts';
import { statusBody } from './status-body.ts';
import { dropSilent, reject, Upgrades } from './upgrade.ts';

/** Pages that are connected at once. */
const PAGE_LIMIT = 64;
/** One message of a page: the longest answer that its cluster can give. */
const ANSWER_LIMIT = 256 * 1024 * 1024;
/** A page that leaves this much unread no longer runs: the door is taken from it. */
const BACKLOG_LIMIT = 512 * 1024 * 1024;
/** How often a page is told who has come and gone: ms. */
const TELL_TIME = 300;

export interface PageDoorOptions {
  /** Where people find the page, for those who ask while none is open. */
  readonly page: string;
  /** Where the kubeconfig is written. */
  readonly kubeconfig: string;
  readonly limits?: Partial<DoorLimits>;
}

interface Page {
  readonly socket: WebSocket;
  /** The run that it shows has a door; numbers up to this are taken there. */
  above: number | undefined;
}

/** Where the kubeconfig for the page at a port is: the same when the server is started again. */
export function kubeconfigFor(root: string, port: number): string {
  return join(root, '.cache', `kubeconfig-${port}`);
}

/** Opens a door, at a port of its own, onto the cluster in whichever page has it. */
export async function openPageDoor(options: PageDoorOptions): Promise<PageDoor> {
  const made = new PageDoor(options);
  await made.listen();
  return made;
}

/** A door onto the cluster in a page. The page's own server hands its upgrades and its index.html to it. */
export class PageDoor {
  readonly #options: PageDoorOptions;
  readonly #token = newToken();
  /** Only a page that this server served knows it. */
  readonly #secret = newToken();
  readonly #door: DoorServer;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: ANSWER_LIMIT,
    handleProtocols: () => Names.protocol,
  });
  /** In the order in which they came: the oldest that waits is next. */
  readonly #pages = new Set<Page>();
  #owner: Page | undefined;
  #told = '';
  #teller: NodeJS.Timeout | undefined;
  #address = '';

  constructor(options: PageDoorOptions) {
    this.#options = options;
    this.#door = new DoorServer(
      {
        send: (input) => this.#toOwner(JSON.stringify(input)),
        closed: () => this.#closed(),
        backlog: () => this.#owner?.socket.bufferedAmount ?? 0,
      },
      this.#token,
      options.limits,
    );
    new Upgrades(this.#door);
    dropSilent(this.#sockets, this.#door.limits.pingTime, this.#door.server);
  }

  /** `http://127.0.0.1:N/T`, for clients. */
  get address(): string {
    return this.#address;
  }

  /** The file. */
  get kubeconfig(): string {
    return this.#options.kubeconfig;
  }

  async listen(): Promise<void> {
    this.#address = `http://127.0.0.1:${await listenLocally(this.#door.server, 0)}/${this.#token}`;
    writeKubeconfig(this.#options.kubeconfig, this.#address);
    this.#teller = setInterval(() => this.#tellOfClients(), TELL_TIME).unref();
  }

  /** The page with what it needs to know to have the door; as it is for whoever must not. */
  html(request: IncomingMessage, html: string): string {
    if (!mayBePage(request)) return html;
    return html.replace('<head>', `<head>\n    <meta name="${Names.meta}" content="${this.#secret}" />`);
  }

  /** Takes an upgrade of the page's server if it is for the door. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    if ((request.url ?? '').split('?')[0] !== Names.path) return false;
    socket.on('error', () => socket.destroy());
    if (!isPage(request, this.#secret))
      reject(socket, 403, statusBody(403, 'forbidden: only a page of this server may hold its door'));
    else if (this.#pages.size >= PAGE_LIMIT) reject(socket, 429, statusBody(429, 'too many pages are open'));
    else this.#sockets.handleUpgrade(request, socket, head, (client) => this.#join(client, request));
    return true;
  }

  async close(): Promise<void> {
    clearInterval(this.#teller);
    for (const { socket } of this.#pages) socket.terminate();
    await this.#door.close();
  }

  #closed(): string | undefined {
    if (this.#owner?.above !== undefined) return undefined;
    return this.#owner === undefined
      ? `no page is open: open ${this.#options.page} in a browser`
      : 'the page is about to start another cluster';
  }

  #join(socket: WebSocket, request: IncomingMessage): void {
    this.#sockets.emit('connection', socket, request);
    const page: Page = { socket, above: undefined };
    this.#pages.add(page);
    socket.on('error', () => socket.terminate());
    socket.on('close', () => this.#leave(page));
    socket.on('message', (message, isBinary) => {
      if (isBinary) return socket.terminate();
      const text = String(message);
      const own = parseFromPage(text);
      if (own !== undefined) this.#obey(page, own);
      else if (page === this.#owner && page.above !== undefined) this.#door.hear(text);
    });
    if (this.#owner === undefined) this.#owner = page;
    this.#tellStanding(page);
  }

  #obey(page: Page, message: FromPage): void {
    switch (message.page) {
      case 'open':
        page.above = message.above;
        if (page === this.#owner) this.#startRun(page);
        return;
      case 'shut':
        page.above = undefined;
        if (page === this.#owner) this.#door.lose();
        return;
      case 'take':
        if (page !== this.#owner) this.#giveTo(page);
        return;
    }
  }

  /** Whatever goes on, goes on in a cluster that is no longer there. */
  #giveTo(page: Page | undefined): void {
    const before = this.#owner;
    this.#owner = page;
    this.#door.lose();
    if (before !== undefined && this.#pages.has(before)) this.#tellStanding(before);
    if (page === undefined) return;
    this.#startRun(page);
    this.#tellStanding(page);
  }

  #startRun({ above }: Page): void {
    this.#door.lose();
    if (above !== undefined) this.#door.countFrom(above);
  }

  #leave(page: Page): void {
    this.#pages.delete(page);
    if (page === this.#owner) this.#giveTo([...this.#pages][0]);
  }

  #toOwner(text: string): void {
    const owner = this.#owner;
    if (owner?.above === undefined) return;
    if (owner.socket.bufferedAmount > BACKLOG_LIMIT) owner.socket.terminate();
    else owner.socket.send(text);
  }

  #tellStanding(page: Page): void {
    this.#told = '';
    this.#tell(page, {
      door: page === this.#owner ? 'yours' : 'held',
      address: this.#address,
      file: this.#options.kubeconfig,
      kubeconfig: kubeconfigOf(this.#address),
    });
  }

  #tellOfClients(): void {
    if (this.#owner === undefined) return;
    const message: ToPage = { door: 'clients', ...this.#door.activity() };
    const text = JSON.stringify(message);
    if (text === this.#told) return;
    this.#told = text;
    this.#tell(this.#owner, message);
  }

  #tell(page: Page, message: ToPage): void {
    if (page.socket.readyState === page.socket.OPEN) page.socket.send(JSON.stringify(message));
  }
}
