import { Door, parseDoorInput } from '../../api/door.ts';
import { PageDoor, parseToPage, type FromPage } from '../../api/page-door.ts';
import type { Input, Session } from '../../sim/session.ts';
import type { DoorOffer, DoorState } from './door.ts';

export interface DoorSocket {
  send(text: string): void;
  close(): void;
}

export interface DoorSocketHandlers {
  open(): void;
  message(text: string): void;
  /** It is over, or could not be had. */
  close(): void;
}

export interface DoorLinkOptions {
  readonly connect: (handlers: DoorSocketHandlers) => DoorSocket;
  readonly tell: (state: DoorState) => void;
}

/** The connection to the server that made the offer. */
export function connectDoor({ url, secret }: DoorOffer, handlers: DoorSocketHandlers): DoorSocket {
  const socket = new WebSocket(url, [PageDoor.protocol, secret]);
  socket.onopen = () => handlers.open();
  socket.onmessage = ({ data }) => {
    if (typeof data === 'string') handlers.message(data);
  };
  socket.onclose = () => handlers.close();
  return socket;
}

/**
 * The hub's end of the way from real clients to the run that is open: what the server sends is an input, what the door's
 * process prints goes back. It lives in the hub's worker: a hidden page's own timers and messages may be slowed.
 */
export class DoorLink {
  readonly #options: DoorLinkOptions;
  #socket: DoorSocket | undefined;
  #connected = false;
  #run: { readonly session: Session; readonly above: number } | undefined;
  #state: DoorState = { kind: 'connecting' };

  constructor(options: DoorLinkOptions) {
    this.#options = options;
  }

  /** Clients come into this run from now on. `inputs`: those that it began with. */
  open(session: Session, inputs: readonly Input[]): void {
    this.#run = { session, above: highestNumber(inputs) };
    if (this.#connected) this.#announce();
    else if (this.#socket === undefined) this.#connect();
    else this.#show(this.#state);
  }

  /** The run ends; another may follow. */
  shut(): void {
    if (this.#run === undefined) return;
    this.#run = undefined;
    this.#say({ page: 'shut' });
  }

  /** Leaves the door to others. */
  leave(): void {
    this.#run = undefined;
    this.#socket?.close();
  }

  /** Has the door from the page that has it; connects anew if the connection was lost. */
  take(): void {
    if (this.#socket === undefined) this.#connect();
    else this.#say({ page: 'take' });
  }

  /** What the door's process of the open run printed. */
  hear(text: string): void {
    if (this.#connected && this.#run !== undefined) this.#socket?.send(text);
  }

  #connect(): void {
    this.#show({ kind: 'connecting' });
    const socket = this.#options.connect({
      open: () => {
        this.#connected = true;
        this.#announce();
      },
      message: (text) => this.#receive(text),
      close: () => {
        if (this.#socket !== socket) return;
        this.#socket = undefined;
        this.#connected = false;
        if (this.#run !== undefined) this.#show({ kind: 'lost' });
      },
    });
    this.#socket = socket;
  }

  #announce(): void {
    if (this.#run !== undefined) this.#say({ page: 'open', above: this.#run.above });
    this.#show(this.#state);
  }

  #receive(text: string): void {
    const message = parseToPage(text);
    if (message === undefined) {
      void this.#run?.session.input({ kind: 'text', process: Door.process, text });
      return;
    }
    if (message.door !== 'clients') {
      const { door: kind, address, file, kubeconfig } = message;
      return this.#show({ kind, address, file, kubeconfig, clients: 0, asked: 0 });
    }
    const { clients, asked } = message;
    if (this.#state.kind === 'yours') this.#show({ ...this.#state, clients, asked });
  }

  #say(message: FromPage): void {
    if (this.#connected) this.#socket?.send(JSON.stringify(message));
  }

  #show(state: DoorState): void {
    this.#state = state;
    this.#options.tell(state);
  }
}

/** The highest number of an exchange or a connection that a recording's clients had. */
function highestNumber(inputs: readonly Input[]): number {
  let highest = 0;
  for (const input of inputs) {
    if (input.kind !== 'text' || input.process !== Door.process) continue;
    const message = parseDoorInput(input.text);
    if (message === undefined) continue;
    if ('id' in message) highest = Math.max(highest, message.id);
    if ('conn' in message) highest = Math.max(highest, message.conn);
  }
  return highest;
}
